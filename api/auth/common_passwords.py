"""Which passwords are guessed first? The commonest of public lists of leaked ones that are as long as ours must be."""

from __future__ import annotations

from typing import Final

_WORDS = """
    0123456789 0987654321 1029384756 1111122222 1122334455 11223344556677889900 1212121212 1231231231 123123123123
    1234512345 123456123456 1234567890 12345678900 12345678901 123456789012 1234567890123 1234567890q 1234567891
    12345678910 123456789a 123456789q 123456qwerty 12345qwert 1234qwerasdf 123qweasdzxc 1472583690 1q2w3e4r5t
    1q2w3e4r5t6y 1q2w3e4r5t6y7u 1qa2ws3ed4rf 1qaz2wsx3edc 1qazxsw23edc 7418529630 9876543210 987654321a aaaaabbbbb
    abc123456789 abcd123456 abcd1234567 abcdef123456 abcdefghij abcdefghijk admin12345 administrator administrator1
    asdf1234567 asdfasdfasdf asdfghjkl1 asdfghjkl123 asdfghjkl; basketball basketball1 bismillah1 butterfly1
    charlie123 cheesecake chelsea123 christopher computer123 cristiano7 dragon12345 elizabeth1 everything
    football123 footballer forgetmenot fuckyou123 hello12345 helloworld helloworld1 iloveyou12 iloveyou123
    iloveyou1234 iloveyouso jennifer123 jesuschrist juventus1897 letmein123 letmein1234 liverpool1 liverpool123
    manchester manchester1 michael123 mynameis123 mypassword newpassword number1fan opensesame p@ssw0rd123
    p@ssword123 pa55word123 passw0rd12 passw0rd123 password00 password01 password1! password10 password11 password12
    password12! password123 password123! password1234 password12345 password123456 password2024 password2025
    password2026 pokemon1234 princess123 q1w2e3r4t5 q1w2e3r4t5y6 qazwsxedc1 qazwsxedcrfv qqww1122334 qwe123qwe123
    qwer1234qwer qwerasdfzxcv qwerty123! qwerty1234 qwerty12345 qwerty123456 qwertyqwerty qwertyuiop qwertyuiop1
    qwertyuiop123 qwertyuiop[] qwertyuiopasdf starwars123 sunshine123 superman12 superman123 tottenham1 unbelievable
    veronica123 volunteer1 volunteer123 volunteers welcome123 welcome1234 welcome2024 welcome2025 welcome2026
    westham123 winston123 wordpass123 zaq12wsxcde3 zxcvbnm123 zxcvbnm1234 zxcvbnmasdfghjkl
"""
COMMON: Final = frozenset(_WORDS.split())
