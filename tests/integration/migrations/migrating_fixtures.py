"""Where do the tests about migrations try theirs? In a database and a Django application of their own."""

from __future__ import annotations

import contextlib
import json
import secrets
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.integration.services.services_processes import DJANGO, Environment, Services

SETTINGS = """
from config.settings import *

INSTALLED_APPS = ["django.contrib.contenttypes", "migrating", *{apps!r}]
"""
MIGRATION = """
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import F, Q
from django.db.models.functions import Now


class Migration(migrations.Migration):
    atomic = {atomic}
    dependencies = [{after}]
    operations = [
{operations}
    ]
"""
BASE = """
migrations.CreateModel("Owner", [("id", models.BigAutoField(primary_key=True)), ("name", models.TextField())]),
migrations.CreateModel("Thing", [
    ("id", models.BigAutoField(primary_key=True)),
    ("name", models.CharField(max_length=50)),
    ("note", models.CharField(max_length=50, null=True)),
    ("count", models.IntegerField(default=0)),
    ("amount", models.DecimalField(max_digits=8, decimal_places=2, null=True)),
    ("ready", models.BooleanField(db_default=False)),
    ("owner", models.ForeignKey("owner", models.CASCADE, null=True)),
]),
"""


@dataclass
class Trial:
    """A database, and applications whose migrations a test writes."""

    folder: Path
    environment: Environment
    database: str
    patience_s: float = 30  # how long a management command may take

    def write(self, app: str, number: int, operations: str, *, atomic: bool = True) -> None:
        """Write one migration; the one before is the number before."""
        migrations = self.folder / app / "migrations"
        migrations.mkdir(parents=True, exist_ok=True)
        for package in (migrations.parent, migrations):
            (package / "__init__.py").touch()
        after = f'("{app}", "{number - 1:04}_it")' if number > 1 else ""
        lines = textwrap.indent(textwrap.dedent(operations).strip(), " " * 8)
        text = MIGRATION.format(atomic=atomic, after=after, operations=lines)
        (migrations / f"{number:04}_it.py").write_text(text, encoding="utf-8")

    def install(self, *apps: str) -> None:
        """Make these the applications that Django knows."""
        (self.folder / "trial_settings.py").write_text(SETTINGS.format(apps=apps), encoding="utf-8")

    def manage(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a management command to its end."""
        with self.begin(*words, **more) as process:
            out, err = process.communicate()
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    @contextlib.contextmanager
    def begin(self, *words: str, **more: str) -> Iterator[subprocess.Popen[str]]:
        """Start a management command, and wait for its end; one that waits for ever is killed after the patience."""
        pipe = subprocess.PIPE
        environment = self.environment | more
        command = (sys.executable, "manage.py", *words)
        running = subprocess.Popen(command, cwd=DJANGO, env=environment, stdout=pipe, stderr=pipe, text=True)
        killing = threading.Timer(self.patience_s, running.kill)
        killing.start()
        try:
            with running:
                try:
                    yield running
                except BaseException:
                    running.kill()  # it may wait for what the test holds
                    raise
        finally:
            killing.cancel()

    def migrate(self, **more: str) -> subprocess.CompletedProcess[str]:
        """Run what the job `migrate` runs."""
        return self.manage("migrate_safely", **more)

    def check(self, *words: str) -> dict[str, Any]:
        """Run what the job's check runs; return what it printed last."""
        done = self.manage("check_migrations", *words)
        assert done.returncode == 0, done.stderr
        told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return told

    def connect(self) -> psycopg.Connection[Any]:
        """Return a connection of one's own."""
        return psycopg.connect(self.environment["DATABASE_URL"])

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        """Run SQL; return the rows if there are any."""
        with psycopg.connect(self.environment["DATABASE_URL"], autocommit=True) as connection:
            cursor = connection.execute(query.encode())
            return cursor.fetchall() if cursor.description else []

    def schema(self) -> list[tuple[Any, ...]]:
        """Return every column and index, and which migrations are recorded."""
        recorded = self.sql("SELECT app, name, '' FROM django_migrations ORDER BY id")
        columns = "SELECT table_name, column_name, data_type FROM information_schema.columns ORDER BY 1, 2"
        indexes = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
        return recorded + sorted(self.sql(columns)) + sorted(self.sql(indexes))


@contextlib.contextmanager
def a_trial(services: Services, folder: Path) -> Iterator[Trial]:
    """Make a database, and drop it when the block ends."""
    name = f"trial_{secrets.token_hex(4)}"
    services.sql(f"CREATE DATABASE {name}")
    url = services.environment["DATABASE_URL"].rpartition("/")[0] + f"/{name}"
    own = {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "trial_settings"}
    path = {"PYTHONPATH": f"{folder}:{services.environment['PYTHONPATH']}"}
    try:
        yield Trial(folder, services.environment | own | path, name)
    finally:
        services.sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def trial(services: Services, tmp_path: Path) -> Iterator[Trial]:
    """Return an application `trial` whose first migration, two tables, is applied."""
    with a_trial(services, tmp_path) as own:
        own.install("trial")
        own.write("trial", 1, BASE)
        done = own.migrate()
        assert done.returncode == 0, done.stderr
        yield own
