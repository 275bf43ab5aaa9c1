"""Is the rate limit judged by what Traefik serves, and by a burst that can meet it?"""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest

from ops.verification.observations import Answer, Burst, Observations, Ran
from ops.verification.rate_limit import MOST, RateLimit, served_limits
from tests.unit.ops.runs.evidence_fixtures import SERVED, answer, judged, sound, with_answer

API = "api@file"


def served(limit: dict[str, Any] | None = None, **router: Any) -> str:
    """Return what Traefik says with another limit, or with another router of the API."""
    changed = copy.deepcopy(SERVED)
    changed["routers"][API] |= router
    if limit:
        changed["middlewares"]["rate-limit-api@file"] = {"rateLimit": limit}
    return json.dumps(changed)


@pytest.mark.parametrize(
    ("stated", "per_second", "burst"),
    [
        ({"average": 600, "period": "1m0s", "burst": 100}, 10, 100),
        ({"average": 1, "period": "1h0m0s", "burst": 1}, 1 / 3600, 1),
        ({"average": 5, "burst": 2}, 5, 2),
        ({"average": 60, "period": 60_000_000_000, "burst": 3}, 1, 3),
        ({"average": 3, "period": "1.5s"}, 2, 1),
    ],
)
def test_a_limit_is_read_as_traefik_says_it(stated: dict[str, Any], per_second: float, burst: int) -> None:
    limit = served_limits(served(stated))[API]
    assert limit is not None
    assert limit.burst == burst
    assert limit.per_second == pytest.approx(per_second)


def test_a_route_without_a_limit_and_a_limit_of_nothing_are_none() -> None:
    assert served_limits(served(middlewares=["security-headers@file"])) == {API: None}
    assert served_limits(served({"average": 0, "burst": 1})) == {API: None}


def test_routes_of_the_internal_entry_point_need_none() -> None:
    assert served_limits(served(entryPoints=["internal"])) == {}


@pytest.mark.parametrize("text", ["", "?", "[]", '{"routers": 1}', "{}"])
def test_what_is_no_answer_of_traefik_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        served_limits(text)


@pytest.mark.req("A-14")
@pytest.mark.parametrize(
    ("burst", "trial"), [(1, 52), (20, 90), (100, 250), (125, 300), (199, 300), (200, 0), (1000, 0), (1_000_000, 0)]
)
def test_a_burst_is_sized_to_the_limit_and_has_a_bound(burst: int, trial: int) -> None:
    assert RateLimit(per_second=10, burst=burst).trial == trial
    assert trial <= MOST == 300


def with_burst(made: Burst, /, **limit: Any) -> Observations:
    """Return a sound stack that answered a burst so, with this limit served."""
    seen = with_answer("rawdata", body_head=served(limit or None))
    return replace(seen, burst=made)


LARGE = {"average": 600, "period": "1m0s", "burst": 100_000}
NONE_MADE = Burst(why="600 a minute, 100000 at once are more than may be tried")
REFUSED = answer("api-health", "GET", "https://slipway.localhost/api/health", status=429)
REFUSED = replace(REFUSED, headers={**REFUSED.headers, "retry-after": "1"})


@pytest.mark.req("A-14")
@pytest.mark.parametrize(
    ("burst", "limit", "ok"),
    [
        (Burst(asked=21, seconds=0.2, refused=REFUSED), {}, True),
        (NONE_MADE, LARGE, True),  # known by its configuration alone
        (Burst(asked=20, seconds=0.2), {}, True),  # within the limit
        (Burst(asked=60, seconds=5.0), {}, True),  # a slow machine: ten more were let in each second
        (Burst(asked=90, seconds=0.2), {}, False),  # far beyond it, and none was refused
        (Burst(asked=300, seconds=0.5), {"average": 1_000_000, "period": "1m0s", "burst": 5}, True),
        (Burst(asked=21, seconds=0.2, refused=REFUSED), {"average": 0, "period": "1m0s", "burst": 1}, True),
        (Burst(asked=90, seconds=0.2), {"average": 0, "period": "1m0s", "burst": 1}, False),
        (Burst(why="SSH is cut"), {}, True),
        (Burst(asked=9, others=1, other=Answer(url="", status=503), refused=REFUSED, seconds=0.1), {}, False),
        (Burst(asked=21, seconds=0.2, refused=replace(REFUSED, headers={})), {}, False),
    ],
)
def test_a_limit_fails_when_it_is_not_served_or_did_not_refuse_what_it_had_to(
    burst: Burst, limit: dict[str, Any], *, ok: bool
) -> None:
    assert judged(with_burst(burst, **limit))["rate-limit"].ok is ok


@pytest.mark.req("A-14")
def test_an_api_without_a_limit_is_named_by_its_route() -> None:
    seen = with_answer("rawdata", body_head=served(middlewares=["security-headers@file"]))
    check = judged(replace(seen, burst=Burst(asked=90, seconds=0.2)))["rate-limit"]
    assert check.detail == "Traefik serves `api@file` without a limit"


def test_what_is_known_says_from_what() -> None:
    checks = judged(with_burst(Burst(asked=21, seconds=0.2, refused=REFUSED)))
    assert checks["rate-limit"].detail == "600 a minute, 20 at once; 429 after 20 requests from the host"
    checks = judged(with_burst(NONE_MADE, **LARGE))
    assert checks["rate-limit"].detail.startswith("600 a minute, 100000 at once, by Traefik's configuration; 600 a min")
    assert checks["headers-rate-limited"].detail.startswith("no request had to be refused: 600 a minute")


@pytest.mark.req("A-14")
def test_headers_that_the_429_lacks_are_named() -> None:
    bare = replace(REFUSED, headers={"retry-after": "1"})
    check = judged(with_burst(Burst(asked=21, seconds=0.2, refused=bare)))["headers-rate-limited"]
    assert "`Content-Security-Policy` is missing" in check.detail


def limited() -> Observations:
    """Return a stack that answers 429 on every route of its API, to us and to its host."""
    seen = sound()
    routes = [name for name, one in seen.answers.items() if one.url.startswith("https:") and "/api/" in one.url]
    assert len(routes) > 5
    answers = {**seen.answers, **{name: replace(seen.answers[name], status=429, body_head="") for name in routes}}
    task = Ran(exit_code=1, output="POST /api/tasks: 429", is_limited=True)
    return replace(seen, answers=answers, commands={**seen.commands, "task-from-api": task})


@pytest.mark.req("A-14", "B-02")
def test_a_429_everywhere_is_no_verdict_on_an_api_that_its_host_calls_healthy() -> None:
    checks = judged(limited())
    assert [one.id for one in checks.values() if not one.ok] == []
    assert checks["api-health"].detail == "429 here and on the host, which says that `api` is healthy"


@pytest.mark.req("A-14")
def test_a_429_does_not_hide_a_sick_api_nor_a_worker_that_does_nothing() -> None:
    seen = limited()
    api = next(one for one in seen.services if one.service == "api")
    others = tuple(one for one in seen.services if one is not api)
    sick = replace(seen, services=(replace(api, healthy=False), *others))
    assert judged(sick)["api-health"].detail == f"429, and `{api.replica}` is running, not healthy"
    idle = replace(seen, commands={**seen.commands, "task-from-django": Ran(exit_code=1, output="late")})
    assert not judged(idle)["task-from-api"].ok
