from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest

from api.http import admission
from api.http.admission import IN_A_TURN, Admission


class Application:
    """Notes in which turn of the loop each request begins, and holds it until it may end."""

    def __init__(self) -> None:
        self.began: list[str] = []
        self.may_end = asyncio.Event()

    async def __call__(self, scope: Any, _receive: Any, _send: Any) -> None:
        """Answer when that is allowed."""
        self.began.append(scope["path"])
        await self.may_end.wait()


class Answers(list[Any]):
    """The `send` of a request."""

    async def __call__(self, message: Any) -> None:
        """Keep a message."""
        self.append(message)


def _ask(admitted: Admission, path: str, answers: Answers | None = None) -> asyncio.Task[None]:
    scope: Any = {"type": "http", "path": path, "method": "GET", "headers": []}
    asking: Any = admitted(scope, None, answers if answers is not None else Answers())  # type: ignore[arg-type]  # no body
    return asyncio.create_task(asking)


def test_a_handful_begins_in_a_turn_in_the_order_in_which_they_came(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "IN_A_SECOND", 0)

    async def play() -> None:
        application = Application()
        admitted = Admission(application)
        asked = [_ask(admitted, f"/{number}") for number in range(3 * IN_A_TURN)]
        await asyncio.sleep(0)
        seen = len(application.began)
        assert seen == IN_A_TURN
        while len(application.began) < len(asked):
            await asyncio.sleep(0)
            assert len(application.began) - seen <= IN_A_TURN
            seen = len(application.began)
        assert application.began == [f"/{number}" for number in range(3 * IN_A_TURN)]
        application.may_end.set()
        await asyncio.gather(*asked)

    asyncio.run(play())


def test_a_turn_that_others_made_long_lets_more_begin() -> None:
    async def play() -> None:
        application = Application()
        admitted = Admission(application)
        asked = [_ask(admitted, f"/{number}") for number in range(5 * IN_A_TURN)]
        await asyncio.sleep(0)
        time.sleep(3 * IN_A_TURN / admission.IN_A_SECOND)  # noqa: ASYNC251 - what holds the loop up
        for _ in range(3):
            await asyncio.sleep(0)
        assert len(application.began) >= 4 * IN_A_TURN
        application.may_end.set()
        await asyncio.gather(*asked)

    asyncio.run(play())


@pytest.mark.req("B-06")
def test_a_probe_does_not_wait() -> None:
    async def play() -> None:
        application = Application()
        admitted = Admission(application)
        asked = [_ask(admitted, f"/{number}") for number in range(2 * IN_A_TURN)]
        asked.append(_ask(admitted, "/health"))
        await asyncio.sleep(0)
        assert application.began[-1] == "/health"
        application.may_end.set()
        await asyncio.gather(*asked)

    asyncio.run(play())


def test_one_too_many_is_told_at_once_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "MOST_WAITING", 3)

    async def play() -> None:
        application, answers = Application(), Answers()
        admitted = Admission(application)
        asked = [_ask(admitted, "/") for _ in range(IN_A_TURN + 3)]
        asked.append(_ask(admitted, "/too-many", answers))
        await asyncio.sleep(0)
        start, body = answers
        assert (start["status"], dict(start["headers"])[b"retry-after"]) == (503, b"1")
        assert json.loads(body["body"])["title"] == "Service Unavailable"
        application.may_end.set()
        await asyncio.gather(*asked)
        assert "/too-many" not in application.began

    asyncio.run(play())


def test_who_leaves_while_waiting_takes_nobodys_turn() -> None:
    async def play() -> None:
        application = Application()
        admitted = Admission(application)
        asked = [_ask(admitted, f"/{number}") for number in range(2 * IN_A_TURN + 1)]
        await asyncio.sleep(0)
        asked[IN_A_TURN].cancel()
        await asyncio.sleep(0)
        application.may_end.set()
        await asyncio.gather(*asked, return_exceptions=True)
        assert application.began == [f"/{number}" for number in range(2 * IN_A_TURN + 1) if number != IN_A_TURN]

    asyncio.run(play())


def test_after_a_quiet_time_nobody_waits() -> None:
    async def play() -> None:
        application = Application()
        application.may_end.set()
        admitted = Admission(application)
        for number in range(3):
            await _ask(admitted, f"/{number}")
            for _ in range(3):
                await asyncio.sleep(0)
        assert len(application.began) == 3

    asyncio.run(play())
