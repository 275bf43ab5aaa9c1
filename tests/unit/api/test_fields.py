from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from api.fields import Email, Line, Text, TriedEmail

EMAIL, LINE, TEXT = TypeAdapter[str](Email), TypeAdapter[str](Line), TypeAdapter[str](Text)
TRIED = TypeAdapter[str](TriedEmail)


@pytest.mark.parametrize(
    ("given_", "kept"),
    [
        ("ada@example.org", "ada@example.org"),
        (" Ada.Lovelace@EXAMPLE.org ", "ada.lovelace@example.org"),
        ("ada@Bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"),
    ],
)
def test_an_address_is_kept_in_one_way(given_: str, kept: str) -> None:
    assert EMAIL.validate_python(given_) == TRIED.validate_python(given_) == kept
    assert EMAIL.validate_python(kept) == kept


@given(st.emails() | st.text(max_size=300))
def test_a_kept_address_is_short_lower_case_ascii(text: str) -> None:
    try:
        kept = EMAIL.validate_python(text)
    except ValidationError:
        return
    assert kept.isascii()
    assert kept == kept.lower()
    assert len(kept) <= 254
    assert not set(kept) & set(" \r\n\0,<>")


def test_an_administrators_address_can_be_tried_though_no_mail_gets_there() -> None:
    assert TRIED.validate_python("Admin@localhost") == "admin@localhost"
    with pytest.raises(ValidationError):
        EMAIL.validate_python("admin@localhost")


@pytest.mark.parametrize("text", ["", "   ", "a\nb", "a\r\nBcc: b", "a\0b", "a\x1b[2Jb", "a\u2028b", "x" * 201])
def test_a_line_is_one_line(text: str) -> None:
    with pytest.raises(ValidationError):
        LINE.validate_python(text)


def test_what_is_wrong_is_said_as_people_would() -> None:
    with pytest.raises(ValidationError) as caught:
        EMAIL.validate_python("ada")
    assert caught.value.errors()[0]["msg"] == "is not an e-mail address that mail can be sent to"
    assert LINE.validate_python("  Zoë O'Hara 李  ") == "Zoë O'Hara 李"
    assert TEXT.validate_python("two\nlines") == "two\nlines"
    with pytest.raises(ValidationError):
        TEXT.validate_python("a\0b")
