"""Is Traefik told the right servers, and is its answer read right?"""

from __future__ import annotations

import json

import pytest

from ops.engine.errors import EngineError
from ops.engine.http import Fetch, Response, fetch
from ops.engine.rollout.routes import (
    SERVERS_FILE,
    Backends,
    confirm_routes,
    find_difference,
    mark_of,
    read_routes,
    render_routes,
)
from ops.engine.waiter import Waiter
from tests.simulation.host import SimulatedClock
from tests.simulation.world import release, world

API = "http://127.0.0.1:8081"
ONE = Backends(["http://a:1"], [])


def files(**backends: Backends) -> dict[str, str]:
    """Return the files of a release in which api and web have one server each, unless said otherwise."""
    return render_routes(release(), {"api": ONE, "web": ONE, **backends})


def traefik(written: dict[str, str], routers: tuple[dict[str, object], ...] = ()) -> Fetch:
    """Make a Traefik that has read these files."""
    services = json.loads(written[SERVERS_FILE])["http"]["services"]

    def answer(url: str, *, host: str = "", timeout_s: float = 2.0) -> Response:
        del host, timeout_s
        name = url.rsplit("/", 1)[1].removesuffix("@file")
        if "/middlewares/" in url:
            return Response(200 if name == mark_of(written) else 404, b"{}")
        body = list(routers) if "/routers" in url else services.get(name)
        return Response(404 if body is None else 200, json.dumps(body).encode())

    return answer


@pytest.mark.req("B-07")
def test_every_server_has_an_active_health_check_with_the_right_host() -> None:
    rendered = json.loads(render_routes(release(), {"api": ONE})[SERVERS_FILE])
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


@pytest.mark.req("B-02")
def test_while_a_release_is_watched_the_old_one_answers_where_it_fails() -> None:
    services = json.loads(files(api=Backends(["http://new:1"], ["http://old:1"]))[SERVERS_FILE])["http"]["services"]
    pair = {"service": "api-new", "fallback": "api-old"}
    errors = {"status": ["500-599"], "maxRequestBodyBytes": 131_072}
    assert services["api-again"] == {"failover": {**pair, "errors": errors}}
    assert services["api"] == {"failover": pair}, "what was sent once is not sent again"
    new, old = services["api-new"]["loadBalancer"], services["api-old"]["loadBalancer"]
    assert new["servers"] == [{"url": "http://new:1"}]
    assert new["passiveHealthCheck"] == {"maxFailedAttempts": 3, "failureWindow": "2s"}
    assert old["servers"] == [{"url": "http://old:1"}]
    assert "passiveHealthCheck" not in old, "nobody would be left"
    assert list(services["web"]) == ["loadBalancer"]
    assert services["web-again"] == {"weighted": {"services": [{"name": "web"}]}}


def test_a_fallback_that_repeats_other_requests_is_no_confirmation() -> None:
    wanted = files(api=Backends(["http://new:1"], ["http://old:1"]))
    written = json.loads(wanted[SERVERS_FILE])
    written["http"]["services"]["api"] = written["http"]["services"]["api-again"]
    seen = find_difference(API, wanted, fetch=traefik({SERVERS_FILE: json.dumps(written)}))
    assert seen == "service `api` has ['api-new', 'api-old', 'again'], not ['api-new', 'api-old', 'once']"


@pytest.mark.req("B-01")
def test_only_exactly_these_servers_are_a_confirmation() -> None:
    wanted = files()
    assert find_difference(API, wanted, fetch=traefik(wanted)) == ""
    for other in (
        Backends(["http://a:1", "http://b:1"], []),
        Backends([], []),
        Backends(["http://a:1"], ["http://b:1"]),
    ):
        seen = traefik(files(api=other))

        def has_read_ours(url: str, *, host: str = "", timeout_s: float = 2.0, seen: Fetch = seen) -> Response:
            return Response(200, b"{}") if "/middlewares/" in url else seen(url, host=host, timeout_s=timeout_s)

        assert "service `api` has" in find_difference(API, wanted, fetch=has_read_ours)


def test_a_router_in_error_is_no_confirmation() -> None:
    broken = traefik(files(), routers=({"name": "x@file", "error": ["no such middleware"]},))
    assert find_difference(API, files(), fetch=broken) == "router `x@file`: no such middleware"


@pytest.mark.req("B-01")
def test_files_that_traefik_has_not_read_yet_are_no_confirmation_although_the_servers_are_the_same() -> None:
    one, two = (render_routes(release(routes=version), {"api": ONE, "web": ONE}) for version in (1, 2))
    assert find_difference(API, one, fetch=traefik(one)) == ""
    assert find_difference(API, two, fetch=traefik(one)) == "it has not read the new files"


def test_a_switch_that_traefik_never_reports_is_an_error_that_says_what_is_missing() -> None:
    clock = SimulatedClock()
    waiter = Waiter(world().cancelled, now=clock.now, sleep=clock.sleep)
    old = traefik(files(api=Backends(["http://old:1"], [])))
    with pytest.raises(EngineError, match="did not take over") as caught:
        confirm_routes(API, files(), fetch=old, waiter=waiter)
    assert "has not read" in caught.value.why


def test_no_answer_is_an_answer_too() -> None:
    assert fetch("http://127.0.0.1:9/", timeout_s=0.5).status == 0
    with pytest.raises(EngineError, match="does not say"):
        read_routes("http://127.0.0.1:9", fetch)
