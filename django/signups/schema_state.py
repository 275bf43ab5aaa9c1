"""Does the schema match the code? What is pending, what drifted, and the newest migration of each application."""

from __future__ import annotations

from typing import TypedDict

from django.apps import apps
from django.db import connection
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.questioner import NonInteractiveMigrationQuestioner
from django.db.migrations.state import ProjectState


class SchemaState(TypedDict):
    """The answer; `ok` when nothing is pending and nothing has drifted.

    `unknown` is in the database and not on disk: a later release migrated, and this one was gone back to.
    """

    ok: bool
    pending: list[str]
    unknown: list[str]
    drift: dict[str, list[str]]
    newest: dict[str, str]


def read_schema_state() -> SchemaState:
    """Compare models, migrations on disk and migrations in the database."""
    executor = MigrationExecutor(connection)
    loader = executor.loader
    targets = loader.graph.leaf_nodes()
    pending = [_dotted(migration.app_label, migration.name) for migration, _ in executor.migration_plan(targets)]
    installed = {config.label for config in apps.get_app_configs()}
    unknown = [
        _dotted(app, name)
        for app, name in sorted(loader.applied_migrations)
        if app in installed and (app, name) not in loader.disk_migrations
    ]
    drift = _drift(loader)
    newest = dict(sorted(targets))
    return SchemaState(ok=not (pending or drift), pending=pending, unknown=unknown, drift=drift, newest=newest)


def _drift(loader: MigrationLoader) -> dict[str, list[str]]:
    detector = MigrationAutodetector(
        loader.project_state(), ProjectState.from_apps(apps), NonInteractiveMigrationQuestioner(dry_run=True)
    )
    changes = detector.changes(graph=loader.graph)
    return {app: [op.describe() for one in migrations for op in one.operations] for app, migrations in changes.items()}


def _dotted(app: str, name: str) -> str:
    return f"{app}.{name}"
