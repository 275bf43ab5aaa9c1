from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from ops.engine.errors import EngineError
from ops.engine.model import Release, Service
from ops.engine.rollout.context import Engine, Goal
from ops.engine.rollout.database.migration import run_schema_job
from tests.simulation.runtime import SimulatedRuntime
from tests.simulation.world import MemoryJournal, release, service, world

BREAKING = {
    "migration": "signups.0005_x",
    "code": "drop-column",
    "table": "signups_event",
    "why": "drops the column signups_event.place, which the running release still reads and writes",
}
DUMPED = 'pg_dump: some notice\n{"file": "/data/dumps/r.dump", "bytes": 2097152, "tables": 14}\n'
OWN = "postgresql://u:p@postgres:5432/d"


class Host(SimulatedRuntime):
    """A runtime whose jobs answer what a test says; it remembers which ran."""

    def __init__(self, engine: Engine, answers: dict[str, tuple[int, str]]) -> None:
        assert isinstance(engine.runtime, SimulatedRuntime)
        vars(self).update(vars(engine.runtime))
        self.answers, self.ran = answers, list[tuple[str, ...]]()

    def run_once(self, service: Service, command: tuple[str, ...], *, timeout_s: float) -> tuple[int, str]:
        """Response by the first word of the command."""
        assert timeout_s > 0
        assert service.name in {"migrate", "postgres"}
        self.ran.append(command)
        return self.answers.get(command[0], (0, "done"))


def stack(url: str = OWN) -> tuple[Release, Service]:
    """Return a release whose database can be dumped and whose job can be checked."""
    job = service(
        "migrate",
        command=("migrate",),
        check=("check",),
        job_order=1,
        touches="schema",
        environment={"DATABASE_URL": url},
    )
    database = service("postgres", dump=("dump", "{name}"), port=5432)
    made = release()
    others = (one for one in made.services if one.name not in {"migrate", "postgres"})
    return dataclasses.replace(made, services=(database, job, *others)), job


class Trial:
    """One run of the job."""

    def __init__(self, told: Any, *, url: str = OWN, code: int = 0, **answers: tuple[int, str]) -> None:
        self.release, self.job = stack(url)
        engine = world().engine()
        said = told if isinstance(told, str) else f"a warning\n{json.dumps(told)}\n"
        self.host = Host(engine, {"check": (code, said), "dump": (0, DUMPED), **answers})
        self.engine = dataclasses.replace(engine, runtime=self.host)

    def run(self, *, allow_breaking: bool = False, skip_dump: bool = False) -> list[str]:
        """Run it; return the first words of the commands, in order."""
        goal = Goal(release=self.release)
        run_schema_job(self.engine, goal, self.job, allow_breaking=allow_breaking, skip_dump=skip_dump)
        return self.ran

    @property
    def ran(self) -> list[str]:
        """The first words of the commands that ran."""
        return [command[0] for command in self.host.ran]

    def refused(self, **switches: bool) -> EngineError:
        """Run it and return why it was refused."""
        with pytest.raises(EngineError) as caught:
            self.run(**switches)
        return caught.value

    def events(self, name: str) -> list[dict[str, Any]]:
        """Return the entries of the journal."""
        assert isinstance(self.engine.journal, MemoryJournal)
        return [entry for entry in self.engine.journal.entries if entry["event"] == name]


def pending(*names: str, problems: tuple[dict[str, str], ...] = (), **more: bool) -> dict[str, Any]:
    return {"pending": list(names), "is_atomic": True, "problems": list(problems), **more}


@pytest.mark.req("B-03")
def test_nothing_pending_is_neither_dumped_nor_migrated() -> None:
    trial = Trial(pending())
    assert trial.run() == ["check"]
    assert trial.events("progress")[-1]["text"] == "migrate: nothing is pending"


@pytest.mark.req("B-03")
def test_what_is_pending_is_dumped_under_the_name_of_the_release_and_then_migrated() -> None:
    trial = Trial(pending("signups.0002_it"))
    assert trial.run() == ["check", "dump", "migrate"]
    assert trial.host.ran[1] == ("dump", trial.release.id)
    (event,) = trial.events("dump")
    assert {"file": "/data/dumps/r.dump", "mib": 2.0}.items() <= event.items()
    assert trial.events("job")[0]["name"] == "migrate"


