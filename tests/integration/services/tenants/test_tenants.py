from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import SecretStr

from api.application import create_app
from api.settings import Settings
from tests.integration.services.clubs import Club
from tests.integration.services.services_processes import Services, Web
from tests.integration.services.tenants.tenant_attempts import BESIDE, BODIES, ELSEWHERE, OF, Tenant


@pytest.fixture
def mine(apart: Services, apart_api: Web) -> Iterator[Tenant]:
    club = Club(apart, apart_api)
    with contextlib.closing(club.connection):
        yield Tenant(club)


@pytest.fixture
def theirs(apart: Services, apart_api: Web) -> Iterator[Tenant]:
    club = Club(apart, apart_api)
    with contextlib.closing(club.connection):
        yield Tenant(club)


def _ask(mine: Tenant, method: str, path: str, **more: Any) -> httpx.Response:
    answer = mine.club.ask(method, path, mine.club.owner, **more)
    assert answer.headers.get("cache-control") == "no-store", "it is for one person: nothing on the way may keep it"
    return answer


def _filled(operation: str, ids: dict[str, Any]) -> tuple[str, str]:
    method, _, path = operation.partition(" ")
    return method, path.format(**ids)


@pytest.mark.req("B-17")
def test_each_operation_of_the_api_has_an_attempt() -> None:
    nothing = SecretStr("x" * 40)
    made = Settings(environment="development", database_url=nothing, redis_url=nothing, token_secret_key=nothing)
    routes = [one for one in iter_route_contexts(create_app(made).routes) if isinstance(one.original_route, APIRoute)]
    operations = {f"{method} {one.path}" for one in routes for method in one.methods or () if method != "HEAD"}
    assert len(operations) > 10
    assert operations == {*BODIES, *ELSEWHERE}, (
        "write the attempt into tests/integration/services/tenants/tenant_attempts.py"
    )


@pytest.mark.req("B-17")
def test_an_organization_of_the_attempts_has_a_row_in_each_table(mine: Tenant) -> None:
    without = [table for table, seen in mine.rows().items() if seen is None]
    assert without == [], "make one in Tenant, tests/integration/services/tenants/tenant_attempts.py"


@pytest.mark.req("B-17")
@pytest.mark.parametrize("operation", BODIES)
def test_the_owner_of_another_organization_gets_nothing_and_changes_nothing(
    mine: Tenant, theirs: Tenant, operation: str
) -> None:
    before = theirs.rows()
    answers = [_ask(mine, *_filled(operation, theirs.ids), **BODIES[operation])]
    statuses = [403]
    if "_id}" in operation:
        answers.append(_ask(mine, *_filled(operation, theirs.ids | {"slug": mine.club.slug}), **BODIES[operation]))
        statuses.append(404)
    if operation in BESIDE:
        sent, status = BESIDE[operation](mine, theirs)
        answers.append(_ask(mine, *_filled(operation, mine.ids), **sent))
        statuses.append(status)
    assert [answer.status_code for answer in answers] == statuses, [answer.text for answer in answers]
    assert [answer.text for answer in answers if theirs.word in answer.text] == []
    assert theirs.rows() == before


@pytest.mark.req("B-17")
def test_where_no_organization_is_in_the_path_nothing_of_one_is_given_either(mine: Tenant, theirs: Tenant) -> None:
    before = theirs.rows()
    for operation, attempt in ELSEWHERE.items():
        method, path, sent, status = attempt(mine, theirs)
        answer = _ask(mine, method, path, **sent)
        assert (operation, answer.status_code) == (operation, status), answer.text
        assert theirs.word not in answer.text
    assert theirs.rows() == before


@pytest.mark.req("B-17")
@pytest.mark.parametrize("operation", BODIES)
def test_who_is_not_signed_in_or_only_a_volunteer_there_may_not_either(theirs: Tenant, operation: str) -> None:
    before, club = theirs.rows(), theirs.club
    path = _filled(operation, theirs.ids)
    nobody, volunteer = (club.ask(*path, who, **BODIES[operation]) for who in (None, club.volunteer))
    assert (nobody.status_code, nobody.headers["www-authenticate"], volunteer.status_code) == (401, "Bearer", 403)
    assert theirs.word not in nobody.text + volunteer.text
    assert theirs.rows() == before


@pytest.mark.req("B-17")
def test_the_attempts_would_succeed_from_within(mine: Tenant) -> None:
    reads = [operation for operation in BODIES if operation.startswith("GET")]
    seen = {operation: _ask(mine, *_filled(operation, mine.ids)) for operation in reads}
    assert {answer.status_code for answer in seen.values()} == {200}
    shown = {operation for operation, answer in seen.items() if mine.word in answer.text}
    assert set(reads) - shown == {
        f"GET {OF}/events/{{event_id}}/sign-ups",
        *(f"GET {OF}/exports{end}" for end in ("", "/{export_id}")),
    }


@pytest.mark.req("B-17")
def test_a_cursor_of_another_organization_leads_to_ones_own_rows(mine: Tenant, theirs: Tenant) -> None:
    for name in ("people", "invitations", "announcements", "exports", "overview"):
        if name == "announcements":
            theirs.club.add("announcement", organization_id=theirs.club.id, subject="x", body="x", audience="everyone")
        first = theirs.club.ask("GET", f"~/{name}", theirs.club.owner, params={"limit": 1}).json()
        cursor = {"cursor": first["next"]} if first["next"] else {}
        answer = _ask(mine, "GET", f"/organizations/{mine.club.slug}/{name}", params=cursor)
        assert answer.status_code == 200
        assert theirs.word not in answer.text
    assert cursor, "the last list had one"
