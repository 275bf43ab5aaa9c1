"""Is what was asked to be public behind its lock, and nothing else public at all?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ops.verification.requests import private_routes
from tests.unit.ops.runs.evidence_fixtures import DROPLET, SITE, answer, judged, on_droplet, with_answer

EXPOSED = replace(DROPLET, exposed=("admin", "flower"))
STATUSES = {"private-admin-host": 401, "private-flower-host": 403}


def is_private(service: str, name: str, **changed: Any) -> bool:
    """Judge a droplet with both names opened, of which one route answers in this way."""
    answers = dict(on_droplet().answers)
    for route, url in private_routes(EXPOSED).items():
        answers[route] = answer(route, "GET", url, status=STATUSES.get(route, 404))
    answers[name] = replace(answers[name], **changed)
    return judged(on_droplet(answers=answers), EXPOSED)[f"{service}-private"].ok


@pytest.mark.req("A-14")
@pytest.mark.parametrize(
    ("service", "route", "statuses"),
    [
        ("admin", "private-admin-host", {401: True, 403: True, 404: False, 200: False, 301: False, 302: False}),
        ("flower", "private-flower-host", {401: True, 403: True, 404: False, 200: False, 502: False}),
        ("flower", "private-flower-metrics", {404: True, 403: True, 401: False, 200: False}),
        ("flower", "private-flower-healthcheck", {404: True, 403: True, 401: False, 200: False}),
        ("admin", "private-admin", {404: True, 302: False}),
    ],
)
def test_what_is_exposed_is_locked(service: str, route: str, statuses: dict[int, bool]) -> None:
    assert {status: is_private(service, route, status=status) for status in statuses} == statuses


@pytest.mark.req("A-14")
def test_an_exposed_name_that_does_not_answer_fails() -> None:
    assert not is_private("flower", "private-flower-host", status=0, error="refused")


@pytest.mark.req("C-08")
@pytest.mark.parametrize(("asked_for", "status"), [(True, 405), (False, 200), (False, 404)])
def test_graphql_is_public_only_when_asked_for(*, asked_for: bool, status: int) -> None:
    for is_public in (asked_for, not asked_for):
        site = replace(SITE, graphql=is_public)
        assert judged(with_answer("graphql", status=status), site)["graphql-exposure"].ok is (is_public == asked_for)


@pytest.mark.req("C-08")
def test_a_graphql_that_could_not_be_asked_fails() -> None:
    assert not judged(with_answer("graphql", status=0, error="refused"))["graphql-exposure"].ok


@pytest.mark.req("A-14")
def test_flowers_open_paths_are_asked_for_only_when_it_is_there() -> None:
    assert private_routes(EXPOSED).keys() - private_routes(DROPLET).keys() == {
        "private-flower-metrics",
        "private-flower-healthcheck",
    }
