"""Which SQL would each pending migration run? Told without running any of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sqlparse
from django.db import Error
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import Migration, SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from migrating.pending import Pending, name_of


@dataclass(frozen=True)
class Statement:
    """One SQL statement of a migration; `unknown` says why its SQL cannot be told, `text` is then empty."""

    migration: str
    text: str
    unknown: str = ""
    table: str = ""  # of an operation whose SQL cannot be told


def read_statements(connection: BaseDatabaseWrapper, pending: Pending) -> list[Statement]:
    """Return all statements, in order. What runs Python has no SQL and is left out."""
    state = pending.state.clone()
    return [
        statement
        for migration in pending.migrations
        for operation in migration.operations
        for statement in _of_operation(connection, migration, operation, state)
    ]


def _of_operation(
    connection: BaseDatabaseWrapper, migration: Migration, operation: Operation, state: ProjectState
) -> Iterator[Statement]:
    """Yield the statements of an operation, and bring the state forward."""
    if not operation.reduces_to_sql:
        operation.state_forwards(migration.app_label, state)
        return
    if isinstance(operation, SeparateDatabaseAndState):
        # Not by its own means: it would run the Python that stands in it.
        of_database = state.clone()
        for inner in operation.database_operations:
            yield from _of_operation(connection, migration, inner, of_database)
        operation.state_forwards(migration.app_label, state)
        return
    before = state.clone()
    operation.state_forwards(migration.app_label, state)
    name = name_of(migration)
    try:
        texts = _render(connection, migration, operation, before, state)
    except (ValueError, Error) as error:  # names of constraints that only an earlier pending migration will make
        yield Statement(name, "", unknown=f"{type(error).__name__}: {error}", table=_table(migration, operation, state))
        return
    for text in texts:
        yield Statement(name, text)


def _render(
    connection: BaseDatabaseWrapper,
    migration: Migration,
    operation: Operation,
    before: ProjectState,
    after: ProjectState,
) -> list[str]:
    with connection.schema_editor(collect_sql=True, atomic=False) as editor:
        operation.database_forwards(migration.app_label, editor, before, after)
    parts = (part for sql in editor.collected_sql for part in sqlparse.split(sql))
    cleaned = (sqlparse.format(part, strip_comments=True).strip() for part in parts)
    return [text for text in cleaned if text.strip(";")]


def _table(migration: Migration, operation: Operation, state: ProjectState) -> str:
    """Return the table that an operation on a model is about, empty when there is none."""
    model = getattr(operation, "model_name", "") or getattr(operation, "name", "")
    key = (migration.app_label, str(model).lower())
    return str(state.apps.get_model(*key)._meta.db_table) if key in state.models else ""  # noqa: SLF001 - Django's public API in all but name
