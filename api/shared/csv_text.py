"""How is CSV written so that a spreadsheet shows it as it is meant, and read as people save it?

Standard library only: the API reads what is imported, the worker writes what is exported.

A cell that begins with `=`, `+`, `-` or `@` is a formula to a spreadsheet, and a formula can send what stands in the
other cells to anyone. Such a cell is written with an apostrophe before it; the apostrophe is taken off when the file
comes back, so that an export can be imported.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

BOM = "\ufeff"
# Spreadsheets skip blanks and read full-width signs as the plain ones.
FORMULA_SIGNS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
BREAKS = ("\t", "\r", "\n")


class CsvError(Exception):
    """The text is not CSV from this line on."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line}: {why}")
        self.line = line
        self.why = why


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Write a file that spreadsheets open: UTF-8 with a byte order mark, no formulas, None as an empty cell."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(header)
    writer.writerows(["" if cell is None else as_text(str(cell)) for cell in row] for row in rows)
    return (BOM + text.getvalue()).encode("utf-8", errors="replace")


def csv_rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Read the lines that are not empty, each with the number of its first line, separated as the header is.

    Raises CsvError where quotes do not fit, and where a cell is longer than 128 KiB.
    """
    text = text.removeprefix(BOM)
    header = re.split("[\r\n]", text, maxsplit=1)[0]
    separator = ";" if header.count(";") > header.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise CsvError(line, str(error)) from error
        if any(cell.strip() for cell in row):
            yield line, [as_meant(cell) for cell in row]


def as_text(value: str) -> str:
    """Return the cell that a spreadsheet shows as this value instead of reckoning with it."""
    return f"'{value}" if _is_formula(value) else value


def as_meant(cell: str) -> str:
    """Return the value of a cell that `as_text` may have written."""
    return cell[1:] if cell.startswith("'") and _is_formula(cell) else cell


def _is_formula(value: str) -> bool:
    # With quotes before it, too: then one more is what `as_meant` takes off again.
    return value.lstrip("' ").startswith(BREAKS) or value.lstrip("' \t\r\n\u00a0").startswith(FORMULA_SIGNS)
