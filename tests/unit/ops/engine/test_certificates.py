"""Is the production directory asked after the staging one alone, and is every Traefik with visitors certified?"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from ops.engine.http import Response
from ops.engine.model import Release, Service
from ops.engine.rollout.certificates import PASSES_ON
from ops.engine.rollout.context import Order
from ops.engine.rollout.deploy import deploy
from ops.engine.rollout.journal_events import Result
from tests.simulation.runtime import RuntimeDoors, SimulatedRuntime
from tests.simulation.world import World, overlapping, part, release, world

JOB = "certificate-dry-run"
DOMAIN = "app.example.org"
PASSED_ON = f"pass challenges on to {JOB}:8080"
TAKEN_BACK = "pass challenges on to nobody"


def trusted(made: Release, *, names: str = "one") -> Release:
    """Return a release whose Traefik orders at the production directory, after a dry run for these names."""
    job = dataclasses.replace(
        part("migrate", 1), name=JOB, job_order=4, touches="certificates", check=(), environment={"NAMES": names}
    )

    def ordering(service: Service) -> Service:
        wanted = {"ACME_RESOLVER": "le-production", "WEBSITE_DOMAIN": DOMAIN, "NAMES": names}
        return dataclasses.replace(service, environment=wanted) if service.name == "traefik" else service

    services = tuple(ordering(service) for service in overlapping(made).services)
    return dataclasses.replace(made, id=f"{made.id}-{names}", services=(*services, job))


def run(made: World, wanted: Release, order: Order | None = None) -> Result:
    """Deploy, where the Traefik with visitors reads what it is told."""
    made.host.begin_run()
    engine = made.engine()

    def fetch(url: str, *, host: str = "", timeout_s: float = 2.0) -> Response:
        is_route = url.endswith("/api/http/routers/challenges@file")
        return Response(200, b"{}") if is_route else made.host.fetch(url, host=host, timeout_s=timeout_s)

    return deploy(dataclasses.replace(engine, fetch=fetch), wanted, order or Order(allow_interruption=True))


def at(made: World, *texts: str) -> list[int]:
    """Return when each of these was done."""
    return [made.host.did.index(text) for text in texts]


@pytest.fixture(autouse=True)
def passes_on(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let each Traefik have been started with a file that lets it pass challenges on; return what gives it another."""

    def be(text: str) -> None:
        monkeypatch.setattr(SimulatedRuntime, "static_config", lambda _: text)

    be(f"entryPoints: {{web: {{{PASSES_ON}}}}}")
    return be


@pytest.mark.req("A-16")
def test_the_dry_run_comes_before_anything_is_touched_and_once_for_the_same_names() -> None:
    made = world(has_doors=True)
    assert run(made, overlapping(release()))[0] == "success"
    assert run(made, trusted(release(api=2)))[0] == "success"
    began, ran, ended, migrated = at(made, PASSED_ON, f"run {JOB}", TAKEN_BACK, "turn to " + edge(trusted(release())))
    assert began < ran < ended < migrated
    assert run(made, trusted(release(api=3)))[0] == "success"
    assert f"run {JOB}" not in made.host.did
    assert run(made, trusted(release(api=3), names="two"))[0] == "success"
    assert f"run {JOB}" in made.host.did


def edge(made: Release) -> str:
    """Return the name of its Traefik."""
    return made.service("traefik").replica_names[0]


@pytest.mark.req("A-16")
def test_a_host_where_nothing_serves_needs_nobody_to_pass_challenges_on() -> None:
    made = world(has_doors=True)
    assert run(made, trusted(release()))[0] == "success"
    assert f"run {JOB}" in made.host.did
    assert PASSED_ON not in made.host.did


@pytest.mark.req("A-16", "B-03")
def test_a_dry_run_that_fails_changes_nothing_and_is_made_again() -> None:
    made, wanted = world(has_doors=True), trusted(release(api=2))
    assert run(made, overlapping(release()))[0] == "success"
    before = made.running()
    made.host.flaws.broken.add(wanted.service(JOB).fingerprint)
    assert run(made, wanted)[0] == "failed"
    assert made.running() == before
    assert made.host.did[-1] == TAKEN_BACK
    assert not any(text.startswith(("start ", "turn ", "stop ")) for text in made.host.did)
    made.host.flaws.broken.clear()
    assert run(made, wanted)[0] == "success"


@pytest.mark.req("A-16", "C-08")
def test_a_traefik_of_before_that_cannot_pass_on_is_named_and_nothing_is_ordered(
    passes_on: Callable[[str], None],
) -> None:
    made = world(has_doors=True)
    assert run(made, overlapping(release()))[0] == "success"
    passes_on("entryPoints: {web: {}}")
    assert run(made, trusted(release()))[0] == "failed"
    assert f"run {JOB}" not in made.host.did


@pytest.mark.req("A-16")
def test_a_release_that_comes_back_is_not_tried_again() -> None:
    made, first = world(has_doors=True), trusted(release())
    assert run(made, first)[0] == "success"
    assert run(made, trusted(release(api=2), names="two"))[0] == "success"
    assert run(made, first, Order(word="rollback", allow_interruption=True))[0] == "success"
    assert f"run {JOB}" not in made.host.did


@pytest.mark.req("A-16", "B-11")
def test_visitors_are_sent_to_a_next_traefik_once_it_has_its_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    made, looks = world(has_doors=True), list[str]()
    assert run(made, trusted(release()))[0] == "success"
    following = trusted(release(traefik=2))

    def has_certificate(_: RuntimeDoors, name: str, host: str) -> bool:
        looks.append(f"{name} {host}")
        return len(looks) > 20

    monkeypatch.setattr(RuntimeDoors, "has_certificate", has_certificate)
    assert run(made, following)[0] == "success"
    assert set(looks) == {f"{edge(following)} {DOMAIN}"}
    began, ended, turned = at(
        made, f"pass challenges on to {edge(following)}:80", TAKEN_BACK, f"turn to {edge(following)}"
    )
    assert began < ended < turned


@pytest.mark.req("A-16", "B-02")
def test_a_next_traefik_that_gets_no_certificate_is_undone_before_it_has_a_visitor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = world(has_doors=True)
    assert run(made, trusted(release()))[0] == "success"
    following, refusal = trusted(release(traefik=2)), f'Unable to obtain ACME certificate ... 429 "{DOMAIN}"'
    began = made.host.clock.now()
    monkeypatch.setattr(RuntimeDoors, "has_certificate", lambda *_: False)
    monkeypatch.setattr(SimulatedRuntime, "logs", lambda *_, **__: iter([refusal]))
    assert run(made, following)[0] == "rolled_back"
    assert made.host.clock.now() - began < 60  # what Traefik refused it does not ask for again
    assert f"turn to {edge(following)}" not in made.host.did
    assert edge(trusted(release())) in made.running()
