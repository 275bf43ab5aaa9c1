from __future__ import annotations

import pytest

from api.shared.names import name_fault


@pytest.mark.parametrize(
    "name",
    [
        "Ada",
        "J.R.R. Tolkien",
        "St. Mary's e.V.",
        "Dr.med. Ute Ähren-Ørsted",
        "Anna v.d.Berg",
        "Müller GmbH & Co. KG",
        "Mo (he/him)",
        "AC/DC",
        "1. FC Köln 1948",
        "O\u2019Brien",
        "\u0646\u06cc\u200c\u0647",
        "👩\u200d🌾 Farmers",
    ],
)
def test_people_and_organizations_may_be_called_that(name: str) -> None:
    assert name_fault(name) == ""


@pytest.mark.parametrize(
    "name",
    [
        "https://evil.example",
        "HTTP://EVIL",
        "Win! www.evil.shop now",
        "evil.com",
        "Evil.CO.UK, your bank",
        "x.com",
        "t.co",
        "bit.ly/abc",
        "evil.museum/x",
        "mallory@evil.museum",
        "mailto:mallory",
        "evil\u3002com",
        "\uff45\uff56\uff49\uff4c\uff0e\uff43\uff4f\uff4d",
        "evil.com.",
        "(evil.de)",
        "Ada\u202emoc.live",
        "evil\u200b.com",
        "a\x00b",
        "a\x1b[31m",
        "a\nb",
        "a\u2028b",
        "\ufeffAda",
    ],
)
def test_a_link_and_what_cannot_be_seen_are_no_name(name: str) -> None:
    assert name_fault(name)
