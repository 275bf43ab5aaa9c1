from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from api.shared import again
from api.shared.again import AskAgain
from api.shared.outage import Outage, Reopening

LOST = psycopg.OperationalError("server closed the connection unexpectedly")
HELD = psycopg.errors.ReadOnlySqlTransaction()
BUSY = psycopg.errors.QueryCanceled()


class Server:
    """An application that fails as often as it is told to, and what a client saw of it."""

    def __init__(self, *errors: Exception, before: Callable[[], None] = lambda: None) -> None:
        self.errors = list(errors)
        self.before = before
        self.bodies: list[bytes] = []
        self.repeated: list[bool] = []
        self.sent: list[Any] = []
        self.outage = Outage(hold_s=2.0)
        self.outage.found()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer once."""
        del scope
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message.get("more_body", False)
        self.bodies.append(body)
        self.repeated.append(again.is_repeated())
        self.before()
        error = self.errors.pop(0) if self.errors else None
        again.failed(error)
        await send({"type": "http.response.start", "status": 503 if error else 200, "headers": []})
        await send({"type": "http.response.body", "body": b"no" if error else b"yes"})

    async def _look(self) -> None:
        self.outage.found()

    def ask(self, method: str, path: str = "/events") -> tuple[list[int], bytes]:
        """Ask it once; return the statuses and the body that a client got."""
        parts = [{"type": "http.request", "body": b"a", "more_body": True}, {"type": "http.request", "body": b"b"}]

        async def receive() -> Any:
            return parts.pop(0)

        async def send(message: Any) -> None:
            self.sent.append(message)

        asked = AskAgain(self, outage=self.outage, reopening=Reopening(self.outage, self._look))
        asyncio.run(asked({"type": "http", "method": method, "path": path}, receive, send))
        statuses = [one["status"] for one in self.sent if one["type"] == "http.response.start"]
        return statuses, b"".join(one["body"] for one in self.sent if one["type"] == "http.response.body")


def commits() -> None:
    again.committing()


def commits_with_a_key() -> None:
    again.committing()
    again.has_key()


def nothing() -> None:
    pass


@pytest.mark.req("B-01", "B-09")
@pytest.mark.parametrize("error", [LOST, HELD])
@pytest.mark.parametrize(
    ("method", "before", "is_asked_again"),
    [
        ("GET", nothing, True),
        ("GET", commits, True),
        ("HEAD", nothing, True),
        ("POST", nothing, True),
        ("PATCH", nothing, True),
        ("POST", commits, False),
        ("DELETE", commits, False),
        ("POST", commits_with_a_key, True),
    ],
)
def test_what_is_safe_is_asked_again_and_an_uncertain_commit_is_not(
    error: Exception, method: str, before: Callable[[], None], *, is_asked_again: bool
) -> None:
    server = Server(error, before=before)
    assert server.ask(method) == (([200], b"yes") if is_asked_again else ([503], b"no"))
    assert server.bodies == ([b"ab", b"ab"] if is_asked_again else [b"ab"])
    assert server.repeated == ([False, True] if is_asked_again else [False])


def test_what_has_nothing_to_do_with_an_absence_is_answered_as_it_is() -> None:
    assert Server(BUSY).ask("GET") == ([503], b"no")


def test_a_request_that_meets_an_absence_each_time_is_given_up() -> None:
    server = Server(*[LOST] * 20)
    assert server.ask("GET") == ([503], b"no")
    assert len(server.bodies) == 5


def test_a_change_that_is_refused_for_longer_than_a_hold_may_last_is_not_asked_again() -> None:
    server = Server(HELD)
    server.outage = Outage(hold_s=0.0)
    server.outage.found()
    assert server.ask("POST") == ([503], b"no")
    assert len(server.bodies) == 1


def test_a_probe_is_never_asked_again() -> None:
    assert Server(LOST).ask("GET", "/health") == ([503], b"no")


def test_a_change_waits_before_it_is_asked_while_none_is_taken_and_a_read_does_not() -> None:
    change, read = Server(), Server()
    for server in (change, read):
        server.outage.found(takes_changes=False)
    assert change.ask("POST") == ([200], b"yes")
    assert not change.outage.is_closed
    assert read.ask("GET") == ([200], b"yes")
    assert read.outage.is_closed


@pytest.mark.req("B-09")
@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1", False),
        ("\n    SELECT set_config('slipway.user_id', id::text, true) FROM signups_user", False),
        ('SELECT "signups_event"."id" FROM "signups_event" WHERE x IN (1)', False),
        ('SAVEPOINT "s1"', False),
        ("SELECT signups_settle(%s)", True),
        ("SELECT signups_confirm(id) FROM signups_member", True),
        ("WITH asked AS (INSERT INTO signups_invitation VALUES (1)) SELECT 1", True),
        ("update signups_user SET name = ''", True),
        ("INSERT INTO signups_user VALUES (1)", True),
        ("DELETE FROM signups_user", True),
        ("TRUNCATE signups_user", True),
    ],
)
def test_a_statement_that_may_change_something_is_known(sql: str, *, expected: bool) -> None:
    assert again.may_change(sql) == expected
