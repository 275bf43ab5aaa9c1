"""Is PostgreSQL replaced while it serves, and never so that somebody's transaction is cut?"""

from __future__ import annotations

import contextlib
import dataclasses
import json

import pytest

from ops.engine import service_roles
from ops.engine.model import Release, release_from_json, release_to_json
from ops.engine.rollout.context import Order
from tests.simulation.faults import EFFECT_FAULTS, Fault, SimulatedCrashError
from tests.simulation.promises import Promises
from tests.simulation.world import World, release, world

OLD, NEW = release(), release(postgres=2, api=2)


def deployed(first: Release = OLD) -> World:
    """Return a host on which a release is live, whose promises are watched from now on."""
    made = world()
    assert made.deploy(first)[0] == "success"
    promises = Promises(made)
    made.host.watch = promises.at_every_moment
    made.host.begin_run()
    return made


def without_hold(made: Release) -> Release:
    """Return a release of an engine that knew no hold."""
    services = tuple(dataclasses.replace(one, hold=(), fits=(), wait_s=0.0) for one in made.services)
    return dataclasses.replace(made, services=services)


def databases(made: World) -> list[str]:
    return sorted(name for name in made.running() if name.startswith("postgres-"))


def done_to_it(made: World) -> list[str]:
    return [one for one in made.host.did if one.startswith(("hold ", "stop postgres", "start postgres"))]


def name_of(made: Release) -> str:
    return service_roles.replica_names(made.service("postgres"))[0]


@pytest.mark.req("B-01", "D-12")
def test_postgresql_is_held_then_stopped_and_started_and_nobody_has_to_allow_that() -> None:
    made = deployed()
    assert made.deploy(NEW, Order())[0] == "success"
    assert done_to_it(made) == ["hold postgres", f"stop {name_of(OLD)}", f"start {name_of(NEW)}"]
    assert [(e["service"], e["held"]) for e in made.journal.entries if e["event"] == "hold"] == [("postgres", True)]
    assert made.host.interrupted == []
    assert made.host.state.interruptions["postgres"] > 0


@pytest.mark.req("D-12")
def test_the_plan_says_how_long_requests_may_wait_and_how_long_they_did() -> None:
    made = deployed()
    shown = []
    for number in (2, 3):
        made.deploy(release(postgres=number), Order())
        changes = next(e["changes"] for e in made.journal.entries if e["event"] == "plan")
        shown.append(next(one for one in changes if one["service"] == "postgres"))
    assert [(one["interrupts"], one["waits_s"]) for one in shown] == [(False, 10.0)] * 2
    assert shown[0]["last_s"] is None
    assert shown[1]["last_s"] > 0


@pytest.mark.req("B-01")
def test_replicas_of_a_release_that_knows_no_hold_would_not_wait_so_that_interrupts() -> None:
    made = deployed(without_hold(OLD))
    outcome, error = made.deploy(NEW, Order())
    assert (outcome, error and error.family) == ("failed", "preflight")
    assert databases(made) == [name_of(OLD)]
    assert made.deploy(NEW, Order(allow_interruption=True))[0] == "success"
    assert "hold postgres" not in made.host.did


@pytest.mark.req("B-01", "B-02")
def test_the_way_back_to_a_release_that_knows_no_hold_takes_as_long_as_those_wait_that_serve() -> None:
    made = deployed(NEW)
    made.host.clock.time += 60.0
    made.host.flaws.ready_after_s = 3.0
    assert made.deploy(without_hold(OLD), Order())[0] == "success"
    assert done_to_it(made) == ["hold postgres", f"stop {name_of(NEW)}", f"start {name_of(OLD)}"]


@pytest.mark.req("B-01")
def test_another_password_or_port_interrupts_because_the_replicas_that_wait_have_the_old_one() -> None:
    made = deployed()
    services = tuple(
        dataclasses.replace(one, environment={"V": "2"}) if one.name == "postgres" else one for one in OLD.services
    )
    outcome, error = made.deploy(dataclasses.replace(OLD, id="other", services=services), Order())
    assert (outcome, error and error.family) == ("failed", "preflight")
    assert databases(made) == [name_of(OLD)]


@pytest.mark.req("B-01", "D-12")
def test_a_transaction_that_does_not_end_is_named_and_nothing_was_touched() -> None:
    made = deployed()
    made.host.flaws.is_stubborn = True
    outcome, error = made.deploy(NEW, Order())
    assert outcome == "rolled_back"
    assert error is not None
    assert "process 7 (ada, psql) has been in a transaction for 900 s" in error.why
    assert error.fix.endswith("then invoke deploy")
    assert databases(made) == [name_of(OLD)]
    assert not [one for one in made.host.did if one.startswith(("stop postgres", "start postgres"))]


