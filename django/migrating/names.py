"""Which table, column and type does a piece of SQL name?"""

from __future__ import annotations

import re

_NAME = r'(?:"(?:[^"]|"")+"|\w+)'
_IDENTIFIER = rf"{_NAME}(?:\s*\.\s*{_NAME})*"
_TABLES = re.compile(
    rf"\b(?:TABLE|VIEW|REINDEX\s+INDEX|ON|TRUNCATE)\s+(?:TABLE\s+)?(?:CONCURRENTLY\s+)?(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?"
    rf"({_IDENTIFIER}(?:\s*,\s*{_IDENTIFIER})*)",
    re.IGNORECASE,
)
_COLUMN = re.compile(
    rf"\b(?:ADD|DROP|ALTER|RENAME)\s+(?:COLUMN\s+)?(?:IF\s+(?:NOT\s+)?EXISTS\s+)?"
    rf"(?!(?:TABLE|CONSTRAINT|DEFAULT|NOT|IF|COLUMN)\b)({_NAME})",
    re.IGNORECASE,
)
_REQUIRED = re.compile(
    rf"\bADD\s+(?:COLUMN\s+)?(?:IF\s+NOT\s+EXISTS\s+)?(?!CONSTRAINT\b)({_NAME})(?:\([^)]*\)|[^,(])*?\bNOT\s+NULL\b",
    re.IGNORECASE,
)
_TYPE = re.compile(r"\bTYPE\s+(.+?)(?:\s+(?:USING|COLLATE)\b.*)?;?$", re.IGNORECASE | re.DOTALL)
_SHORT = {
    "varchar": "character varying",
    "int": "integer",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "decimal": "numeric",
}
_SIZED = re.compile(r"([a-z ]+?)\s*(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?")
_INTEGERS = ("smallint", "integer", "bigint")
_TEXT = ("character varying", "text")


def tables_of(sql: str) -> list[str]:
    """Return the tables that a statement is about, as it writes them."""
    found = _TABLES.search(sql)
    return [name.strip() for name in re.split(r",(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", found[1])] if found else []


def column_of(sql: str) -> str:
    """Return the last column that an ALTER TABLE names, without quotes; empty when there is none."""
    found = _COLUMN.findall(sql)
    return unquoted(found[-1]) if found else ""


def required_columns_of(sql: str) -> list[tuple[str, str]]:
    """Return table and column, without quotes, of each column that an ALTER TABLE adds as NOT NULL."""
    return [(unquoted(table), unquoted(found)) for table in tables_of(sql) for found in _REQUIRED.findall(sql)]


def type_of(sql: str) -> str:
    """Return the type that an ALTER COLUMN gives, as PostgreSQL's catalog writes it."""
    found = _TYPE.search(sql)
    return _long(found[1]) if found else ""


def functions_of(sql: str) -> list[str]:
    """Return the functions that an expression calls."""
    return [name.lower() for name in re.findall(r"(\w+)\s*\(", sql)]


def unquoted(identifier: str) -> str:
    """Return the last part of an identifier as the catalog has it."""
    last = str(re.findall(_NAME, identifier)[-1])
    return last[1:-1].replace('""', '"') if last.startswith('"') else last.lower()


def is_wider(old: str, new: str) -> bool:
    """Tell whether every value of the old type is one of the new and PostgreSQL need not touch the rows."""
    a, b = _SIZED.fullmatch(old), _SIZED.fullmatch(new)
    if not a or not b:
        return old == new
    if a[1] in _TEXT and b[1] in _TEXT:
        return b[2] is None or (a[2] is not None and int(a[2]) <= int(b[2]))
    if a[1] == b[1] == "numeric" and a[2] and b[2]:
        return int(a[2]) <= int(b[2]) and (a[3] or "0") == (b[3] or "0")
    return old == new


def is_larger_integer(old: str, new: str) -> bool:
    """Tell whether the running release can live with the new type, though the table is written anew."""
    return old in _INTEGERS and new in _INTEGERS and _INTEGERS.index(old) < _INTEGERS.index(new)


def _long(kind: str) -> str:
    words = " ".join(kind.lower().split())
    name = re.match(r"[a-z0-9]+", words)
    return _SHORT[name[0]] + words[name.end() :] if name and name[0] in _SHORT else words
