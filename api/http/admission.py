"""How many requests begin in one turn of the event loop? Few, so that a turn is short.

Hundreds that begin in the same turn hold up everything that takes several turns: the way to the database and back, and
the health check, which then finds a database that does not answer. So they begin a handful at a time, in the order in
which they came. When too many wait, who comes is told so at once. To tell it to thousands makes a turn long as well:
then more begin in it, so that those who wait get on however many are turned away.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING

from api.http.problems import problem
from api.shared.requests import PROBES

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

IN_A_TURN = 16
IN_A_SECOND = 750  # half of what a core can
MOST_WAITING = 1000  # half a second's worth


class Admission:
    """Pure ASGI: admits requests at a pace, and answers 503 when too many wait; probes do not wait."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._begun = 0
        self._is_turning = False
        self._turned_at = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and scope["path"] not in PROBES:
            if len(self._waiting) >= MOST_WAITING:
                answer = problem(503, detail="Too many requests wait already; try again.")
                await answer(scope, receive, send)
                return
            await self._turn()
        await self.app(scope, receive, send)

    async def _turn(self) -> None:
        """Wait for one's turn; the first ones of a turn do not wait."""
        if not self._is_turning:
            self._is_turning, self._turned_at = True, time.monotonic()
            asyncio.get_running_loop().call_soon(self._next)
        if self._begun < IN_A_TURN and not self._waiting:
            self._begun += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        await turn

    def _next(self) -> None:
        now = time.monotonic()
        most = max(IN_A_TURN, int((now - self._turned_at) * IN_A_SECOND))
        self._begun, self._turned_at = 0, now
        while self._waiting and self._begun < most:
            turn = self._waiting.popleft()
            if not turn.done():  # whoever was cancelled meanwhile has left
                self._begun += 1
                turn.set_result(None)
        self._is_turning = self._begun > 0
        if self._is_turning:
            asyncio.get_running_loop().call_soon(self._next)