@pytest.mark.req("B-02", "D-12")
def test_a_postgresql_that_does_not_come_up_gives_place_to_the_old_one_within_the_time_that_requests_wait() -> None:
    made = deployed()
    made.host.flaws.broken.add(NEW.service("postgres").fingerprint)
    began = made.host.clock.now()
    outcome, error = made.deploy(NEW, Order())
    assert (outcome, error and error.what) == ("rolled_back", "postgres did not become ready")
    assert (
        made.host.clock.now() - began < 20
    )  # ten of them for the new one, which a service without a hold has sixty for
    assert made.running() == service_roles.wanted_names(OLD)


@pytest.mark.req("B-02")
def test_an_undo_that_has_to_bring_the_old_postgresql_back_holds_the_new_one_first() -> None:
    made = deployed()
    made.host.flaws.broken.add(NEW.service("api").fingerprint)
    assert made.deploy(NEW, Order())[0] == "rolled_back"
    assert done_to_it(made)[3:] == ["hold postgres", f"stop {name_of(NEW)}", f"start {name_of(OLD)}"]


def test_a_transaction_that_does_not_end_is_no_bar_to_an_undo() -> None:
    made = deployed()
    made.host.flaws.broken.add(NEW.service("api").fingerprint)

    def become_stubborn() -> None:
        made.host.flaws.is_stubborn = name_of(NEW) in made.host.replicas

    made.host.watch = become_stubborn
    assert made.deploy(NEW, Order())[0] == "rolled_back"
    assert databases(made) == [name_of(OLD)]


@pytest.mark.req("B-01", "D-12")
@pytest.mark.parametrize("kind", EFFECT_FAULTS)
def test_whatever_stops_the_engine_around_a_hold_the_next_run_ends_with_one_database(kind: str) -> None:
    for at in range(1, 12):
        for wanted in (NEW, OLD):
            made = deployed()
            made.host.begin_run(Fault(at, kind))  # type: ignore[arg-type]  # one of them
            with contextlib.suppress(SimulatedCrashError):
                made.deploy(NEW, Order())
            assert len(databases(made)) <= 1, made.host.did
            made.host.begin_run()
            assert made.deploy(wanted, Order())[0] == "success", (at, made.host.did)
            assert made.running() == service_roles.wanted_names(wanted), (at, made.host.did)
            assert made.host.interrupted == [], (at, made.host.did)


@pytest.mark.req("B-01")
def test_a_database_that_a_cut_run_left_serves_until_the_next_run_replaces_it() -> None:
    made = deployed()
    at = next(n for n in range(1, 12) if _cut_after_start(made := deployed(), n))
    made.host.begin_run()
    assert made.deploy(OLD, Order())[0] == "success", at
    assert done_to_it(made) == ["hold postgres", f"stop {name_of(NEW)}", f"start {name_of(OLD)}"]


def _cut_after_start(made: World, at: int) -> bool:
    made.host.begin_run(Fault(at, "crash after"))
    with pytest.raises(SimulatedCrashError):
        made.deploy(NEW, Order())
    return made.host.did[-2].startswith("start postgres")


@pytest.mark.parametrize(
    ("code", "output"), [(1, "psql: error"), (0, ""), (0, "[]"), (0, '{"held": "'), (3, '{"held": true, "left": ""}')]
)
def test_a_hold_that_cannot_be_told_from_a_failure_touches_nothing(
    monkeypatch: pytest.MonkeyPatch, code: int, output: str
) -> None:
    made = deployed()
    run_once = "tests.simulation.runtime.SimulatedRuntime._hold"
    monkeypatch.setattr(run_once, lambda *_: (code, output))
    outcome, error = made.deploy(NEW, Order())
    assert (outcome, error and error.what.partition(":")[0]) == ("rolled_back", "postgres was not replaced")
    assert databases(made) == [name_of(OLD)]


def test_a_release_of_an_engine_without_a_hold_is_read_as_it_was() -> None:
    raw = json.loads(release_to_json(OLD))
    for one in raw["services"]:
        del one["hold"], one["fits"], one["wait_s"]
    read = release_from_json(json.dumps(raw))
    assert read == without_hold(OLD)
    assert [one.fingerprint for one in read.services] == [one.fingerprint for one in OLD.services]


@pytest.mark.req("D-12")
@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"brings": "19"}, "its data is of version 18, and the image brings 19"),
        ({"found": "17 18 "}, "its data is of version 17, and the image brings 18"),
        ({"databases": [{"name": "slipway", "version": "2.36"}]}, "another version of the C library, 2.41"),
        ({"databases": 1}, "it cannot be told whether its image fits the data"),
    ],
)
def test_an_image_that_does_not_fit_the_data_never_touches_it(told: dict[str, object], words: str) -> None:
    made = deployed()
    made.host.flaws.fits = told
    outcome, error = made.deploy(NEW, Order(allow_interruption=True))
    assert outcome == "rolled_back"
    assert error is not None
    assert words in error.what
    assert done_to_it(made) == []
    assert databases(made) == [name_of(OLD)]


def test_an_image_that_sorts_text_as_the_data_is_sorted_serves() -> None:
    made = deployed()
    made.host.flaws.fits = {"databases": [{"name": "slipway", "version": "2.41"}]}
    assert made.deploy(NEW, Order())[0] == "success"
