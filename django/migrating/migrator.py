"""How does Django's own migrate run, so that we know how far it came?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.management import call_command
from django.core.management.commands.migrate import Command as DjangosMigrate
from django.db import connection
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import Migration, RunSQL
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from migrating.lock_retry import CONCURRENT_WAIT_S, set_lock_timeout


class Mark(Operation):
    """Stands before or after an operation of a migration that is no transaction."""

    reduces_to_sql = False
    reversible = True

    def __init__(self, migrator: Migrator, *, concurrent: bool = False, done: Operation | None = None) -> None:
        self.migrator, self.concurrent, self.done = migrator, concurrent, done

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Change nothing."""

    def database_forwards(
        self, _app: str, _editor: BaseDatabaseSchemaEditor, _before: ProjectState, _after: ProjectState
    ) -> None:
        """Note that the operation is done; or, before it, set how long it may wait for locks."""
        if self.done:
            self.migrator.done.append(self.done)
        else:
            seconds = CONCURRENT_WAIT_S if self.concurrent else self.migrator.lock_timeout_s
            set_lock_timeout(connection, seconds)


class Migrator(DjangosMigrate):
    """Django's command, with a memory.

    `applied` are the migrations that it applied, `current` is the one that it was at, and `done` are the operations of
    that one that stand, when it is no transaction.
    """

    def __init__(self, *, lock_timeout_s: float, **streams: Any) -> None:
        super().__init__(**streams)
        self.lock_timeout_s = lock_timeout_s
        self.applied: list[Migration] = []
        self.current: Migration | None = None
        self.done: list[Operation] = []

    def run(self, *target: str) -> None:
        """Migrate to a target, or wholly."""
        self.applied, self.current, self.done = [], None, []
        call_command(self, *target, interactive=False)

    def migration_progress_callback(self, action: str, migration: Migration | None = None, fake: bool = False) -> None:  # noqa: FBT001, FBT002 - Django calls it so
        """Follow what Django tells while it migrates."""
        if action == "apply_start" and migration:
            self.current, self.done = migration, []
            if not migration.atomic:
                vars(migration)["operations"] = self._marked(migration.operations)
        super().migration_progress_callback(action, migration, fake)
        if action == "apply_success" and migration:
            self.applied.append(migration)
            settle_constraints()

    def _marked(self, operations: Sequence[Operation]) -> list[Operation]:
        marks = [(Mark(self, concurrent=is_concurrent(one)), one, Mark(self, done=one)) for one in operations]
        return [operation for three in marks for operation in three]


def is_concurrent(operation: Operation) -> bool:
    """Tell whether an operation works beside writers instead of locking them out."""
    text = str(operation.sql) if isinstance(operation, RunSQL) else type(operation).__name__
    return "concurrently" in text.lower()


def settle_constraints() -> None:
    """Check now what was put off to the end of the transaction: as if each migration had its own.

    What is put off would also keep the next migration from changing the tables.
    """
    if connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
