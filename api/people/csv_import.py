"""Which people are in this file? Every line is a person, or has a reason why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from fastapi import HTTPException
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from api.fields import Email, Line
from api.people.models import Phone, Rejected
from api.shared.csv_text import CsvError, csv_rows

MOST_LINES: Final = 5000
COLUMNS = ("name", "email", "phone")
NEEDED = ("name", "email")


class Given(BaseModel):
    """A person as a line of a file says."""

    model_config = ConfigDict(frozen=True)

    name: Line
    email: Email
    phone: Phone = ""


READER = TypeAdapter(Given)


@dataclass(frozen=True)
class Read:
    """What a file holds: people by line number, and the lines that are none."""

    people: dict[int, Given]
    rejected: list[Rejected]


def read_people(content: bytes) -> Read:
    """Read a file; other columns than name, email and phone are left aside. Raises 422 when no line can be read."""
    rows = _rows(content)
    if not rows:
        raise HTTPException(422, "The file is empty: its first line must name the columns name, email and phone.")
    places = _places(rows[0][1])
    read = Read({}, [])
    lines: dict[str, int] = {}
    for line, cells in rows[1:]:
        try:
            given = _given(cells, places, width=len(rows[0][1]))
        except ValueError as error:
            read.rejected.append(Rejected(line=line, why=_why(error)))
            continue
        before = lines.setdefault(given.email, line)
        if before == line:
            read.people[line] = given
        else:
            read.rejected.append(Rejected(line=line, why=f"email: the same as in line {before}"))
    return read


def _rows(content: bytes) -> list[tuple[int, list[str]]]:
    try:
        rows = list(csv_rows(content.decode("utf-8")))
    except UnicodeDecodeError as error:
        raise HTTPException(422, "The file is not UTF-8: save it as `CSV UTF-8`.") from error
    except CsvError as error:
        raise HTTPException(422, f"The file is not CSV from line {error.line} on: {error.why}.") from error
    if len(rows) > MOST_LINES + 1:
        raise HTTPException(422, f"The file has {len(rows) - 1} people; at most {MOST_LINES} are read at once.")
    return rows


def _places(header: Sequence[str]) -> dict[str, int]:
    names = [name.strip().lower() for name in header]
    if any(names.count(name) != 1 for name in NEEDED) or names.count("phone") > 1:
        raise HTTPException(422, "The first line must name the columns name, email and, if there is one, phone, once.")
    return {name: names.index(name) for name in COLUMNS if name in names}


def _given(cells: Sequence[str], places: dict[str, int], *, width: int) -> Given:
    if any(cell.strip() for cell in cells[width:]):
        raise ValueError(f"has {len(cells)} cells where the first line has {width}")
    return READER.validate_python({name: cells[at] for name, at in places.items() if at < len(cells)})


def _why(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    first: Any = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg'].removeprefix('Value error, ')}"
