"""Do the promises of the engine hold whatever fails, and whenever it fails?"""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.engine import fleet
from ops.engine.model import Release
from ops.engine.simulated_host import Fault, FaultKind, SimulatedCrashError
from tests.unit.engine_fixtures import SERVICES, World, release, world

KINDS: tuple[FaultKind, ...] = ("error before", "error after", "crash before", "crash after")
ROUTED = ("api", "web")
MOST_EFFECTS = 40

faults = st.builds(Fault, st.integers(1, MOST_EFFECTS), st.sampled_from(KINDS))
changes = st.dictionaries(st.sampled_from([*SERVICES, "routes"]), st.just(2), max_size=4)


class BrokenPromiseError(BaseException):
    """A promise was broken in the middle of a run; no handler of the engine may swallow this."""


def check_always(made: World) -> None:
    """Check what must hold at every moment after the first success."""
    try:
        check_moment(made)
    except AssertionError as error:
        raise BrokenPromiseError(f"{error} after {made.host.did}") from error


def check_moment(made: World) -> None:
    serving = made.host.serving()
    if not serving:  # Traefik itself is being replaced
        return
    for name in ROUTED:
        assert serving.get(name), f"{name} has no server in the routes"
        for url in serving[name]:
            replica = made.host.replica_at(url)
            assert replica is not None, f"{name}: nothing listens at port {urlsplit(url).port}"
            assert made.host.ready_answers[replica.name] >= 3, f"{replica.name} was never gated"
    beats = [r for r in made.host.replicas.values() if r.service == "beat" and r.state == "running"]
    assert len(beats) <= 1, "two beats"
    assert made.host.lost == [], "a request was cut"


def check_settled(made: World, live: Release) -> None:
    """Check what must hold when a run has ended in order."""
    state = made.store.read()
    assert state.release == live.id
    assert made.running() == fleet.wanted_names(live)
    assert {name for names in state.replicas.values() for name in names} == made.running()
    made.host.clock.time += 10
    ports = {r.name: r.port for r in made.host.replicas.values()}
    for name in ROUTED:
        wanted = [f"http://127.0.0.1:{ports[replica]}" for replica in fleet.replica_names(live.service(name))]
        assert made.host.serving()[name] == sorted(wanted)
    assert made.host.loaded["public.yml"] == live.edge.dynamic_files["public.yml"]


def try_deploy(made: World, wanted: Release, *with_faults: Fault) -> str:
    made.host.begin_run(*with_faults)
    try:
        return made.deploy(wanted)[0]
    except SimulatedCrashError:
        return "crashed"


@pytest.mark.req("A-28", "B-01", "B-02")
@settings(max_examples=300, deadline=None, derandomize=True)
@given(new=changes, replicas=st.sampled_from([1, 2]), first=faults, second=st.none() | faults, broken=st.booleans())
def test_after_any_fault_the_stack_serves_and_one_more_run_settles_it(
    new: dict[str, int], replicas: int, first: Fault, second: Fault | None, *, broken: bool
) -> None:
    made, old, wanted = world(), release(), release(replicas, **new)
    assert try_deploy(made, old) == "success"
    check_settled(made, old)
    made.host.watch = lambda: check_always(made)
    if broken:
        made.host.broken = {wanted.service(name).fingerprint for name in new if name != "routes"}
    outcome = try_deploy(made, wanted, *([first, second] if second and second.at > first.at else [first]))
    if outcome == "rolled_back":
        check_settled(made, old)
    made.host.broken = set()
    assert try_deploy(made, wanted) == "success"
    check_settled(made, wanted)
    before = list(made.host.did)
    assert try_deploy(made, wanted) == "success"
    assert made.host.did == ["write routes"], before


@settings(max_examples=100, deadline=None, derandomize=True)
@given(first=faults)
def test_a_first_deploy_that_was_cut_is_completed_by_the_next(first: Fault) -> None:
    made, wanted = world(), release(2)
    outcome = try_deploy(made, wanted, first)
    if outcome == "failed" and made.store.read().release is None:
        assert made.running() == set()
    assert try_deploy(made, wanted) == "success"
    check_settled(made, wanted)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(new=changes, first=faults)
def test_after_a_crash_the_old_release_can_be_brought_back_as_well(new: dict[str, int], first: Fault) -> None:
    made, old, wanted = world(), release(), release(**new)
    try_deploy(made, old)
    made.host.watch = lambda: check_always(made)
    try_deploy(made, wanted, first)
    assert try_deploy(made, old) == "success"
    check_settled(made, old)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("at", range(1, 41))
def test_every_effect_of_an_update_of_everything_may_fail(at: int, kind: FaultKind) -> None:
    made, old = world(), release()
    wanted = release(2, **dict.fromkeys([*SERVICES, "routes"], 2))
    try_deploy(made, old)
    made.host.watch = lambda: check_always(made)
    try_deploy(made, wanted, Fault(at, kind))
    assert try_deploy(made, wanted) == "success"
    check_settled(made, wanted)
