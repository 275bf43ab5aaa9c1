from __future__ import annotations

import http.client
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.services.accounts import random_email
from tests.integration.services.clubs import Club, new_club
from tests.integration.services.services_processes import Services, Web, json_lines

CSV = {"Content-Type": "text/csv"}


@pytest.fixture(scope="module")
def club(apart: Services, apart_api: Web) -> Iterator[Club]:
    with new_club(apart, apart_api) as made:
        yield made


def is_problem(answer: Any, *statuses: int) -> None:
    assert answer.status_code in statuses, answer.text[:500]
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.content) < 3000


INJECTED = ["Eve\r\nBcc: x@example.org", "Eve\nX", "Eve\u2028X", "Eve\u0085X", "Eve\x00", "Eve\x1b[2J", "\u202e" * 201]


@pytest.mark.parametrize("name", INJECTED)
def test_what_goes_into_the_head_of_a_mail_is_one_line(club: Club, name: str) -> None:
    shift, times = club.open_shift(), {"starts_at": "2030-01-01T10:00:00Z", "ends_at": "2030-01-01T18:00:00Z"}
    event = club.value("SELECT event_id FROM signups_shift WHERE id = %s", shift)
    bodies: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/auth/register", {"name": name, "email": random_email()}),
        ("PATCH", "/me", {"name": name}),
        ("PATCH", "~", {"name": name}),
        ("POST", "/organizations", {"name": name}),
        ("POST", "~/people", {"name": name, "email": random_email()}),
        ("POST", "~/announcements", {"subject": name, "body": "x"}),
        ("POST", "~/events", {"title": name, **times}),
        ("PATCH", f"~/events/{event}", {"title": name}),
        ("PATCH", f"~/shifts/{shift}", {"title": name}),
        ("POST", "~/invitations", {"email": f"{name}@example.org", "role": "volunteer"}),
    ]
    for method, path, body in bodies:
        is_problem(club.ask(method, path, club.owner, json=body), 422)
    is_problem(club.ask("POST", f"/shifts/{shift}/sign-ups", json={"name": name, "email": random_email()}), 422)


@pytest.mark.parametrize(
    "search", ["%", "_", "\\", "%' OR '1'='1", "'; DROP TABLE x; --", "\\%", "a" * 200, "*.*", "$1"]
)
def test_what_is_searched_for_is_taken_as_it_stands(club: Club, search: str) -> None:
    club.event(title="Beach clean-up")
    assert club.get("~/people", club.owner, search=search)["items"] == []
    found = club.get("/events", search=search)["items"]
    assert all(search.split(maxsplit=1)[0].lower() in f"{one['title']} {one['organization']}".lower() for one in found)


@pytest.mark.parametrize("search", ["\0", "a" * 201])
def test_what_cannot_be_searched_for_is_refused(club: Club, search: str) -> None:
    for path in ("~/people", "/events"):
        is_problem(club.ask("GET", path, club.owner, params={"search": search}), 422)


def test_what_stands_in_a_text_is_found_with_its_wildcards(club: Club) -> None:
    club.person("100%_sure")
    assert [one["name"] for one in club.get("~/people", club.owner, search="0%_S")["items"]] == ["100%_sure"]


PATHS = [
    "/events/..%2f..%2fetc%2fpasswd",
    "/events/%2e%2e/health",
    "/events/../health",
    "/organizations/%00",
    "/organizations/%c0%ae%c0%ae",
    "/organizations/%ff%fe%fd",
    "/organizations/%ED%A0%80/events",
    "/organizations/a%0d%0aSet-Cookie:x=1",
    "/organizations/%25%32%65",
    "/organizations/" + "a" * 5000,
    "/events/1%00",
    "/events/0",
    "/events/-1",
    "/events/9223372036854775808",
    "/events/" + "9" * 5000,
    "/events/%D9%A1",
    "/events/1;x",
    "//events/x",
    "/tasks/../../x",
    "/static/../settings.py",
    "/%",
    "/%zz",
]


@pytest.mark.parametrize("path", PATHS)
def test_a_path_that_leads_nowhere_is_refused_as_it_was_sent(apart_api: Web, path: str) -> None:
    for method in ("GET", "HEAD", "POST", "DELETE"):
        raw = http.client.HTTPConnection("127.0.0.1", apart_api.port, timeout=10)
        raw.putrequest(method, path, skip_accept_encoding=True)
        raw.endheaders()
        answer = raw.getresponse()
        body = answer.read()
        raw.close()
        assert answer.status in {404, 405, 422}, body
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers.get("set-cookie") is None
        assert len(body) < 3000


