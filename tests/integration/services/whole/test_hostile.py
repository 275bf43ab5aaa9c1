from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from api.openapi import document
from tests.integration.services.clubs import Club, new_club
from tests.integration.services.services_processes import Services, Web

MIB = 1024 * 1024
JSON = {"Content-Type": "application/json"}
PATHS = [(method.upper(), path) for path, many in document()["paths"].items() for method, one in many.items() if one]
WITH_BODY = [
    (method.upper(), path)
    for path, many in document()["paths"].items()
    for method, one in many.items()
    if "requestBody" in one
]
SECURED = [
    (method.upper(), path)
    for path, many in document()["paths"].items()
    for method, one in many.items()
    if "security" in one and {} not in one["security"]
]


@pytest.fixture(scope="module")
def club(apart: Services, apart_api: Web) -> Iterator[Club]:
    with new_club(apart, apart_api) as made:
        yield made


def filled(club: Club, path: str) -> str:
    """Return a path with this organization in it, and with ids that are nobody's."""
    path = path.replace("{slug}", club.slug).replace("{task_id}", "00000000-0000-4000-8000-000000000000")
    return re.sub(r"\{\w+\}", "4611686018427387904", path)


def refused(answer: httpx.Response, *statuses: int) -> None:
    """Hold an answer to what every refusal is."""
    assert answer.status_code in statuses, f"{answer.status_code}: {answer.text[:500]}"
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.content) < 3000, "it does not send back what was sent"
    if answer.request.method != "HEAD":
        assert answer.json()["status"] == answer.status_code


BODIES: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"{",
    "not UTF-8": b'{"name": "\xff\xfe"}',
    "half a character": b'{"name": "\\ud800", "email": "\\udfff@example.org", "token": "\\ud800", "title": "\\ud800"}',
    "half a character as a name": b'{"\\ud800": 1}',
    "NUL": b'{"name": "a\\u0000", "token": "\\u0000", "title": "\\u0000", "subject": "\\u0000", "body": "\\u0000"}',
    "NUL as a name": b'{"\\u0000": 1}',
    "deep lists": b"[" * 100_000,
    "deep objects": b'{"name":' * 50_000 + b"1" + b"}" * 50_000,
    "a number without end": b'{"capacity": ' + b"9" * 10_000 + b', "member_id": ' + b"9" * 10_000 + b"}",
    "a large exponent": b'{"capacity": 1e400, "member_id": 1e400, "event_id": -1e400}',
    "no number": b'{"capacity": NaN, "member_id": Infinity, "attended": NaN}',
    "beyond 64 bits": b'{"capacity": 9223372036854775808, "member_id": 9223372036854775808}',
    "another type": b'"name"',
    "a list": b"[{}]",
    "the same name twice": b'{"token": "a", "token": ["b"], "name": "a", "name": {}, "member_id": 1, "member_id": []}',
    "what is not asked for": b'{"organization_id": 1, "user_id": 1, "is_staff": true, "__proto__": {}}',
}


@pytest.mark.parametrize("what", BODIES)
def test_a_broken_body_is_refused_by_every_operation(club: Club, what: str) -> None:
    for method, path in WITH_BODY:
        kind = {"Content-Type": "text/csv"} if path.endswith("/import") else JSON
        answer = club.ask(method, filled(club, path), club.owner, content=BODIES[what], headers=kind)
        refused(answer, 400, 404, 409, 410, 422)


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_body_that_is_one_byte_too_long_is_refused_by_every_operation(club: Club, is_chunked: bool) -> None:  # noqa: FBT001 - a column
    for method, path in WITH_BODY:
        body = b'{"name": "' + b"x" * (MIB - 11) + b'"}'
        assert len(body) == MIB + 1
        kind = {"Content-Type": "text/csv"} if path.endswith("/import") else JSON
        content: Any = iter([body[:MIB], body[MIB:]]) if is_chunked else body
        refused(club.ask(method, filled(club, path), club.owner, content=content, headers=kind), 413)


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "x", ""])
def test_another_kind_of_body_is_refused_by_every_operation(club: Club, kind: str) -> None:
    for method, path in WITH_BODY:
        answer = club.ask(
            method, filled(club, path), club.owner, content=b'{"name": "x"}', headers={"Content-Type": kind}
        )
        refused(answer, 415, 422)


