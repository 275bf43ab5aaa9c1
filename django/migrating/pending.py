"""What is pending, and what does the running release believe about the schema?"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ProjectState

Columns = dict[str, dict[str, bool]]  # table -> column -> may it be NULL


@dataclass(frozen=True)
class Pending:
    """The migrations that would run now, in order; `is_new` when none was ever applied."""

    migrations: tuple[Migration, ...]
    state: ProjectState
    is_new: bool

    @property
    def is_atomic(self) -> bool:
        """Tell whether all of them can be one transaction."""
        return all(migration.atomic for migration in self.migrations)

    @property
    def names(self) -> list[str]:
        """Return `application.migration` of each."""
        return [name_of(migration) for migration in self.migrations]


def name_of(migration: Migration) -> str:
    """Return `application.migration`."""
    return f"{migration.app_label}.{migration.name}"


def read_pending(connection: BaseDatabaseWrapper) -> Pending:
    """Compare the migrations on disk with those that the database has seen."""
    executor = MigrationExecutor(connection)
    loader = executor.loader
    targets = loader.graph.leaf_nodes()
    pending = [migration for migration, _ in executor.migration_plan(targets)]
    state = ProjectState(real_apps=loader.unmigrated_apps)
    if pending:
        for migration, _ in executor.migration_plan(targets, clean_start=True):
            if (migration.app_label, migration.name) in loader.applied_migrations:
                migration.mutate_state(state, preserve=False)
    return Pending(tuple(pending), state, is_new=not loader.applied_migrations)


def known_columns(state: ProjectState) -> Columns:
    """Return every table and column that models of this state read and write."""
    models = state.apps.get_models(include_auto_created=True)
    known: Columns = {}
    for model in models:
        table = model._meta  # noqa: SLF001 - its name is Django's, and documented
        known.setdefault(table.db_table, {}).update(
            {field.column or "": field.null for field in table.local_concrete_fields}
        )
    return known