@pytest.mark.parametrize(
    "header",
    [
        {"Idempotency-Key": "short"},
        {"Idempotency-Key": "k" * 129},
        {"Idempotency-Key": "with a blank"},
        {"Idempotency-Key": b"\xff" * 10},
    ],
)
def test_a_key_of_another_form_is_refused(club: Club, header: dict[str, Any]) -> None:
    is_problem(club.ask("POST", "~/exports", club.owner, headers=header), 422)


@pytest.mark.parametrize(
    "cookie", [b"refresh=\xff\xfe", b"refresh=" + b"x" * 8000, b"refresh=%00", b'refresh="\\000"', b"=;;"]
)
def test_a_cookie_that_is_none_is_no_session(apart_api: Web, cookie: bytes) -> None:
    answer = apart_api.client.post("/auth/refresh", headers={b"Cookie": cookie})
    is_problem(answer, 401)
    assert apart_api.client.post("/auth/logout", headers={b"Cookie": cookie}).status_code == 204


BOMBS: dict[str, bytes] = {
    "many lines": b"name,email\n" + b"a,b\n" * 200_000,
    "many people": b"name,email\n" + b"".join(b"a,a%d@example.org\n" % number for number in range(5001)),
    "many columns": b"name,email" + b"," * 900_000,
    "one cell": b'name,email\n"' + b"a" * 900_000,
    "many quotes": b"name,email\n" + b'"' * 900_000,
    "NUL": b"name,email\n\0,\0\n",
    "UTF-16": "name,email\na,a@example.org".encode("utf-16"),
    "not UTF-8": b"name,email\n\xff,\xfe@example.org",
    "no header": b"a,a@example.org\n",
    "the same column twice": b"name,email,email\n",
    "blank lines": b"\n" * 1_000_000,
    "returns alone": b"name,email\ra,b\r" * 1000,
}


@pytest.mark.parametrize("what", BOMBS)
def test_a_file_made_to_do_harm_does_none(club: Club, what: str) -> None:
    before = club.value("SELECT count(*) FROM signups_member WHERE organization_id = %s", club.id)
    answer = club.ask("POST", "~/people/import", club.owner, content=BOMBS[what], headers=CSV, timeout=30)
    assert answer.status_code in {200, 422}, answer.text[:500]
    assert answer.status_code == 422 or answer.json()["created"] == 0
    assert club.value("SELECT count(*) FROM signups_member WHERE organization_id = %s", club.id) == before


def test_who_has_an_account_is_not_told_by_any_answer(club: Club, apart_api: Web) -> None:
    free, full = club.open_shift(capacity=5), club.open_shift(capacity=1)
    known, unknown = club.volunteer.email, club.email("unknown")
    for shift in (free, full):
        club.sign_up(shift, club.volunteer)
    questions: list[tuple[str, dict[str, Any]]] = [
        ("/auth/register", {"name": "Eve"}),
        ("/auth/forgot", {}),
        ("/auth/login", {"password": "a garden wall of stone"}),
        (f"/shifts/{free}/sign-ups", {"name": "Eve"}),
        (f"/shifts/{full}/sign-ups", {"name": "Eve"}),
    ]
    for path, body in questions:
        answers = [apart_api.client.post(path, json={**body, "email": email}) for email in (known, unknown)]
        first, second = (_bare(answer) for answer in answers)
        assert first == second, path


def _bare(answer: Any) -> tuple[Any, ...]:
    """Return an answer without what differs from request to request."""
    request_id = answer.headers["x-request-id"]
    headers = {name: value for name, value in answer.headers.items() if name not in {"date", "x-request-id"}}
    return answer.status_code, headers, answer.content.replace(request_id.encode(), b"")


def test_the_api_raised_nothing_that_it_did_not_expect(apart_api: Web) -> None:
    """The last of this module: whatever was sent before, by any test, left no exception in the log."""
    failed = [line for line in json_lines(apart_api.process) if line.get("severity") in {"ERROR", "CRITICAL"}]
    assert failed == []
