"""Is nobody brought back whose code cannot live with a migration that was allowed?"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from ops.engine.errors import EngineError, RefusedError
from ops.engine.host.history import read_history
from ops.engine.host.state import State, Store
from ops.engine.model import Release, Service
from ops.engine.rollout.context import Order
from tests.simulation.runtime import SimulatedRuntime
from tests.simulation.world import World, release, world

ALLOWED = Order(allow_interruption=True, allow_breaking_migration=True)
OLDEST, OLD = release(), release(api=2)
BREAKS = release(api=3, migrate=2)
AFTER = release(api=4, migrate=2)


def back(past: tuple[str, ...] = ()) -> Order:
    return Order(word="rollback", allow_interruption=True, past=past)


def broken() -> World:
    """Return a host on which a release is live that dropped what the two before it need."""
    made = world()
    assert made.deploy(OLDEST)[0] == "success"
    assert made.deploy(OLD)[0] == "success"
    made.host.flaws.breaking.add(BREAKS.service("migrate").fingerprint)
    assert made.deploy(BREAKS, ALLOWED)[0] == "success"
    made.host.begin_run()
    return made


@pytest.mark.req("B-03", "B-02")
@pytest.mark.parametrize("goal", [OLD, OLDEST], ids=["the one before", "the one before that"])
def test_a_release_that_a_migration_breaks_is_not_brought_back_and_it_is_said_what_to_do(goal: Release) -> None:
    made = broken()
    state, running = made.store.read(), made.running()
    outcome, error = made.deploy(goal, back())
    assert isinstance(error, RefusedError)
    assert (outcome, error.family, error.fix) == ("failed", "preflight", "invoke deploy")
    assert error.what.endswith("could not live with the schema, and nothing was changed")
    assert "0002 drops a column" in error.why
    assert "docs/guides/migrations.md" in error.why
    assert (made.store.read(), made.running()) == (state, running)
    assert [text for text in made.host.did if not text.startswith("check")] == ["write routes"]


@pytest.mark.req("B-02")
def test_whoever_came_after_the_migration_can_be_gone_back_to() -> None:
    made = broken()
    assert made.deploy(AFTER)[0] == "success"
    assert made.deploy(BREAKS, back((OLD.id, OLDEST.id)))[0] == "success"
    assert made.deploy(OLD, back((OLDEST.id,)))[0] == "failed"


def test_a_database_that_was_put_back_lets_its_release_come_back() -> None:
    made = broken()
    made.host.applied.pop(BREAKS.service("migrate").fingerprint)  # the check says again that it is pending
    assert made.deploy(OLD, back((OLDEST.id,))) == ("success", None)
    assert made.store.read().barred == {OLDEST.id: {"0002": "drops a column"}}


def test_a_check_that_does_not_say_is_no_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    made = broken()

    def fail(*_: object, **__: object) -> tuple[int, str]:
        raise EngineError("the job cannot run", why="no room", fix="invoke deploy")

    monkeypatch.setattr(SimulatedRuntime, "run_once", fail)
    assert isinstance(made.deploy(OLD, back())[1], RefusedError)


def test_another_number_of_replicas_is_the_same_code_and_as_broken() -> None:
    made = world()
    assert made.deploy(OLD)[0] == "success"
    made.host.flaws.breaking.add(BREAKS.service("migrate").fingerprint)
    made.host.flaws.broken.add(BREAKS.service("api").fingerprint)
    assert made.deploy(BREAKS, ALLOWED)[0] == "rolled_back", "migrated, but never ready"
    scaled = dataclasses.replace(release(2, api=2), id="scaled")
    assert made.deploy(scaled, Order(allow_interruption=True, past=(), scale={"api": 2}))[0] == "success"
    assert made.deploy(AFTER, ALLOWED)[0] == "success"
    assert isinstance(made.deploy(scaled, back())[1], RefusedError)


@pytest.mark.req("A-13")
def test_of_a_deploy_that_was_undone_it_is_told_what_its_migration_left() -> None:
    made = world()
    assert made.deploy(OLD)[0] == "success"
    made.host.flaws.breaking.add(BREAKS.service("migrate").fingerprint)
    made.host.flaws.broken.add(BREAKS.service("api").fingerprint)
    _, error = made.deploy(BREAKS, ALLOWED)
    assert error is not None
    told = f"`{OLD.id}`, which serves again, may fail on what was migrated:\n  0002 drops a column"
    assert told in error.why


def test_a_lock_that_is_over_bars_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    check = SimulatedRuntime._check  # noqa: SLF001 - the simulation's own

    def locks(runtime: SimulatedRuntime, service: Service) -> tuple[int, str]:
        code, text = check(runtime, service)
        return code, text.replace('"E1"', '"lock-index"')

    monkeypatch.setattr(SimulatedRuntime, "_check", locks)
    made = broken()
    assert made.store.read().barred == {}
    assert made.deploy(OLD, back())[0] == "success"


def test_it_is_remembered_before_the_migration_runs() -> None:
    fresh = world()
    assert fresh.deploy(OLD)[0] == "success"
    fresh.host.flaws.breaking.add(BREAKS.service("migrate").fingerprint)
    seen: list[bool] = []

    def look() -> None:
        if fresh.host.did[-1] == "run migrate":
            seen.append(bool(fresh.host.state.barred))

    fresh.host.watch = look
    fresh.deploy(BREAKS, ALLOWED)
    assert seen == [True]


def test_only_what_is_kept_is_remembered_and_without_its_data_nothing() -> None:
    state = State(release="c", past=("b", "a"), barred={"b": {"m": "x"}, "a": {"m": "x"}, "gone": {"m": "x"}})
    now = state.with_release("d", {}, past=("c", "b"), since="")
    assert now.barred == {"b": {"m": "x"}}
    assert now.without_release(keep_data=True).barred == now.barred
    assert now.without_release(keep_data=False).barred == {}


def test_a_host_remembers_and_tells_it_in_its_history(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for one in (OLD, BREAKS):
        store.save_release(one)
    state = State(release=BREAKS.id, past=(OLD.id,)).with_barred([OLD.id], {"signups.0002": "drops a column"})
    store.write(state)
    assert store.read() == state
    (past,) = read_history(tmp_path, lines=1)["past"]
    assert past["barred"] == "signups.0002 drops a column"
    raw = json.loads((tmp_path / "state.json").read_text(encoding="utf-8"))
    del raw["barred"]  # as an engine from before wrote it
    (tmp_path / "state.json").write_text(json.dumps(raw), encoding="utf-8")
    assert store.read().barred == {}
    (tmp_path / "state.json").write_text(json.dumps({**raw, "barred": {"r": "x"}}), encoding="utf-8")
    with pytest.raises(EngineError):
        store.read()
