"""Does one Traefik take over from another in the right order, and never when it should not?"""

from __future__ import annotations

import dataclasses

import pytest

from ops.engine.host.state import State
from ops.engine.model import Release
from ops.engine.rollout.context import Order
from ops.engine.rollout.edge import LEAST_LEAVE_S, LEAVE_S
from ops.engine.rollout.plan import make_plan
from tests.simulation.faults import Fault, SimulatedCrashError
from tests.simulation.world import World, overlapping, release, world

FORBIDDING = Order()


def edge_of(made: Release) -> str:
    """Return the name of its Traefik."""
    return made.service("traefik").replica_names[0]


def serving() -> tuple[World, Release]:
    """Return a world in which the first Traefik serves."""
    made, first = world(has_doors=True), overlapping(release())
    assert made.deploy(first, FORBIDDING)[0] == "success"
    return made, first


def edge_steps(made: World, *names: str) -> list[str]:
    """Return what was done to these Traefiks, in order."""
    made_of = [text for text in made.host.did if any(name in text for name in names)]
    return [text.removesuffix(f" {name}") for text in made_of for name in names if name in text]


@pytest.mark.req("B-01", "D-12")
def test_the_new_one_starts_gets_the_visitors_and_then_the_old_one_goes() -> None:
    made, first = serving()
    second = overlapping(release(traefik=2))
    made.host.begin_run()
    assert made.deploy(second, FORBIDDING)[0] == "success"
    steps = edge_steps(made, edge_of(first), edge_of(second))
    assert steps == ["write routes of", "start", "turn to", "farewell of", "stop"]
    assert made.running() & {edge_of(first), edge_of(second)} == {edge_of(second)}


@pytest.mark.req("B-01")
def test_the_old_one_stays_for_as_long_as_visitors_do_and_no_longer_than_five_seconds() -> None:
    made, _ = serving()
    began = made.host.clock.now()
    made.host.doors.farewells = Deaf()  # type: ignore[union-attr] # they never hear the farewell
    assert made.deploy(overlapping(release(traefik=2)), FORBIDDING)[0] == "success"
    assert LEAVE_S <= made.host.clock.now() - began < LEAVE_S + 5
    assert (LEAST_LEAVE_S, LEAVE_S) == (0.3, 5.0)


class Deaf(dict[str, float]):
    """Remembers no farewell."""

    def setdefault(self, key: str, default: float = 0.0, /) -> float:
        """Forget it at once."""
        del key
        return default


@pytest.mark.req("B-01", "B-02")
@pytest.mark.parametrize("flaw", ["broken", "failing"])
def test_one_that_is_not_ready_or_answers_worse_is_undone_before_it_has_a_visitor(flaw: str) -> None:
    made, first = serving()
    second = overlapping(release(traefik=2, api=2))
    getattr(made.host.flaws, flaw).add(second.service("traefik").fingerprint)
    made.host.begin_run()
    assert made.deploy(second, FORBIDDING)[0] == "rolled_back"
    assert f"turn to {edge_of(second)}" not in made.host.did
    assert edge_of(first) in made.running()
    assert edge_of(second) not in made.host.replicas


@pytest.mark.req("B-02")
def test_one_that_ends_soon_after_is_undone_and_the_old_one_has_the_visitors_again() -> None:
    made, first = serving()
    second = overlapping(release(traefik=2))
    made.host.flaws.lives_s[second.service("traefik").fingerprint] = 0.7
    result = made.deploy(second, FORBIDDING)
    assert result[0] == "rolled_back"
    assert made.host.doors is not None
    assert made.host.doors.serving() == edge_of(first)
    assert edge_of(second) not in made.host.replicas


@pytest.mark.req("B-01")
def test_whoever_has_the_visitors_after_a_crash_keeps_them_until_the_next_one_takes_over() -> None:
    made, first = serving()
    second, third = overlapping(release(traefik=2)), overlapping(release(traefik=3))
    steps = run_until_cut(made, second, after=f"turn to {edge_of(second)}")
    assert {edge_of(first), edge_of(second)} <= made.running()
    made.host.begin_run()
    assert made.deploy(third, FORBIDDING)[0] == "success"
    did = made.host.did
    assert did.index(f"stop {edge_of(first)}") < did.index(f"start {edge_of(third)}"), "there are sockets for two"
    assert did.index(f"turn to {edge_of(third)}") < did.index(f"stop {edge_of(second)}")
    assert {r.name for r in made.host.replicas.values() if r.service == "traefik"} == {edge_of(third)}
    assert steps


def run_until_cut(made: World, wanted: Release, *, after: str) -> list[str]:
    """Deploy, and let the engine die when it has done something; return what it did."""
    rehearsed = made.fork()
    rehearsed.host.begin_run()
    rehearsed.deploy(wanted, FORBIDDING)
    made.host.begin_run(Fault(rehearsed.host.did.index(after) + 1, "crash after"))
    with pytest.raises(SimulatedCrashError):
        made.deploy(wanted, FORBIDDING)
    return list(made.host.did)


@pytest.mark.req("B-01", "A-08")
def test_only_sockets_on_both_sides_let_traefik_be_replaced_while_it_serves() -> None:
    alone, shared = release(), overlapping(release(traefik=2))
    made = world(has_doors=True)
    made.deploy(shared, FORBIDDING)
    seen = tuple(made.host.replicas.values())

    def change(before: Release, after: Release) -> tuple[bool, bool]:
        found = next(
            one for one in make_plan(after, live=before, state=State(), observed=seen) if one.service == "traefik"
        )
        return found.interrupts, "takes over beside the old one" in found.why

    assert change(shared, overlapping(release(traefik=3))) == (False, True)
    assert change(alone, shared) == (True, False)
    assert change(shared, alone) == (True, False)


def test_sockets_are_what_runs_and_trials_are_not() -> None:
    plain = release().service("traefik")
    fingerprints = [
        dataclasses.replace(plain, **fields).fingerprint
        for fields in ({}, {"trials": ("/",)}, {"sockets": {"web": "127.0.0.1:80"}})
    ]
    assert fingerprints[0] == fingerprints[1] != fingerprints[2]
