"""Does a deploy go through, and does every failure leave the old release serving?"""

from __future__ import annotations

import errno

import pytest

from ops.engine import service_roles
from ops.engine.host.state import State
from tests.simulation.faults import Fault
from tests.simulation.runtime import SimulatedStore
from tests.simulation.world import World, release, world


def deployed(**versions: int) -> World:
    made = world()
    assert made.deploy(release(**versions))[0] == "success"
    made.host.begin_run()
    return made


@pytest.mark.req("A-28")
def test_a_second_deploy_of_the_same_release_changes_nothing() -> None:
    made = deployed()
    before = made.running()
    assert made.deploy(release()) == ("success", None)
    assert made.host.did == ["write routes"]
    assert made.running() == before
    assert set(made.steps()) == {"recover", "plan"}


def test_the_first_deploy_brings_data_up_before_jobs_and_jobs_before_replicas() -> None:
    made = world()
    made.deploy(release())
    words = ("start postgres", "run migrate", "start api", "start beat", "start traefik", "write routes")
    last = {word: max(i for i, did in enumerate(made.host.did) if did.startswith(word)) for word in words}
    assert sorted(last, key=lambda word: last[word]) == list(words)


def test_traefik_finds_its_routes_when_it_first_comes_up() -> None:
    made = world()
    made.deploy(release())
    did = made.host.did
    assert did.index("write routes") < next(i for i, text in enumerate(did) if text.startswith("start traefik"))


@pytest.mark.req("B-01")
def test_an_update_replaces_the_changed_service_alone_and_stops_the_old_one_last() -> None:
    made = deployed()
    new = release(api=2)
    assert made.deploy(new)[0] == "success"
    (name,) = service_roles.replica_names(new.service("api"))
    (old,) = service_roles.replica_names(release().service("api"))
    assert made.host.did == [
        "write routes",
        f"keep {new.id}",
        "build api-2",
        f"start {name}",
        "write routes",
        f"state {new.id}",
        "write routes",
        f"stop {old}",
        "prune",
    ]
    assert made.running() == service_roles.wanted_names(new)


@pytest.mark.req("B-02")
def test_a_release_that_does_not_become_ready_is_undone_and_says_why() -> None:
    made = deployed()
    new = release(api=2)
    made.host.flaws.broken.add(new.service("api").fingerprint)
    outcome, error = made.deploy(new)
    assert outcome == "rolled_back"
    assert error is not None
    assert "/ready answered 503" in error.why
    assert "said so" in error.why
    assert made.running() == service_roles.wanted_names(release())
    assert made.store.read().release == release().id
    assert made.deploy(release()) == ("success", None)


def test_a_first_release_that_fails_leaves_nothing_running() -> None:
    made = world()
    made.host.flaws.broken.add(release().service("api").fingerprint)
    assert made.deploy(release())[0] == "failed"
    assert made.running() == set()


@pytest.mark.req("B-03")
def test_a_failing_migration_starts_no_new_replica() -> None:
    made = deployed()
    new = release(api=2, migrate=2)
    made.host.flaws.broken.add(new.service("migrate").fingerprint)
    outcome, error = made.deploy(new)
    assert outcome == "rolled_back"
    assert error is not None
    assert "it failed" in error.why
    assert not any(did.startswith("start") for did in made.host.did)
    assert made.running() == service_roles.wanted_names(release())


@pytest.mark.req("B-03")
def test_a_job_runs_once_for_its_code() -> None:
    made = deployed()
    made.deploy(release(api=2))
    assert "run migrate" not in made.host.did
    made.host.begin_run()
    made.deploy(release(api=2, migrate=2))
    assert made.host.did.count("run migrate") == 1


@pytest.mark.req("B-02")
def test_a_traefik_that_does_not_take_the_new_routes_keeps_the_old_release() -> None:
    made = deployed()
    made.host.traefik.load_delay_s = 3600
    outcome, error = made.deploy(release(api=2))
    assert (outcome, error and error.what) == ("rolled_back", "Traefik did not take over the new routes")
    assert made.running() == service_roles.wanted_names(release())
    assert made.store.read().release == release().id


