"""Is there always a worker and a beat, and does no worker take a task that it does not know?"""

from __future__ import annotations

import dataclasses

import pytest

from ops.engine import service_roles
from ops.engine.model import Release, release_from_json, release_to_json
from ops.engine.rollout.context import Order
from ops.engine.rollout.plan import make_plan
from tests.simulation.faults import Fault, SimulatedCrashError
from tests.simulation.world import World, release, world

ALL_NEW = {"api": 2, "worker": 2, "beat": 2, "traefik": 2}


def deployed(of: Release) -> World:
    made = world()
    assert made.deploy(of)[0] == "success"
    made.host.begin_run()
    return made


def names(of: Release, *services: str) -> list[str]:
    return [name for service in services for name in service_roles.replica_names(of.service(service))]


def order_of(made: World, *words: str) -> list[str]:
    """Return these words in the order in which what they say was done first."""
    return sorted(words, key=lambda word: next(i for i, did in enumerate(made.host.did) if did.startswith(word)))


def at_step(name: str, made: World) -> int:
    """Return the number of the effect that is called so."""
    return 1 + next(i for i, did in enumerate(made.host.did) if did.startswith(name))


@pytest.mark.req("B-01", "D-12")
@pytest.mark.parametrize("name", ["worker", "beat"])
def test_the_new_one_is_well_before_the_old_one_is_told_to_stop(name: str) -> None:
    made, new = deployed(release()), release(**{name: 2})
    ((old,), (fresh,)) = names(release(), name), names(new, name)
    seen: list[set[str]] = []
    made.host.watch = lambda: seen.append(made.running())
    assert made.deploy(new)[0] == "success"
    assert order_of(made, f"stop {old}", f"start {fresh}") == [f"start {fresh}", f"stop {old}"]
    assert all({old, fresh} & running for running in seen)


@pytest.mark.req("D-12")
def test_the_old_worker_is_gone_before_anybody_gets_to_a_new_web_process() -> None:
    made, new = deployed(release()), release(**ALL_NEW)
    (old,), (api,) = names(release(), "worker"), names(new, "api")
    taken: list[bool] = []

    def look() -> None:
        serving = made.host.traefik.serving().get("api")
        ports = serving.ports if serving else ()
        if api in made.host.replicas and made.host.replicas[api].port in ports:
            taken.append(old in made.host.replicas)

    made.host.watch = look
    assert made.deploy(new)[0] == "success"
    assert taken
    assert not any(taken)


@pytest.mark.req("D-12", "B-02")
def test_an_undo_brings_the_old_worker_back_before_the_new_one_goes() -> None:
    made, new = deployed(release()), release(api=2, worker=2, beat=2)
    made.host.flaws.failing.add(new.service("api").fingerprint)
    assert made.deploy(new)[0] == "rolled_back"
    (old,), (fresh,) = names(release(), "worker"), names(new, "worker")
    again = [did for did in made.host.did if did in {f"start {old}", f"stop {fresh}"}]
    assert again == [f"start {old}", f"stop {fresh}"]
    assert made.running() == service_roles.wanted_names(release())


@pytest.mark.req("D-12")
def test_a_release_that_comes_back_serves_before_its_worker_begins() -> None:
    made = deployed(release())
    assert made.deploy(release(**ALL_NEW))[0] == "success"
    made.host.begin_run()
    assert made.deploy(release(), Order(word="rollback", past=(), allow_interruption=True))[0] == "success"
    (old,), (fresh,) = names(release(**ALL_NEW), "worker"), names(release(), "worker")
    words = ["write routes", f"start {fresh}", f"stop {old}"]
    assert order_of(made, *words) == words


@pytest.mark.req("D-12", "B-02")
def test_a_worker_that_a_cut_run_left_alone_goes_on_until_the_next_run_has_another() -> None:
    made, new = deployed(release()), release(api=2, worker=2)
    made.deploy(new)
    cut_at = at_step(f"stop {names(release(), 'worker')[0]}", made)
    made = deployed(release())
    made.host.begin_run(Fault(cut_at, "crash after"))
    with pytest.raises(SimulatedCrashError):
        made.deploy(new)
    (alone,) = names(new, "worker")
    made.host.begin_run()
    third = release(api=3, worker=3)
    assert made.deploy(third)[0] == "success"
    words = [f"start {names(third, 'worker')[0]}", f"stop {alone}"]
    assert order_of(made, *words) == words
    assert made.running() == service_roles.wanted_names(third)


@pytest.mark.req("D-12")
def test_one_that_was_never_seen_well_starts_anew_before_the_old_one_is_stopped() -> None:
    made, new = deployed(release()), release(worker=2)
    (old,), (fresh,) = names(release(), "worker"), names(new, "worker")
    made.deploy(new)
    made.deploy(release())
    made.host.begin_run()
    made.host.run_replica(new.service("worker"), fresh)
    made.host.flaws.unready.add(fresh)
    made.host.die(old)
    assert made.deploy(new)[0] == "success"
    words = [f"stop {fresh}", f"start {fresh}", f"stop {old}"]
    assert order_of(made, *words) == words


@pytest.mark.req("D-12")
def test_where_there_is_no_room_for_two_the_old_one_stops_first() -> None:
    def alone(of: Release) -> Release:
        services = tuple(dataclasses.replace(s, rollout="replace") if s.name == "worker" else s for s in of.services)
        return dataclasses.replace(of, services=services)

    made, new = deployed(alone(release())), alone(release(worker=2))
    assert made.deploy(new)[0] == "success"
    words = [f"stop {names(alone(release()), 'worker')[0]}", f"start {names(new, 'worker')[0]}"]
    assert order_of(made, *words) == words


@pytest.mark.req("A-28", "D-12")
@pytest.mark.parametrize(("name", "is_said"), [("worker", True), ("beat", True), ("api", False)])
def test_a_plan_says_how_a_worker_is_replaced(name: str, is_said: bool) -> None:  # noqa: FBT001 - of a table
    made, new = deployed(release()), release(**{name: 2})
    changes = make_plan(new, live=release(), state=made.store.read(), observed=tuple(made.host.replicas.values()))
    (change,) = (change for change in changes if change.service == name)
    assert not change.interrupts
    assert ("takes over before the old one stops" in change.why) is is_said


def test_the_way_of_replacing_crosses_to_the_host() -> None:
    assert release_from_json(release_to_json(release())).service("worker").rollout == "overlap"
