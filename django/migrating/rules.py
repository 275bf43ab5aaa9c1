"""Could the running release live with a statement? What the linter finds, weighed against the real database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

from migrating import names
from migrating.linter import Finding
from migrating.pending import Columns
from migrating.statements import Statement
from migrating.tables import Catalog, Table

BIG_TABLE_ROWS = 100_000  # below, a lock is over before anybody waits for it
LOCKS = {
    "require-concurrent-index-creation": ("lock-index", "builds an index on {} without CONCURRENTLY: nobody can write"),
    "require-concurrent-reindex": ("lock-index", "builds an index of {} anew without CONCURRENTLY: nobody can write"),
    "constraint-missing-not-valid": (
        "lock-constraint",
        "checks each row of {} for a new constraint: nobody can write",
    ),
    "disallowed-unique-constraint": (
        "lock-constraint",
        "builds the index of a new UNIQUE on {}: nobody can read or write",
    ),
}
GONE = "which the running release still reads and writes"
OTHERS = {
    "ban-drop-view": "drops a view",
    "ban-drop-schema": "drops a schema",
    "ban-drop-database": "drops a database",
    "ban-set-schema": "moves {} to another schema",
    "ban-truncate-cascade": "empties {} and what refers to it",
    "syntax-error": "holds SQL that the linter cannot read",
}


@dataclass(frozen=True)
class Incompatibility:
    """What the running release could not live with, and why."""

    migration: str
    code: str
    table: str
    why: str

    def as_json(self) -> dict[str, str]:
        """Return what the check prints."""
        return asdict(self)


@dataclass(frozen=True)
class Judge:
    """Knows the models of the running release, the tables of the database, and the plan."""

    known: Columns
    catalog: Catalog
    required: frozenset[tuple[str, str]]  # table and column that the plan adds as NOT NULL

    def unknown(self, statement: Statement) -> Iterator[Incompatibility]:
        """Judge an operation whose SQL cannot be told: on a table that is yet to be made it is no problem."""
        if not statement.table or self.catalog.table(f'"{statement.table}"'):
            why = f"what it does cannot be told before it runs ({statement.unknown}); look at it yourself"
            yield Incompatibility(statement.migration, "unreadable", statement.table, why)

    def of(self, statement: Statement, finding: Finding) -> Iterator[Incompatibility]:
        """Judge what the linter found, for each table of the statement that is there."""
        named = names.tables_of(statement.text)
        if not named and finding.rule in OTHERS:
            yield Incompatibility(statement.migration, finding.rule, "", OTHERS[finding.rule].format("something"))
        for identifier in named:
            table = self.catalog.table(identifier)
            told = self._judge(finding, identifier, table) if table else None
            if table and told:
                yield Incompatibility(statement.migration, told[0], table.name, told[1])

    def _judge(self, finding: Finding, identifier: str, table: Table) -> tuple[str, str] | None:
        if finding.rule in LOCKS:
            code, why = LOCKS[finding.rule]
            return _lock(code, why, table)
        if finding.rule in OTHERS:
            return finding.rule, OTHERS[finding.rule].format(table.name)
        rule = RULES.get(finding.rule)
        return rule(self, finding, identifier, table) if rule else None

    def knows(self, table: Table, column: str = "") -> bool:
        """Tell whether the running release uses this; without the name of a column, the table."""
        columns = self.known.get(table.name)
        return columns is not None and (not column or column in columns)

    def may_write_null(self, table: Table, column: str) -> bool:
        """Tell whether the running release could write NULL there: its models allow it."""
        return self.knows(table, column) and self.known[table.name].get(column, True)


def _lock(code: str, why: str, table: Table) -> tuple[str, str] | None:
    if table.rows <= BIG_TABLE_ROWS:
        return None
    return code, f"{why.format(table.name)} to it until that is done, and it has about {table.rows} rows"


def _drop_column(judge: Judge, finding: Finding, _: str, table: Table) -> tuple[str, str] | None:
    column = names.column_of(finding.until)
    return ("drop-column", f"drops the column {table.name}.{column}, {GONE}") if judge.knows(table, column) else None


def _drop_table(judge: Judge, _: Finding, __: str, table: Table) -> tuple[str, str] | None:
    return ("drop-table", f"drops the table {table.name}, {GONE}") if judge.knows(table) else None


def _rename_column(judge: Judge, finding: Finding, _: str, table: Table) -> tuple[str, str] | None:
    column = names.column_of(finding.until)
    why = f"renames the column {table.name}.{column}, {GONE} by the old name"
    return ("rename-column", why) if judge.knows(table, column) else None


def _rename_table(judge: Judge, _: Finding, __: str, table: Table) -> tuple[str, str] | None:
    why = f"renames the table {table.name}, {GONE} by the old name"
    return ("rename-table", why) if judge.knows(table) else None


def _add_required(judge: Judge, finding: Finding, _: str, table: Table) -> tuple[str, str] | None:
    column = names.column_of(finding.until)
    why = f"adds {table.name}.{column} as NOT NULL without a default in the database: {_REFUSED}"
    return ("not-null", why) if judge.knows(table) else None


def _drop_default(judge: Judge, finding: Finding, identifier: str, table: Table) -> tuple[str, str] | None:
    name = names.column_of(finding.until)
    column = judge.catalog.column(identifier, name)
    if column is None:  # the same plan adds it: Django gives it a default, and takes that away at once
        return _add_required(judge, finding, identifier, table) if (table.name, name) in judge.required else None
    why = f"takes the default from {table.name}.{name}, which is NOT NULL: {_REFUSED}"
    return ("not-null", why) if column.has_no_nulls and judge.knows(table) else None


def _add_computed(judge: Judge, finding: Finding, _: str, table: Table) -> tuple[str, str] | None:
    functions = names.functions_of(finding.part)  # the linter does not know every one that is the same for all rows
    if finding.part.upper().startswith("GENERATED") or not functions or judge.catalog.is_volatile(functions):
        why = "writes every row of {} anew for a new column: nobody can read or write"
        return _lock("lock-rewrite", why, table)
    return None


def _set_not_null(judge: Judge, finding: Finding, identifier: str, table: Table) -> tuple[str, str] | None:
    name = names.column_of(finding.until)
    column = judge.catalog.column(identifier, name)
    if judge.may_write_null(table, name):
        return "not-null", f"makes {table.name}.{name} NOT NULL, and the running release may write NULL there"
    if column and not column.has_no_nulls:
        return _lock(
            "lock-constraint", f"reads every row of {{}} to make {name} NOT NULL: nobody can read or write", table
        )
    return None


def _change_type(judge: Judge, finding: Finding, identifier: str, table: Table) -> tuple[str, str] | None:
    name, new = names.column_of(finding.until), names.type_of(finding.part)
    column = judge.catalog.column(identifier, name)
    if column is None or names.is_wider(column.kind, new):
        return None
    if names.is_larger_integer(column.kind, new) or not judge.knows(table, name):
        return _lock("lock-rewrite", "writes every row of {} anew for another type: nobody can read or write", table)
    why = f"changes the type of {table.name}.{name} from {column.kind} to {new}, and the running release knows the old"
    return "type-change", why


_REFUSED = "rows that the running release inserts are refused"
RULES: dict[str, Callable[[Judge, Finding, str, Table], tuple[str, str] | None]] = {
    "ban-drop-column": _drop_column,
    "ban-drop-table": _drop_table,
    "renaming-column": _rename_column,
    "renaming-table": _rename_table,
    "adding-required-field": _add_required,
    "adding-field-with-default": _add_computed,
    "adding-not-nullable-field": _set_not_null,
    "ban-drop-default": _drop_default,
    "changing-column-type": _change_type,
}
