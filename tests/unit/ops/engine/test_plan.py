"""Does a plan say what would change, and why, in words an operator understands?"""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ops.engine import service_roles
from ops.engine.host.state import State
from ops.engine.model import Release, Replica, Service
from ops.engine.rollout.plan import Change, changed_services, explain, make_plan
from tests.simulation.world import release, service


def running(of: Release, *, without: str = "") -> tuple[Replica, ...]:
    return tuple(
        Replica(name=name, service=s.name, fingerprint=s.fingerprint, image_id=s.image.id, port=1, state="running")
        for s in service_roles.long_running(of)
        if s.name != without
        for name in service_roles.replica_names(s)
    )


def planned(wanted: Release, live: Release, observed: tuple[Replica, ...]) -> dict[str, Change]:
    state = State(release=live.id, jobs={"migrate": live.service("migrate").fingerprint})
    return {change.service: change for change in make_plan(wanted, live=live, state=state, observed=observed)}


@pytest.mark.req("A-28")
def test_nothing_changes_when_everything_wanted_runs() -> None:
    changes = planned(release(), release(), running(release()))
    assert changed_services(tuple(changes.values())) == []
    assert {change.action for change in changes.values()} == {"keep"}


def test_on_an_empty_host_everything_starts_and_every_job_runs() -> None:
    changes = make_plan(release(), live=None, state=State(), observed=())
    assert {change.action for change in changes} == {"run", "start"}
    assert not any(change.interrupts for change in changes)


CASES = [
    (release(api=2), release(), running(release()), ("api", "replace", False, "code of api changed")),
    (release(beat=2), release(), running(release()), ("beat", "replace", False, "code of beat changed")),
    (release(postgres=2), release(), running(release()), ("postgres", "replace", False, "code of postgres changed")),
    (release(traefik=2), release(), running(release()), ("traefik", "replace", True, "code of traefik changed")),
    (release(migrate=2), release(), running(release()), ("migrate", "run", False, "was not run for this code")),
    (release(), release(), running(release(), without="api"), ("api", "start", False, "api is not running")),
    (release(2), release(), running(release()), ("api", "start", False, "1 of 2 replicas of api run")),
    (release(), release(2), running(release(2)), ("api", "stop", False, "2 replicas of api run, 1 are wanted")),
    (release(routes=2), release(), running(release()), ("routes", "replace", False, "routes changed (public.yml)")),
]


@pytest.mark.req("A-28")
@pytest.mark.parametrize(("wanted", "live", "observed", "expected"), CASES, ids=[case[3][3] for case in CASES])
def test_one_difference_is_one_change(
    wanted: Release, live: Release, observed: tuple[Replica, ...], expected: tuple[str, str, bool, str]
) -> None:
    changes = planned(wanted, live, observed)
    name, action, interrupts, why = expected
    assert changed_services(tuple(changes.values())) == [name]
    assert (changes[name].action, changes[name].interrupts) == (action, interrupts)
    assert why in changes[name].why


def test_a_service_that_left_the_stack_is_stopped() -> None:
    smaller = dataclasses.replace(release(), services=tuple(s for s in release().services if s.name != "web"))
    changes = planned(smaller, release(), running(release()))
    assert (changes["web"].action, changes["web"].new) == ("stop", None)


@pytest.mark.req("A-12")
def test_changed_settings_are_named_without_their_values() -> None:
    before = service("api")
    after = dataclasses.replace(before, environment={"V": "canary-value", "LOG_LEVEL": "DEBUG"})
    assert explain(before, after) == "settings of api changed (LOG_LEVEL, V)"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"image": dataclasses.replace(service("api").image, env_id="local-2")}, "packages of api changed"),
        ({"command": ("other",)}, "the way api is built or started changed"),
    ],
)
def test_other_differences_have_words_too(change: dict[str, object], words: str) -> None:
    before = service("api")
    assert explain(before, Service(**{**vars(before), **change})) == words


def test_a_change_in_json_says_from_and_to() -> None:
    shown = planned(release(api=2), release(), running(release()))["api"].as_json()
    assert list(shown) == ["service", "action", "from", "to", "interrupts", "last_s", "why"]
    assert shown["from"] == release().service("api").fingerprint


CONTAINER: dict[str, Any] = {"container": {"ports": []}}
DOORS: dict[str, Any] = {"sockets": {"80/tcp": "80"}}


@pytest.mark.req("B-01")
@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({}, DOORS, (True, "")),  # a process that listens for itself
        (DOORS, DOORS, (False, "when its visitors have")),
        (CONTAINER, CONTAINER | DOORS, (False, "this once")),  # its port is Docker's
        (CONTAINER | DOORS, CONTAINER | DOORS, (False, "when its visitors have")),
        (CONTAINER | DOORS, CONTAINER, (True, "")),  # back to one that wants the port for itself
    ],
)
def test_one_traefik_takes_over_from_another_where_the_doors_outlive_both(
    before: dict[str, Any], after: dict[str, Any], told: tuple[bool, str]
) -> None:
    made = release(traefik=2)

    def with_traefik(**more: Any) -> Release:
        services = (dataclasses.replace(one, **more) if one.name == "traefik" else one for one in made.services)
        return dataclasses.replace(made, services=tuple(services))

    lives, wanted = with_traefik(**before), with_traefik(**after, command=("changed",))
    found = planned(wanted, lives, running(lives))["traefik"]
    assert found.interrupts is told[0]
    assert told[1] in found.why