@pytest.mark.req("B-03")
@pytest.mark.parametrize(
    ("told", "said"),
    [
        (pending("a.1"), "1 pending migration, in one transaction: a.1"),
        (
            pending("a.1", "a.2") | {"is_atomic": False},
            "2 pending migrations, one by one, because one of them cannot be in a transaction: a.1, a.2",
        ),
    ],
)
def test_what_is_pending_is_told_with_the_way_it_will_run(told: dict[str, Any], said: str) -> None:
    trial = Trial(told)
    trial.run()
    assert said in [event["text"] for event in trial.events("progress")]


@pytest.mark.req("B-03")
def test_a_breaking_migration_is_refused_before_anything_is_done() -> None:
    trial = Trial(pending("signups.0005_x", problems=(BREAKING,)))
    error = trial.refused()
    assert trial.ran == ["check"]
    assert f"signups.0005_x {BREAKING['why']}" in error.why
    assert "docs/guides/migrations.md" in error.why
    assert error.fix == "invoke deploy --allow-breaking-migration"
    assert error.family == "release"


@pytest.mark.req("B-03")
def test_a_breaking_migration_that_is_allowed_is_dumped_and_run() -> None:
    assert Trial(pending("a.1", problems=(BREAKING,))).run(allow_breaking=True) == ["check", "dump", "migrate"]


@pytest.mark.req("B-03")
@pytest.mark.parametrize(
    ("told", "code"),
    [
        ("Traceback", 1),
        ("", 0),
        ("nonsense", 0),
        ("[]", 0),
        ("{}", 0),
        ('{"pending": ["a"], "is_atomic": true, "problems": [{}]}', 0),
        ('{"pending": [], "is_atomic": true, "problems": []}', 124),
    ],
)
def test_a_check_that_dies_or_prints_nonsense_migrates_nothing(told: str, code: int) -> None:
    trial = Trial(told, code=code)
    error = trial.refused(allow_breaking=True)
    assert error.what == "the check of migrate failed, and nothing was migrated"
    assert trial.ran == ["check"]


@pytest.mark.req("B-03")
@pytest.mark.parametrize("answer", [(1, "error: no room for a dump"), (0, "done"), (124, DUMPED)])
def test_without_a_dump_nothing_is_migrated(answer: tuple[int, str]) -> None:
    trial = Trial(pending("a.1"), dump=answer)
    error = trial.refused()
    assert trial.ran == ["check", "dump"]
    assert error.fix == "invoke deploy --skip-dump"
    assert answer[1].splitlines()[-1] in error.why


@pytest.mark.req("B-03")
def test_a_database_elsewhere_is_not_dumped_and_the_way_out_is_named() -> None:
    trial = Trial(pending("a.1"), url="postgresql://u:canary@db.example.org:5432/d")
    error = trial.refused()
    assert "db.example.org" in error.why
    assert "canary" not in error.why
    assert error.fix == "invoke deploy --skip-dump"
    assert trial.ran == ["check"]
    assert Trial(pending("a.1"), url="postgresql://u:p@db.example.org/d").run(skip_dump=True) == ["check", "migrate"]


def test_the_database_of_the_local_target_is_known_by_its_port() -> None:
    assert "dump" in Trial(pending("a.1"), url="postgresql://u:p@127.0.0.1:5432/d").run()
    assert "127.0.0.1" in Trial(pending("a.1"), url="postgresql://u:p@127.0.0.1:9999/d").refused().why


@pytest.mark.req("B-03")
def test_a_first_deployment_has_nothing_to_dump() -> None:
    assert Trial(pending("a.1", is_new=True)).run() == ["check", "migrate"]


@pytest.mark.req("B-03")
def test_a_migration_that_fails_ends_the_deploy_with_its_last_lines() -> None:
    trial = Trial(pending("a.1"), migrate=(1, "CommandError: nothing was changed"))
    assert "nothing was changed" in trial.refused().why


def test_a_job_without_a_check_just_runs() -> None:
    trial = Trial(pending("a.1"))
    trial.job = dataclasses.replace(trial.job, check=())
    assert trial.run() == ["migrate"]


@pytest.mark.req("B-03")
@pytest.mark.parametrize(("seen", "words"), [("this", ("check",)), ("later", ("check", "--wary"))])
def test_the_check_is_told_when_the_schema_is_of_a_later_release_than_the_one_that_runs(
    seen: str, words: tuple[str, ...]
) -> None:
    trial = Trial(pending())
    store = trial.engine.store
    store.save_release(trial.release)
    state = store.read().with_release(trial.release.id, {}, past=(), since="")
    store.write(state.with_job("migrate", trial.job.fingerprint if seen == "this" else "later"))
    trial.run()
    assert trial.host.ran == [words]
