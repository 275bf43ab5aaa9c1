"""Is the load what its plan says, and never more than this may make?"""

from __future__ import annotations

import collections
import dataclasses
import itertools

import pytest

from tests.bench.client import request_bytes
from tests.bench.traffic import Kind, Plan, api_kinds, read_plan, schedule, site_kinds

SOURCES = ("127.0.1.1", "127.0.1.2", "127.0.1.3")


def a_plan(**changes: object) -> Plan:
    plan = Plan(
        address="127.0.0.1", port=8443, host="site.test", authority="", kinds=site_kinds(), sources=SOURCES, seconds=10
    )
    return dataclasses.replace(plan, **changes)  # type: ignore[arg-type]


def test_requests_are_due_at_the_fixed_rate_whatever_the_answers_do() -> None:
    due = [one.at_s for one in schedule(a_plan(rate=300.0))]
    assert len(due) == 3000
    assert {round(later - before, 6) for before, later in itertools.pairwise(due)} == {round(1 / 300, 6)}


def test_the_mix_is_60_get_and_20_post_kept_alive_and_15_get_and_5_post_fresh() -> None:
    for kinds in (api_kinds(), site_kinds()):
        shares: collections.Counter[tuple[str, bool]] = collections.Counter()
        for kind in kinds:
            shares[kind.method, kind.is_fresh] += kind.share
        assert shares == {("GET", False): 60, ("POST", False): 20, ("GET", True): 15, ("POST", True): 5}


def test_the_same_plan_makes_the_same_requests_from_each_address_in_turn() -> None:
    first, again = list(schedule(a_plan())), list(schedule(a_plan()))
    assert first == again
    assert [one.source for one in first[:4]] == [*SOURCES, SOURCES[0]]


@pytest.mark.parametrize(
    "too_much",
    [
        {"rate": 1001.0},
        {"seconds": 1801.0},
        {"connections": 257},
        {"sources": SOURCES * 50},
        {"sources": ()},
        {"rate": 0.0},
    ],
)
def test_more_load_than_the_limits_is_refused(too_much: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="this makes up to"):
        a_plan(**too_much)


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"address": "192.0.2.1"},
        {"address": "203.0.113.9", "network": "203.0.113.0/24"},
        {"address": "8.8.8.8", "network": "0.0.0.0/0"},
        {"address": "10.1.2.3", "network": "10.0.0.0/8"},
        {"sources": ("172.18.0.9",)},
    ],
)
def test_a_server_outside_of_the_loopback_range_or_one_containers_network_is_refused(elsewhere: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"is not in|neither the loopback"):
        a_plan(**elsewhere)


def test_a_plan_reaches_the_generator_as_it_is() -> None:
    plan = a_plan(address="172.18.0.10", network="172.18.0.0/16", sources=("172.18.255.254",))
    assert read_plan(plan.as_json()) == plan


def test_a_post_carries_its_body_and_a_fresh_connection_says_that_it_ends() -> None:
    plan = a_plan(body="{}")
    post = request_bytes(plan, Kind(name="p", method="POST", path="/x", share=1, is_fresh=True)).decode()
    head, _, body = post.partition("\r\n\r\n")
    assert head.splitlines()[0] == "POST /x HTTP/1.1"
    assert {"Host: site.test", "Connection: close", "Content-Length: 2"} <= set(head.splitlines())
    assert body == "{}"
