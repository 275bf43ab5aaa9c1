from __future__ import annotations

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from api.shared.csv_text import CsvError, as_meant, as_text, csv_bytes, csv_rows

# What can be stored: no NUL, and nothing that is half a character.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
TRICKY = st.text("=+-@'\t\r\n ,;\"a1\uff1d", max_size=8)
CELLS = TEXT | TRICKY


@pytest.mark.parametrize(
    "value", ["=1+1", "+49 30 1234", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", " =1", "\uff1d1", "''=1"]
)
def test_what_a_spreadsheet_would_reckon_with_is_written_as_text(value: str) -> None:
    assert as_text(value) == "'" + value


@pytest.mark.parametrize("value", ["Ada", "O'Malley", "'quoted'", "1+1", "a=b", "ada@example.org", "", " ", "'"])
def test_what_is_no_formula_is_written_as_it_is(value: str) -> None:
    assert as_text(value) == value


@given(CELLS)
@example(" \n")
def test_no_cell_begins_as_a_formula(value: str) -> None:
    assert not as_text(value).lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@given(CELLS)
def test_a_cell_is_read_as_it_was_meant(value: str) -> None:
    assert as_meant(as_text(value)) == value


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=10))
def test_an_export_is_read_again_as_it_was(rows: list[tuple[str, str, str]]) -> None:
    written = csv_bytes(("name", "email", "phone"), rows).decode()
    full = [list(row) for row in rows if any(as_text(cell).strip() for cell in row)]
    assert [row for _, row in csv_rows(written)] == [["name", "email", "phone"], *full]


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=10))
def test_any_reader_of_csv_sees_as_many_cells(rows: list[tuple[str, str]]) -> None:
    written = csv_bytes(("name", "email"), rows).decode("utf-8-sig")
    assert [len(row) for row in csv.reader(io.StringIO(written, newline=""))] == [2] * (len(rows) + 1)


@given(CELLS)
def test_any_text_is_rows_or_a_named_line(text: str) -> None:
    try:
        numbers = [number for number, _ in csv_rows(text)]
    except CsvError as error:
        numbers = [error.line]
    assert numbers == sorted(set(numbers))
    assert all(number >= 1 for number in numbers)


def test_a_file_begins_with_the_mark_that_spreadsheets_look_for() -> None:
    assert csv_bytes(("name",), [("Zoë",), (None,), (3,)]) == '\ufeff"name"\r\n"Zoë"\r\n""\r\n"3"\r\n'.encode()


@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_the_header_says_how_cells_are_separated(separator: str, mark: str) -> None:
    text = mark + 'name;email\r\n\r\n"A; B, C";a@example.org\n'.replace(";", separator)
    assert list(csv_rows(text)) == [(1, ["name", "email"]), (3, [f"A{separator} B, C", "a@example.org"])]


def test_a_row_over_two_lines_has_the_number_of_the_first() -> None:
    assert [number for number, _ in csv_rows('a,b\n"1\n2",3\n4,5')] == [1, 2, 4]


@pytest.mark.parametrize("text", ['a,b\n"open', 'a,b\n"x"y,z'])
def test_quotes_that_do_not_fit_are_an_error_with_its_line(text: str) -> None:
    with pytest.raises(CsvError, match="line 2") as raised:
        list(csv_rows(text))
    assert raised.value.line == 2
