from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.shared.requests import (
    WELL_FORMED_ID,
    InFlight,
    RequestMiddleware,
    Running,
    request_id_of,
    without_trailing_slash,
)


@pytest.mark.parametrize("given_id", ["abcdefgh", "01HF-req_7.x", "a" * 64])
def test_a_well_formed_request_id_is_kept(given_id: str) -> None:
    assert request_id_of([(b"Host", b"x"), (b"X-Request-Id", given_id.encode())]) == given_id


@pytest.mark.parametrize(
    "value", [b"", b"short", b"a" * 65, b"abcdefgh\n", b'abcdefgh"}', b"-abcdefgh", "äbcdefgh".encode()]
)
def test_any_other_request_id_is_replaced(value: bytes) -> None:
    made = request_id_of([(b"x-request-id", value)])
    assert made.encode() != value
    assert WELL_FORMED_ID.fullmatch(made)


def test_a_request_without_an_id_gets_one() -> None:
    assert WELL_FORMED_ID.fullmatch(request_id_of([(b"host", b"x")]))


def test_two_request_ids_are_none() -> None:
    header = (b"x-request-id", b"abcdefgh")
    assert request_id_of([header, header]) != "abcdefgh"


@given(st.binary(max_size=80))
def test_whatever_is_sent_the_id_is_well_formed(value: bytes) -> None:
    assert WELL_FORMED_ID.fullmatch(request_id_of([(b"x-request-id", value)]))


@pytest.mark.parametrize(("path", "bare"), [("/", "/"), ("/health", "/health"), ("/health/", "/health"), ("//", "/")])
def test_the_slash_at_the_end_goes(path: str, bare: str) -> None:
    assert without_trailing_slash(path) == bare


def ask(app: Any, path: str = "/x", *, in_flight: InFlight | None = None) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    scope = {"type": "http", "method": "GET", "path": path, "headers": [(b"x-request-id", b"abcdefgh")]}
    asyncio.run(RequestMiddleware(app, in_flight=in_flight or InFlight(), root_path="/api")(scope, receive, send))
    return sent


async def raises(_scope: Any, _receive: Any, _send: Any) -> None:
    raise RuntimeError("canary-secret")


def test_an_exception_becomes_a_problem_that_tells_nothing() -> None:
    start, body = ask(raises)
    assert start["status"] == 500
    assert (b"x-request-id", b"abcdefgh") in start["headers"]
    assert json.loads(body["body"])["request_id"] == "abcdefgh"
    assert b"canary" not in body["body"]


def test_an_exception_after_the_answer_began_cuts_the_connection() -> None:
    async def half(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("too late")

    with pytest.raises(RuntimeError, match="too late"):
        ask(half)


@pytest.mark.parametrize(("strips", "seen"), [(None, "/events"), (True, "/events"), (False, "/events/")])
def test_the_application_sees_its_path_without_the_slash_unless_it_wants_it(strips: bool | None, seen: str) -> None:  # noqa: FBT001 - of a table
    paths = []

    async def look(scope: Any, _receive: Any, _send: Any) -> None:
        paths.append(scope["path"])

    said: dict[str, Any] = {} if strips is None else {"strip_slash": strips}
    scope = {"type": "http", "method": "GET", "path": "/events/", "headers": []}
    nothing: Any = None
    asyncio.run(RequestMiddleware(look, in_flight=InFlight(), **said)(scope, nothing, nothing))
    assert paths == [seen]


@pytest.mark.parametrize(("path", "counted"), [("/events", 1), ("/ready", 0), ("/health/", 0), ("/api/ready", 0)])
def test_requests_are_counted_while_they_run_probes_are_not(path: str, counted: int) -> None:
    in_flight, seen = InFlight(), []

    async def look(_scope: Any, _receive: Any, _send: Any) -> None:
        seen.append(in_flight.count)

    ask(look, path, in_flight=in_flight)
    assert (seen, in_flight.count) == ([counted], 0)


def test_a_failed_request_is_no_longer_counted() -> None:
    in_flight = InFlight()
    ask(raises, in_flight=in_flight)
    assert in_flight.count == 0


class Lines:
    """A log that keeps what is said."""

    def __init__(self) -> None:
        self.said: list[tuple[int, str, dict[str, Any]]] = []

    def log(self, severity: int, message: str, **more: Any) -> None:
        """Keep a line."""
        self.said.append((severity, message, more))


@pytest.mark.req("B-05")
def test_a_request_that_is_cut_is_a_warning_once_with_its_id_and_path(monkeypatch: pytest.MonkeyPatch) -> None:
    lines, in_flight = Lines(), InFlight()
    monkeypatch.setattr("api.shared.requests.log", lines)
    with in_flight.holding(Running("abcdefgh", "POST", "/events", task=None)):
        in_flight.cut()
        in_flight.cut()
    in_flight.cut()
    [(severity, message, more)] = lines.said
    assert (severity, message) == (logging.WARNING, "request cut")
    assert more.items() >= {"request_id": "abcdefgh", "method": "POST", "path": "/events"}.items()
    assert 0 <= more["duration_ms"] < 5000


@pytest.mark.req("B-05")
def test_a_request_that_is_cut_ends_where_it_waits() -> None:
    async def cut() -> bool:
        in_flight, began = InFlight(), asyncio.Event()

        async def hold() -> None:
            with in_flight.holding(Running("abcdefgh", "GET", "/x")):
                began.set()
                await asyncio.Event().wait()

        task = asyncio.create_task(hold())
        await began.wait()
        in_flight.cut()
        await asyncio.wait({task}, timeout=10)
        return task.cancelled()

    assert asyncio.run(cut())
