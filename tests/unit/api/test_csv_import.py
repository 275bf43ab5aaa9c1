from __future__ import annotations

import pytest
from fastapi import HTTPException
from hypothesis import given
from hypothesis import strategies as st

from api.people.csv_import import MOST_LINES, read_people
from api.shared.csv_text import csv_bytes


def read(text: str) -> tuple[list[tuple[int, str, str, str]], list[tuple[int, str]]]:
    found = read_people(text.encode())
    people = [(line, one.name, one.email, one.phone) for line, one in found.people.items()]
    return people, [(one.line, one.why) for one in found.rejected]


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("name,email\nAda,ada@example.org", [(2, "Ada", "ada@example.org", "")]),
        ("\ufeffName;E-Mail;EMAIL;Phone\r\nAda;x;ADA@Example.org;1 2\r\n", [(2, "Ada", "ada@example.org", "1 2")]),
        ('email,name\n"ada@example.org","Lindqvist, Ada"', [(2, "Lindqvist, Ada", "ada@example.org", "")]),
        ("name,email,phone\n\n  Ada ,ada@example.org\n\n", [(3, "Ada", "ada@example.org", "")]),
        ("name,email,phone\nAda,ada@example.org,'+46 8 123\n", [(2, "Ada", "ada@example.org", "+46 8 123")]),
        ("name,email\rAda,ada@example.org\r", [(2, "Ada", "ada@example.org", "")]),
        ("name,email\n", []),
    ],
)
def test_files_of_every_habit_are_read(text: str, people: list[tuple[int, str, str, str]]) -> None:
    assert read(text) == (people, [])


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (",ada@example.org", "name: String should have at least 1 character"),
        ("Ada,", "email: is not an e-mail address that mail can be sent to"),
        ("Ada", "email: Field required"),
        ("Ada,nobody", "email: is not an e-mail address that mail can be sent to"),
        ("Ada,ada@example.org,1,2", "has 4 cells where the first line has 3"),
        ("A\0da,ada@example.org", "name: must be one line of text"),
        ('"A\nda",ada@example.org', "name: must be one line of text"),
        (f"Ada,ada@example.org,{'1' * 51}", "phone: String should have at most 50 characters"),
        ("Ada,MO@example.org", "email: the same as in line 2"),
    ],
)
def test_a_wrong_line_is_left_out_and_named(line: str, why: str) -> None:
    people, rejected = read(f"name,email,phone\nMo,mo@example.org\n{line}\nZoe,zoe@example.org")
    assert [name for _, name, _, _ in people] == ["Mo", "Zoe"]
    assert rejected == [(3, why)]


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf\r\n", "empty"),
        (b"Ada,ada@example.org", "must name the columns"),
        (b"name,name,email\na,b,c", "must name the columns"),
        (b"name,email,phone,phone\n", "must name the columns"),
        ("name,email\nZo\u00eb,z@example.org".encode("latin-1"), "not UTF-8"),
        (b'name,email\n"Ada,ada@example.org', "not CSV from line 2"),
        (b"name,email\n" + b"a,a@example.org\n" * (MOST_LINES + 1), "5001 people"),
        (b"name,email\nA," + b"x" * 200_000, "not CSV from line 2"),
    ],
)
def test_a_file_of_which_no_line_can_be_trusted_is_refused(content: bytes, detail: str) -> None:
    with pytest.raises(HTTPException) as raised:
        read_people(content)
    assert raised.value.status_code == 422
    assert detail in raised.value.detail


@given(st.binary(max_size=300) | st.text(max_size=100).map(lambda text: b"name,email,phone\n" + text.encode()))
def test_whatever_is_sent_is_read_or_refused(content: bytes) -> None:
    try:
        found = read_people(content)
    except HTTPException as error:
        status = error.status_code
    else:
        status = 200 if found.people.keys().isdisjoint(one.line for one in found.rejected) else 500
    assert status in {200, 422}


NAMES = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=20)


@given(st.lists(st.tuples(NAMES, st.from_regex(r"[+0-9 ]{0,20}", fullmatch=True)), max_size=20))
def test_what_is_exported_is_imported_as_it_was(people: list[tuple[str, str]]) -> None:
    rows = [(name, f"p{number}@example.org", phone) for number, (name, phone) in enumerate(people)]
    found = read_people(csv_bytes(("name", "email", "phone"), rows))
    assert found.rejected == []
    expected = [(name, email, " ".join(phone.split())) for name, email, phone in rows]
    assert [(one.name, one.email, one.phone) for one in found.people.values()] == expected
