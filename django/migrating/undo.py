"""What of a run that failed stands, and how is it taken back, where it was no transaction?"""

from __future__ import annotations

import copy
from collections.abc import Sequence

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations.base import Operation

from migrating.lock_retry import CONCURRENT_WAIT_S, set_lock_timeout
from migrating.pending import name_of, read_pending

INVALID = "SELECT EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass(%s) AND NOT indisvalid)"


def undo_applied(connection: BaseDatabaseWrapper, applied: Sequence[Migration], *, lock_timeout_s: float) -> str:
    """Reverse what this run applied, newest first, until one cannot be; return in words what stands."""
    left, why = list(applied), ""
    while left and not why:
        executor = MigrationExecutor(connection)
        last = executor.loader.graph.nodes[(left[-1].app_label, left[-1].name)]
        set_lock_timeout(connection, lock_timeout_s if last.atomic else CONCURRENT_WAIT_S)
        try:
            executor.migrate([], plan=[(last, True)])
        except Exception as error:  # noqa: BLE001 - whatever it is, the operator is told what stands
            why = f"{name_of(last)} cannot be taken back ({type(error).__name__}: {error})"
        else:
            left.pop()
    taken = f"taken back: {_listed(applied[len(left) :])}"
    return f"{taken}; {why}; still applied: {_listed(left)}" if why else f"{taken}; still applied: nothing of this run"


def undo_partial(connection: BaseDatabaseWrapper, migration: Migration, done: Sequence[Operation]) -> str:
    """Reverse the operations of a migration that is no transaction and did not come to its end.

    Returns in words what stands, or nothing.
    """
    set_lock_timeout(connection, CONCURRENT_WAIT_S)
    partial = copy.copy(migration)
    vars(partial)["operations"] = list(done)
    try:
        drop_invalid_indexes(connection, migration)
        with connection.schema_editor(atomic=False) as editor:
            partial.unapply(read_pending(connection).state, editor)
    except Exception as error:  # noqa: BLE001 - whatever it is, the operator is told what stands
        what = "; ".join(operation.describe() for operation in done)
        return f"this of it stands and cannot be taken back ({type(error).__name__}: {error}): {what}"
    return ""


def drop_invalid_indexes(connection: BaseDatabaseWrapper, migration: Migration) -> None:
    """Drop indexes that were being built when their build ended: they cost, and help nobody."""
    for operation in migration.operations:
        if isinstance(operation, AddIndexConcurrently):
            name = connection.ops.quote_name(operation.index.name)
            with connection.cursor() as cursor:
                cursor.execute(INVALID, [name])
                row = cursor.fetchone()
                if row and row[0]:
                    cursor.execute(f"DROP INDEX CONCURRENTLY {name}")


def _listed(migrations: Sequence[Migration]) -> str:
    return ", ".join(name_of(migration) for migration in migrations) or "nothing"
