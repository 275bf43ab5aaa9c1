"""Do the promises of the engine hold at the moments that were found to be the difficult ones?

The schedules of tests/schedules found them; each has its own test here, so that it is seen by name.
"""

from __future__ import annotations

import dataclasses

import pytest

from ops.engine import service_roles
from ops.engine.model import Release
from ops.engine.rollout.context import Order
from tests.simulation.faults import EFFECT_FAULTS, EffectFault, Fault, SimulatedCrashError
from tests.simulation.promises import Promises
from tests.simulation.world import SERVICES, World, part, release, world

EVERYTHING = dict.fromkeys([*SERVICES, "routes"], 2)


def deployed(live: Release | None = None) -> World:
    made = world()
    assert made.deploy(live or release())[0] == "success"
    made.host.begin_run()
    return made


def watched(made: World, *tried: Release) -> Promises:
    """Check after every effect what always has to hold."""
    promises = Promises(made)
    promises.tried = list(tried)
    made.host.watch = promises.at_every_moment
    return promises


def try_deploy(made: World, wanted: Release, *faults: Fault) -> str:
    made.host.begin_run(*faults)
    try:
        return made.deploy(wanted)[0]
    except SimulatedCrashError:
        return "crashed"


def with_files(version: int, **versions: int) -> Release:
    """Return a release whose job makes files."""
    made = release(**versions)
    return dataclasses.replace(made, id=f"{made.id}-f{version}", services=(*made.services, part("assets", version)))


@pytest.mark.req("B-01", "B-02")
@pytest.mark.parametrize("kind", EFFECT_FAULTS)
def test_every_effect_of_an_update_of_everything_may_fail(kind: EffectFault) -> None:
    wanted, counted = release(2, **EVERYTHING), deployed()
    assert try_deploy(counted, wanted) == "success"
    assert counted.host.effects > 30
    for at in range(1, counted.host.effects + 1):
        made = deployed()
        promises = watched(made, wanted)
        try_deploy(made, wanted, Fault(at, kind))
        made.host.clock.sleep(10)
        promises.at_every_moment()
        assert try_deploy(made, wanted) == "success"
        promises.settled(wanted, is_pruned=True)


@pytest.mark.parametrize("kind", EFFECT_FAULTS)
@pytest.mark.parametrize("at", [1, 9, 14, 16, 18, 21])
def test_a_first_deploy_that_was_cut_is_completed_by_the_next(at: int, kind: EffectFault) -> None:
    made, wanted = world(), release(2)
    outcome = try_deploy(made, wanted, Fault(at, kind))
    assert outcome in {"failed", "crashed"}
    if outcome == "failed":
        assert made.running() == set()
    assert try_deploy(made, wanted) == "success"
    assert made.running() == service_roles.wanted_names(wanted)


@pytest.mark.req("B-02")
def test_a_release_that_was_only_put_right_is_no_other_one_to_go_back_to() -> None:
    made = deployed()
    assert made.deploy(release(api=2))[0] == "success"
    made.host.die(service_roles.replica_names(release().service("worker"))[0])
    again = dataclasses.replace(release(api=2), id="the same under another id")
    assert made.deploy(again) == ("success", None)
    assert (made.host.state.release, made.host.state.past) == (again.id, (release().id,))


@pytest.mark.parametrize("kind", ["crash before", "error before"])
def test_what_a_run_left_that_failed_is_taken_away_although_nothing_else_is_to_be_done(kind: EffectFault) -> None:
    made = deployed()
    assert try_deploy(made, release(api=2), Fault(4, kind)) != "success"
    assert "api-2" in made.host.images
    assert try_deploy(made, dataclasses.replace(release(), id="unchanged")) == "success"
    assert set(made.host.kept) == {release().id}
    assert "api-2" not in made.host.images
    assert try_deploy(made, release()) == "success"
    assert made.host.did == ["write routes"]


@pytest.mark.req("B-02")
def test_a_bad_release_that_comes_with_a_new_traefik_has_the_old_one_beside_it_from_the_first_moment() -> None:
    made, new = deployed(), release(api=2, traefik=2)
    watched(made, new)
    made.host.flaws.failing.add(new.service("api").fingerprint)
    assert made.deploy(new)[0] == "rolled_back"
    assert made.running() == service_roles.wanted_names(release())


@pytest.mark.parametrize("at", range(3, 7))
@pytest.mark.parametrize("kind", ["error after", "crash after"])
def test_files_are_made_again_after_a_run_that_was_cut_before_it_could_say_that_it_made_others(
    kind: EffectFault, at: int
) -> None:
    made = deployed(with_files(1))
    try_deploy(made, with_files(2), Fault(at, kind))
    assert try_deploy(made, with_files(1)) == "success"
    assert made.host.made_files == {"assets": part("assets", 1).fingerprint}