@pytest.mark.parametrize("name", ["worker", "beat", "postgres", "traefik"])
def test_a_broken_service_of_which_only_one_may_run_is_put_back(name: str) -> None:
    made = deployed()
    new = release(**{name: 2})
    made.host.flaws.broken.add(new.service(name).fingerprint)
    assert made.deploy(new)[0] == "rolled_back"
    assert made.running() == service_roles.wanted_names(release())


def test_a_cancel_before_the_switch_is_undone() -> None:
    made = deployed()
    new = release(api=2)

    def cancel_at_start() -> None:
        if made.host.did[-1].startswith("start"):
            made.cancelled.set()

    made.host.watch = cancel_at_start
    outcome, error = made.deploy(new)
    assert (outcome, error and error.what) == ("rolled_back", "the run was cancelled")
    assert made.running() == service_roles.wanted_names(release())


def test_a_cancel_after_the_commit_changes_nothing() -> None:
    made = deployed()
    new = release(api=2)

    def cancel_at_commit() -> None:
        if made.host.did[-1] == f"state {new.id}":
            made.cancelled.set()

    made.host.watch = cancel_at_commit
    assert made.deploy(new) == ("success", None)
    assert made.running() == service_roles.wanted_names(new)


def test_a_dead_replica_of_the_live_release_is_started_again() -> None:
    made = deployed()
    (name,) = service_roles.replica_names(release().service("api"))
    made.host.die(name)
    assert made.deploy(release()) == ("success", None)
    assert made.running() == service_roles.wanted_names(release())
    assert f"start {name}" in made.host.did


@pytest.mark.req("B-08")
@pytest.mark.parametrize(("before", "after"), [(1, 3), (3, 1)])
def test_replicas_are_added_and_taken_away_without_touching_the_others(before: int, after: int) -> None:
    made = world()
    made.deploy(release(before))
    made.host.begin_run()
    made.deploy(release(after))
    assert made.running() == service_roles.wanted_names(release(after))
    touched = [did for did in made.host.did if did.startswith(("start", "stop"))]
    assert len(touched) == 2


def test_an_error_after_the_commit_is_reported_and_the_new_release_stays() -> None:
    made = deployed()
    new = release(api=2)
    (old,) = service_roles.replica_names(release().service("api"))
    made.host.begin_run(Fault(8, "error before"))
    outcome, error = made.deploy(new)
    assert made.store.read().release == new.id
    assert (outcome, error and error.what) == ("failed", f"a fault at `stop {old}`")
    made.host.begin_run()
    assert made.deploy(new)[0] == "success"
    assert made.running() == service_roles.wanted_names(new)


def fails_at_the_commit(monkeypatch: pytest.MonkeyPatch, *, is_written: bool) -> None:
    """Let the write of a new live release fail, before it is there or just after."""
    write = SimulatedStore.write

    def fail(store: SimulatedStore, state: State) -> None:
        is_commit = state.release != store.read().release
        if is_written or not is_commit:
            write(store, state)
        if is_commit:
            raise OSError(errno.EIO, "the disk did not say that it has it")

    monkeypatch.setattr(SimulatedStore, "write", fail)


@pytest.mark.req("B-02")
@pytest.mark.parametrize(("is_written", "outcome"), [(True, "success"), (False, "rolled_back")])
def test_a_commit_holds_when_it_is_written_although_its_write_failed(
    monkeypatch: pytest.MonkeyPatch,
    is_written: bool,  # noqa: FBT001 - of a table
    outcome: str,
) -> None:
    made = deployed()
    fails_at_the_commit(monkeypatch, is_written=is_written)
    assert made.deploy(release(api=2))[0] == outcome
    assert made.store.read().release == release(api=2 if is_written else 1).id
