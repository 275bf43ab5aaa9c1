"""Is Traefik told the right servers, and is its answer read right?"""

from __future__ import annotations

import json

import pytest

from ops.engine.errors import EngineError
from ops.engine.fetch import Answer, Fetch, fetch
from ops.engine.routes import SERVERS_FILE, confirm_routes, find_difference, mark_of, read_routes, render_routes
from ops.engine.simulated_host import SimulatedClock
from ops.engine.waiting import Waiter
from tests.unit.engine_fixtures import release, world

API = "http://127.0.0.1:8081"


def traefik(*urls: str, routers: tuple[dict[str, object], ...] = ()) -> Fetch:
    """Make a Traefik that reports these servers for every service."""

    def answer(url: str, *, host: str = "", timeout_s: float = 2.0) -> Answer:
        del host, timeout_s
        body: object = {"loadBalancer": {"servers": [{"url": server} for server in urls]}}
        return Answer(200, json.dumps(list(routers) if "/routers" in url else body).encode())

    return answer


@pytest.mark.req("B-07")
def test_every_server_has_an_active_health_check_with_the_right_host() -> None:
    rendered = json.loads(render_routes(release(), {"api": ["http://a:1"]})[SERVERS_FILE])
    balancer = rendered["http"]["services"]["api"]["loadBalancer"]
    assert balancer["servers"] == [{"url": "http://a:1"}]
    assert balancer["serversTransport"] == "upstream"
    assert balancer["healthCheck"]["path"] == "/ready"
    assert balancer["healthCheck"]["hostname"] == "slipway.localhost"
    assert float(balancer["healthCheck"]["interval"].removesuffix("s")) < 30


def test_the_reviewed_files_are_written_as_they_are() -> None:
    rendered = render_routes(release(routes=2), {})
    assert set(rendered) == {"public.yml", SERVERS_FILE}
    assert rendered["public.yml"] == "version 2\n"


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (("http://a:1",), ""),
        (("http://a:1", "http://b:1"), "has ['http://a:1', 'http://b:1'], not ['http://a:1']"),
        ((), "has [], not ['http://a:1']"),
    ],
)
def test_only_exactly_these_servers_are_a_confirmation(seen: tuple[str, ...], expected: str) -> None:
    assert expected in (find_difference(API, {"api": ["http://a:1"]}, mark="routes-1", fetch=traefik(*seen)) or "")
    assert bool(expected) == bool(find_difference(API, {"api": ["http://a:1"]}, mark="routes-1", fetch=traefik(*seen)))


def test_a_router_in_error_is_no_confirmation() -> None:
    broken = traefik("http://a:1", routers=({"name": "x@file", "error": ["no such middleware"]},))
    assert (
        find_difference(API, {"api": ["http://a:1"]}, mark="routes-1", fetch=broken)
        == "router `x@file`: no such middleware"
    )


@pytest.mark.req("A-09", "B-02")
def test_files_that_traefik_has_not_read_yet_are_no_confirmation_although_the_servers_are_the_same() -> None:
    seen = traefik("http://a:1")

    def old(url: str, *, host: str = "", timeout_s: float = 2.0) -> Answer:
        is_new = "/middlewares/" in url and mark_of(render_routes(release(routes=1), {})) not in url
        return Answer(404, b"{}") if is_new else seen(url, host=host, timeout_s=timeout_s)

    marks = [mark_of(render_routes(release(routes=version), {})) for version in (1, 2)]
    found = [find_difference(API, {"api": ["http://a:1"]}, mark=mark, fetch=old) for mark in marks]
    assert found == ["", "it has not read the new files"]


def test_a_switch_that_traefik_never_reports_is_an_error_that_says_what_it_has_instead() -> None:
    clock = SimulatedClock()
    waiter = Waiter(world().cancelled, now=clock.now, sleep=clock.sleep)
    with pytest.raises(EngineError, match="did not take over") as caught:
        confirm_routes(API, {"api": ["http://a:1"]}, mark="routes-1", fetch=traefik("http://old:1"), waiter=waiter)
    assert "http://old:1" in caught.value.why


def test_no_answer_is_an_answer_too() -> None:
    assert fetch("http://127.0.0.1:9/", timeout_s=0.5).status == 0
    with pytest.raises(EngineError, match="does not say"):
        read_routes("http://127.0.0.1:9", fetch)
