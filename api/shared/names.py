"""What may a name hold? No link: names stand in greetings and subjects of mails, which many programs make links of."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

JOINERS: Final = frozenset("\u200c\u200d\u200e\u200f")  # what names of some scripts and emoji are written with
LINK: Final = re.compile(
    r"""
    ://                                   # https://evil.example
    | \bwww\.\w                           # www.evil.example
    | \b(?:mailto|javascript|data):\S
    | [\w-]\.[a-z]{2,}[/?:#]              # evil.example/path
    | \w@\w                               # mallory@evil.com
    | \bt\.(?:co|me)\b
    | (?:[\w-]+\.)+(?:                    # evil.com
        com|net|org|info|biz|edu|gov|int|mil|io|app|dev|xyz|online|site|shop|store|top|club|live|link|click|page|tech
        |website|space|fun|icu|vip|win|work|news|blog|cloud|example) (?![\w.]*\w)
    | (?:[\w-]{2,}\.)+[a-z]{2} (?![\w.]*\w)  # evil.de
    """,
    re.IGNORECASE | re.VERBOSE,
)
DOTS: Final = str.maketrans("\u3002\uff0e\uff61\u2024", "....")


def name_fault(name: str) -> str:
    """Say why this cannot be somebody's name, or an organization's; empty when it can."""
    if any(_is_hidden(character) for character in name):
        return "must not hold invisible characters"
    if holds_link(name):
        return "must be a name, not a link or an address"
    return ""


def holds_link(text: str) -> bool:
    """Tell whether a mail program would make a link of something in this text."""
    shown = "".join(character for character in text if unicodedata.category(character) != "Cf")
    return LINK.search(unicodedata.normalize("NFKC", shown.translate(DOTS))) is not None


def _is_hidden(character: str) -> bool:
    """Tell control characters, and those that change how a line is read without being seen."""
    return unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp", "Cf"} and character not in JOINERS