@pytest.mark.req("B-01")
@pytest.mark.parametrize("cut_by", ["crash after", "error after"])
def test_a_replica_that_a_cut_run_started_gets_visitors_only_when_it_is_ready(cut_by: EffectFault) -> None:
    made, new = deployed(release(2)), release(2, web=2)
    watched(made, new)
    name = service_roles.replica_names(release().service("api"))[0]
    made.host.die(name)
    start = ["write routes", "keep", "build web-2", f"stop {name}", f"start {name}"].index(f"start {name}") + 1
    assert try_deploy(made, new, Fault(start, cut_by)) != "success"
    assert try_deploy(made, new) == "success"
    assert name in made.host.gated


def test_a_replica_that_a_cut_run_started_and_that_is_never_ready_is_started_anew() -> None:
    made = deployed(release(2))
    name = service_roles.replica_names(release().service("api"))[0]
    made.host.die(name)
    assert try_deploy(made, release(2), Fault(4, "crash after")) == "crashed"
    made.host.flaws.unready.add(name)
    assert try_deploy(made, release(2)) == "success"
    assert made.host.did.count(f"stop {name}") == 1
    assert name in made.host.gated


@pytest.mark.req("B-01")
def test_old_replicas_go_on_running_when_visitors_could_not_be_sent_to_the_new_ones_alone() -> None:
    made, new = deployed(), release(api=2)
    watched(made, new)
    old = service_roles.replica_names(release().service("api"))[0]
    settle = 7
    assert try_deploy(made, new, Fault(settle, "error before")) == "failed"
    assert made.host.state.release == new.id
    assert old in made.running()
    assert try_deploy(made, new) == "success"
    assert made.running() == service_roles.wanted_names(new)


@pytest.mark.req("B-01")
def test_replicas_of_a_cut_run_are_not_stopped_while_visitors_are_sent_to_them() -> None:
    made, new = deployed(), release(api=2)
    watched(made, new)
    assert try_deploy(made, new, Fault(5, "crash after")) == "crashed"
    made.host.clock.sleep(10)  # Traefik has read the routes of the new release
    assert try_deploy(made, release(), Fault(1, "hang before")) == "success"
    assert made.running() == service_roles.wanted_names(release())


@pytest.mark.req("B-07")
def test_a_service_of_which_all_replicas_died_stays_in_the_routes_for_when_they_are_back() -> None:
    made = deployed()
    (name,) = service_roles.replica_names(release().service("api"))
    port = made.host.replicas[name].port
    made.host.die(name)
    assert try_deploy(made, release(web=2), Fault(2, "crash before")) == "crashed"
    made.host.come_back(name)
    made.host.clock.sleep(10)
    assert made.host.traefik.serving()["api"] == ((port,), ())


@pytest.mark.req("B-08")
def test_a_smaller_number_that_a_cut_run_has_brought_about_already_is_still_written_down() -> None:
    made = deployed(release(2))
    (gone,) = set(service_roles.replica_names(release(2).service("api"))) - set(
        service_roles.replica_names(release(1).service("api"))
    )
    made.host.forget_replica(gone)
    assert try_deploy(made, release(1)) == "success"
    assert made.host.state.release == release(1).id
    assert made.host.state.replicas["api"] == service_roles.replica_names(release(1).service("api"))


@pytest.mark.req("B-01")
def test_when_only_a_cut_release_still_answers_it_does_so_until_the_live_one_is_back() -> None:
    made, new = deployed(), release(api=2)
    assert try_deploy(made, new, Fault(5, "crash", delay_s=2.5)) == "crashed"  # while it is watched
    made.host.die(service_roles.replica_names(release().service("api"))[0])

    def is_answered() -> None:
        served = made.host.traefik.serving()["api"]
        assert any(made.host.replica_at_port(port) for port in (*served.ports, *served.fallback)), made.host.did

    made.host.watch = is_answered
    assert try_deploy(made, release()) == "success"
    assert made.running() == service_roles.wanted_names(release())


def test_what_could_have_interrupted_is_refused_and_nothing_was_changed() -> None:
    made = deployed()
    outcome, error = made.deploy(release(traefik=2, api=2), Order())
    assert (outcome, error and error.family) == ("failed", "preflight")
    assert error is not None
    assert "for how long is not known yet" in error.why
    assert made.host.did == ["write routes"]
    assert made.deploy(release(traefik=2), Order(allow_interruption=True))[0] == "success"
    away_s = made.host.state.interruptions["traefik"]
    again = made.deploy(release(traefik=3), Order())[1]
    assert again is not None
    assert f"({away_s:.1f} s last time)" in again.why
    assert "--allow-interruption" in again.fix