def test_a_method_that_an_operation_does_not_have_is_refused(club: Club) -> None:
    known: dict[str, set[str]] = {}
    for method, path in PATHS:
        known.setdefault(path, set()).add(method)
    del known["/organizations/{slug}/people/import"]  # `import` may be an id that is none, too
    for path, methods in known.items():
        for method in {"OPTIONS", "TRACE", "PATCH", "PUT", "DELETE", "PROPFIND"} - methods:
            answer = club.ask(method, filled(club, path), club.owner)
            refused(answer, 405)
            assert set(answer.headers["allow"].replace(" ", "").split(",")) <= methods | {"HEAD"}, path


TOKENS = {
    "no scheme": "x",
    "another scheme": "Basic YTpi",
    "nothing": "Bearer",
    "no token": "Bearer x.y.z",
    "NUL": "Bearer %00",
    "long": "Bearer " + "a" * 6000,
    "two": "Bearer a b",
    "none": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.",
    "Latin-1": b"Bearer \xff\xfe",
}


@pytest.mark.parametrize("what", TOKENS)
def test_a_token_that_is_none_is_refused_by_every_operation_that_needs_one(club: Club, what: str) -> None:
    for method, path in SECURED:
        answer = club.ask(method, filled(club, path), headers={"Authorization": TOKENS[what]}, content=b"{}")
        refused(answer, 401)
        assert answer.headers["www-authenticate"] == "Bearer"


def cursor(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


MOMENT = "2030-01-01T00:00:00+00:00"
CURSORS = {
    "nothing of ours": "x",
    "not base64": "\u00e9%%",
    "no list": cursor(1),
    "too few": cursor([]),
    "too many": cursor([MOMENT, 1, 1, 1]),
    "another kind": cursor([1.5, {}]),
    "half a character": cursor(["\ud800", 1]),
    "NUL": cursor(["\0", 1]),
    "beyond 64 bits": cursor([MOMENT, 2**63]),
    "no zone": cursor(["2030-01-01T00:00:00", 1, 1]),
    "long": "A" * 5000,
    "a broken byte": base64.urlsafe_b64encode(b'["\xff", 1]').decode(),
}


@pytest.mark.parametrize("what", CURSORS)
def test_a_cursor_that_no_list_gave_is_refused(club: Club, what: str) -> None:
    shift = club.open_shift()
    event = club.value("SELECT event_id FROM signups_shift WHERE id = %s", shift)
    lists = ["~/people", "~/invitations", "~/announcements", "~/exports", "~/overview", "~/events", "/events"]
    for path in (*lists, "/me/sign-ups", f"~/events/{event}/sign-ups"):
        refused(club.ask("GET", path, club.owner, params={"cursor": CURSORS[what]}), 422)


def test_a_cursor_from_the_ends_of_time_is_an_empty_page_or_a_full_one(club: Club) -> None:
    for moment in ("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59.999999-23:59"):
        for path in ("/events", "~/events", "~/overview", "~/overview?past=true", "/me/sign-ups", "~/exports"):
            answer = club.ask("GET", path, club.owner, params={"cursor": cursor([moment, 1])})
            assert answer.status_code in {200, 422}, answer.text


@pytest.mark.parametrize("limit", ["0", "-1", "101", "9" * 5000, "1e2", "x", "", "1;drop", "\u0661"])
def test_a_page_of_no_sensible_size_is_refused(club: Club, limit: str) -> None:
    for path in ("/events", "~/events", "~/people", "~/overview", "/me/sign-ups"):
        refused(club.ask("GET", path, club.owner, params={"limit": limit}), 422)
