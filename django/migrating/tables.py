"""What does the database itself know about a table that a migration names?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = """
SELECT relname, CASE WHEN reltuples >= 0 AND relpages > 0
    THEN reltuples / relpages * (pg_relation_size(oid) / current_setting('block_size')::int)
    ELSE pg_relation_size(oid) / 100 END::bigint
FROM pg_class WHERE oid = COALESCE((SELECT indrelid FROM pg_index WHERE indexrelid = to_regclass(%s)), to_regclass(%s))
"""
COLUMN = """
SELECT format_type(atttypid, atttypmod), attnotnull OR EXISTS (
    SELECT FROM pg_constraint WHERE conrelid = attrelid AND contype IN ('c', 'n') AND convalidated
    AND pg_get_constraintdef(oid) IN (format('CHECK ((%%I IS NOT NULL))', attname), format('NOT NULL %%I', attname)))
FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attname = %s AND NOT attisdropped
"""
COLUMNS = """
SELECT relname, attname, NOT attnotnull FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
WHERE relkind IN ('r', 'p', 'v') AND pg_table_is_visible(c.oid) AND attnum > 0 AND NOT attisdropped
"""
VOLATILE = "SELECT FROM pg_proc WHERE proname = ANY(%s) AND provolatile = 'v' LIMIT 1"


@dataclass(frozen=True)
class Table:
    """A table that is there. `rows` is an estimate: the planner's, or from its size where nobody has counted yet."""

    name: str
    rows: int


@dataclass(frozen=True)
class Column:
    """A column that is there; `has_no_nulls` when PostgreSQL can be sure of it without reading the table."""

    kind: str
    has_no_nulls: bool


class Catalog:
    """Answers from PostgreSQL's catalog."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self._connection = connection

    def table(self, identifier: str) -> Table | None:
        """Return the table of this identifier, as SQL writes it, or of the index of this name."""
        row = self._row(TABLE, identifier, identifier)
        return Table(*row) if row else None

    def column(self, table: str, name: str) -> Column | None:
        """Return a column of a table; `table` as SQL writes it, `name` without quotes."""
        row = self._row(COLUMN, table, name)
        return Column(*row) if row else None

    def columns(self) -> dict[str, dict[str, bool]]:
        """Return every table and column that is there, with whether it may be NULL."""
        there: dict[str, dict[str, bool]] = {}
        with self._connection.cursor() as cursor:
            cursor.execute(COLUMNS)
            for table, column, may_be_null in cursor.fetchall():
                there.setdefault(table, {})[column] = may_be_null
        return there

    def is_volatile(self, functions: list[str]) -> bool:
        """Tell whether a function of one of these names gives each row a value of its own."""
        return self._row(VOLATILE, functions) is not None

    def _row(self, query: str, *parameters: str | list[str]) -> tuple[Any, ...] | None:
        with self._connection.cursor() as cursor:
            cursor.execute(query, parameters)
            row: tuple[Any, ...] | None = cursor.fetchone()
        return row
