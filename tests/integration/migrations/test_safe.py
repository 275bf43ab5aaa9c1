from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.migrations.migrating_fixtures import BASE, Trial, a_trial
from tests.integration.services.services_processes import DJANGO, Services, wait_for

ADD = 'migrations.AddField("thing", "extra", models.TextField(null=True)),'
FILL = """
migrations.RunPython(
    lambda apps, editor: apps.get_model("trial", "Thing").objects.create(
        name="made", owner=apps.get_model("trial", "Owner").objects.create(name="them")
    ),
    migrations.RunPython.noop,
),
"""
INDEX = 'AddIndexConcurrently("thing", models.Index(fields=["name"], name="by_name")),'
BROKEN = 'migrations.RunSQL("SELECT 1 / 0"),'
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
SOON = {"MIGRATION_LOCK_TIMEOUT": "0.2"}


def said(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 1, done.stdout
    return done.stderr


@pytest.mark.req("B-03")
def test_a_plan_whose_second_migration_fails_leaves_nothing(trial: Trial) -> None:
    before = trial.schema()
    trial.write("trial", 2, ADD + FILL)
    trial.write("trial", 3, BROKEN)
    told = said(trial.migrate())
    assert "trial.0003_it failed" in told
    assert "none of 2 migrations is applied" in told
    assert trial.schema() == before
    assert trial.sql("SELECT count(*) FROM trial_thing") == [(0,)]


@pytest.mark.req("B-03")
def test_data_changed_by_one_migration_does_not_keep_the_next_from_changing_the_table(trial: Trial) -> None:
    trial.write("trial", 2, FILL)
    trial.write("trial", 3, ADD)
    done = trial.migrate()
    assert done.returncode == 0, done.stderr
    assert trial.sql("SELECT name, extra FROM trial_thing") == [("made", None)]


@pytest.mark.req("B-03")
def test_a_violation_that_was_put_off_stops_the_plan_at_its_migration(trial: Trial) -> None:
    before = trial.schema()
    trial.write("trial", 2, "migrations.RunSQL(\"INSERT INTO trial_thing (name, count, owner_id) VALUES ('x', 0, 9)\")")
    trial.write("trial", 3, ADD)
    assert "trial.0002_it failed: IntegrityError" in said(trial.migrate())
    assert trial.schema() == before


@pytest.mark.req("B-03")
def test_a_table_that_stays_busy_is_given_up_and_the_schema_is_as_it_was(trial: Trial) -> None:
    before = trial.schema()
    trial.write("trial", 2, ADD)
    with trial.connect() as other:
        other.execute("SELECT count(*) FROM trial_thing")  # and its transaction stays open
        done = trial.migrate(**SOON)
    assert "busy each time" in said(done)
    assert done.stdout.count("a table is busy") == 4
    assert trial.schema() == before


@pytest.mark.req("B-03")
def test_a_table_that_is_busy_for_a_moment_is_migrated_on_a_later_try(trial: Trial) -> None:
    trial.write("trial", 2, ADD)
    with trial.connect() as other:
        other.execute("SELECT count(*) FROM trial_thing")
        with trial.begin("migrate_safely", **SOON) as process:
            output = process.stdout or pytest.fail("it has no output")
            assert any("a table is busy" in line for line in output), "no try gave up"
            other.rollback()
            assert process.wait(30) == 0
    assert trial.check()["pending"] == []


@pytest.mark.req("B-03")
def test_two_at_once_migrate_once(trial: Trial) -> None:
    trial.write("trial", 2, FILL)
    with trial.connect() as other:
        other.execute("LOCK TABLE trial_thing IN ACCESS EXCLUSIVE MODE")
        with trial.begin("migrate_safely") as first, trial.begin("migrate_safely") as second:
            wait_for("one to wait for the table and one for its turn", lambda: trial.sql(WAITING) == [(2,)])
            other.rollback()
            outputs = [process.communicate(timeout=30) for process in (first, second)]
    assert sorted("Applying trial.0002_it" in out for out, _ in outputs) == [False, True]
    assert [first.returncode, second.returncode] == [0, 0]
    assert trial.sql("SELECT count(*) FROM trial_thing") == [(1,)]


@pytest.mark.req("B-03")
def test_what_cannot_be_a_transaction_is_taken_back_when_a_later_one_fails(trial: Trial) -> None:
    before = trial.schema()
    trial.write("trial", 2, ADD)
    trial.write("trial", 3, INDEX, atomic=False)
    trial.write("trial", 4, BROKEN)
    told = said(trial.migrate())
    assert "taken back: trial.0002_it, trial.0003_it; still applied: nothing of this run" in told
    assert trial.schema() == before


@pytest.mark.req("B-03")
def test_a_migration_without_a_transaction_that_fails_half_way_is_undone(trial: Trial) -> None:
    before = trial.schema()
    trial.write("trial", 2, ADD + INDEX + BROKEN, atomic=False)
    assert "trial.0002_it failed: DataError" in said(trial.migrate())
    assert trial.schema() == before


@pytest.mark.req("B-03")
def test_what_cannot_be_taken_back_is_named(trial: Trial) -> None:
    trial.write("trial", 2, 'migrations.RunSQL("CREATE TABLE stays (a int)")')
    trial.write("trial", 3, ADD + 'migrations.RunSQL("CREATE TABLE too (a int)"),' + BROKEN, atomic=False)
    told = said(trial.migrate())
    assert "this of it stands and cannot be taken back" in told
    assert "Add field extra to thing; Raw SQL operation" in told
    assert "trial.0002_it cannot be taken back (IrreversibleError" in told
    assert "still applied: trial.0002_it" in told


@pytest.mark.req("B-03")
def test_a_build_of_an_index_that_was_killed_is_begun_anew(trial: Trial) -> None:
    trial.sql("INSERT INTO trial_thing (name, count) VALUES ('a', 0)")
    trial.write("trial", 2, INDEX, atomic=False)
    with trial.connect() as other:
        other.execute("UPDATE trial_thing SET count = 1")
        with trial.begin("migrate_safely") as process:
            wait_for("the build to wait for the other", lambda: trial.sql(WAITING) == [(1,)])
            process.kill()
        trial.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    assert trial.sql("SELECT indisvalid FROM pg_index WHERE indexrelid = 'by_name'::regclass") == [(False,)]
    done = trial.migrate()
    assert done.returncode == 0, done.stderr
    assert trial.sql("SELECT indisvalid FROM pg_index WHERE indexrelid = 'by_name'::regclass") == [(True,)]


@pytest.mark.req("C-05")
def test_two_that_start_alone_at_once_migrate_once_and_both_go_on(services: Services, tmp_path: Path) -> None:
    with a_trial(services, tmp_path) as trial:
        trial.install("django.contrib.staticfiles", "trial")
        trial.write("trial", 1, BASE)
        outputs = [process.communicate(timeout=60) for process in [begin_alone(trial) for _ in range(2)]]
        assert sorted("Applying trial.0001_it" in out for out, _ in outputs) == [False, True]
        assert all("static file" in out for out, _ in outputs), outputs
        assert trial.check()["pending"] == []


def begin_alone(trial: Trial) -> subprocess.Popen[str]:
    """Do what a container that starts alone does before it becomes the server."""
    code = "import entrypoint, os, sys; sys.exit(entrypoint.prepare(os.environ['DATABASE_URL']))"
    environment = trial.environment | {"STATIC_ROOT": str(trial.folder / "static")}
    pipe = subprocess.PIPE
    return subprocess.Popen(
        (sys.executable, "-c", code), cwd=DJANGO, env=environment, stdout=pipe, stderr=pipe, text=True
    )
