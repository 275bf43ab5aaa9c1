"""May a request that met an absence of the database be asked again? Then it is, and its client notices a wait at most.

Asked again is what is safe: GET, HEAD and OPTIONS; what had told no transaction to commit, because then PostgreSQL has
kept nothing of it; and what carries an Idempotency-Key on a route that honours it. A commit whose answer was lost is
uncertain, and without a key it is never repeated.
"""

from __future__ import annotations

import functools
import re
import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from .outage import is_held, is_lost
from .requests import PROBES

if TYPE_CHECKING:
    from collections.abc import Callable

    from .outage import Outage, Reopening
    from .requests import App, Message, Receive, Scope, Send

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
READS = re.compile(r"\s*(SELECT|SHOW|SET|SAVEPOINT|RELEASE|ROLLBACK)\b", re.IGNORECASE)
OF_OURS = re.compile(r"\bsignups_\w+\(")  # functions, and some of them change what is stored
MOST_WAITING = 2000
MOST_TRIES = 5  # a request that ends the server itself must not do so for ever
log = structlog.stdlib.get_logger("slipway.again")


@dataclass
class Asked:
    """One request, as far as it may be asked again."""

    is_safe: bool
    tries: int = 0
    has_key: bool = False
    has_committed: bool = False  # or was told to
    error: BaseException | None = field(default=None, repr=False)

    @property
    def may_be_asked_again(self) -> bool:
        """Tell whether what went wrong passes, and nothing is done twice."""
        return self.error is not None and (self.is_safe or self.has_key or not self.has_committed)


_asked: ContextVar[Asked | None] = ContextVar("asked", default=None)


@functools.lru_cache(maxsize=1024)
def may_change(sql: str) -> bool:
    """Tell whether a statement may change something that is stored."""
    return not READS.match(sql) or bool(OF_OURS.search(sql))


def committing() -> None:
    """Note that a transaction of this request, which has changed something, is about to be told to commit."""
    asked = _asked.get()
    if asked is not None:
        asked.has_committed = True


def has_key() -> None:
    """Note that this request has an Idempotency-Key which its route honours."""
    asked = _asked.get()
    if asked is not None:
        asked.has_key = True


def is_repeated() -> bool:
    """Tell whether this request is being asked again: what was counted for it was counted already."""
    asked = _asked.get()
    return asked is not None and asked.tries > 1


def is_uncertain() -> bool:
    """Tell whether this request may have had its effect although it fails."""
    asked = _asked.get()
    return asked is not None and asked.has_committed and not asked.is_safe


def failed(error: BaseException | None) -> None:
    """Note what went wrong with this request, if it is an absence of the database."""
    asked = _asked.get()
    if asked is not None and (is_lost(error) or is_held(error)):
        asked.error = error


class AskAgain:
    """Pure ASGI, innermost: asks the application again when the database was away for a moment."""

    def __init__(self, app: App, *, outage: Outage, reopening: Reopening, most_waiting: int = MOST_WAITING) -> None:
        self.app = app
        self._outage = outage
        self._reopening = reopening
        self._most_waiting = most_waiting
        self._waiting = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] in PROBES:
            await self.app(scope, receive, send)
            return
        asked, heard = Asked(is_safe=scope["method"] in SAFE), _Heard(receive)
        _asked.set(asked)
        deadline: float | None = None
        while True:
            if asked.tries or not asked.is_safe:
                await self._wait()
            asked.tries, asked.error = asked.tries + 1, None
            held = _Held(send, functools.partial(self._is_worth_it, asked, deadline))
            await self.app({**scope}, heard.again(), held)
            if not held.is_taken_back:
                return
            deadline = deadline or time.monotonic() + self._outage.hold_s
            log.info("asked again", method=scope["method"], path=scope["path"], error=type(asked.error).__name__)

    def _is_worth_it(self, asked: Asked, deadline: float | None) -> bool:
        self._outage.met(asked.error)
        if is_held(asked.error) and not self._outage.is_short():
            return False  # no changes are taken for longer than a hold may last
        is_in_time = asked.tries < MOST_TRIES and (deadline is None or time.monotonic() < deadline)
        return is_in_time and asked.may_be_asked_again and self._waiting < self._most_waiting

    async def _wait(self) -> None:
        if not self._outage.is_closed or self._waiting >= self._most_waiting:
            return
        self._waiting += 1
        try:
            await self._reopening.wait()
        finally:
            self._waiting -= 1


class _Heard:
    """What the client has sent, kept so that it can be read again; its size is bounded outside of this."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._messages: list[Message] = []

    def again(self) -> Receive:
        """Return a `receive` that begins with the first message."""
        told = iter(list(self._messages))

        async def receive() -> Message:
            for message in told:
                return message
            message = await self._receive()
            if message["type"] == "http.request":
                self._messages.append(message)
            return message

        return receive


class _Held:
    """The `send` of one try: an answer that tells of an absence is taken back when the request is asked again."""

    def __init__(self, send: Send, is_worth_it: Callable[[], bool]) -> None:
        self._send = send
        self._is_worth_it = is_worth_it
        self.is_taken_back = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.is_taken_back = self._is_worth_it()
        if not self.is_taken_back:
            await self._send(message)
