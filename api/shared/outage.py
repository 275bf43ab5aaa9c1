"""For how long has the database been away, and is it still worth waiting for it? As one process has seen it.

Two kinds of absence are told apart. A *hold* is announced: PostgreSQL takes no changes for a moment, or said that it is
stopping; then it is back within the time that a hold may last. A *loss* is not: it may be back within seconds, because
whoever runs it starts it again, and after these nobody waits any more. A database that was never there is neither.
"""

from __future__ import annotations

import asyncio
import contextlib
import select
import threading
import time
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

LOSS_S = 5.0
HOLD_S = 10.0
AGAIN_S = 0.05  # between two attempts to connect
LOOK_S = 0.1  # between two looks whether changes are taken again
FRESH_S = 1.0  # for so long what was met is still true; longer than one attempt takes, and the pause before it
READ_ONLY = "25006"
STOPPING = "57P01"  # "terminating connection due to administrator command"
# Besides STOPPING: a crash of another session, a start or a stop under way, a session that was idle for too long.
LOST = frozenset({STOPPING, "57P02", "57P03", "57P05"})
OURS = (PoolTimeout, TooManyRequests, PoolClosed)  # the pool's own words, which say nothing of PostgreSQL


def is_lost(error: BaseException | None) -> bool:
    """Tell whether a connection was lost or refused; an error of Django's has the driver's as its cause."""
    found = _of_driver(error)
    if not isinstance(found, psycopg.OperationalError | psycopg.InterfaceError) or isinstance(found, OURS):
        return False
    return found.sqlstate is None or found.sqlstate in LOST or found.sqlstate.startswith("08")


def is_held(error: BaseException | None) -> bool:
    """Tell whether PostgreSQL refused a change because it takes none for a moment."""
    return _state(error) == READ_ONLY


def takes_changes(connection: Any) -> bool:
    """Tell whether a connection's server takes changes; it says so by itself, without being asked."""
    told = connection.pgconn.parameter_status(b"default_transaction_read_only")
    return bool(told != b"on")


def is_open(connection: Any) -> bool:
    """Tell whether the server has not closed a connection that lay in a pool; costs no round trip.

    Nothing is under way on it, so there is nothing to read but the server's last words, which are heard, or that a
    setting of it changed.
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if not poll.poll(0):
        return True
    try:
        connection.pgconn.consume_input()
        return not poll.poll(0)
    except psycopg.Error:
        return False


class Outage:
    """What is known of the database's absence; whoever talks to it says what they met. Safe in threads."""

    def __init__(
        self, *, hold_s: float = HOLD_S, loss_s: float = LOSS_S, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.hold_s = hold_s
        self.loss_s = loss_s
        self._now = now
        self._lock = threading.Lock()
        self._was_there = False
        self._since: float | None = None
        self._met = 0.0  # when it did not answer last
        self._ended: float | None = None
        self._is_announced = False
        self.is_closed = False  # it answers, and takes no changes

    def found(self, *, takes_changes: bool = True) -> None:
        """Note that it answers."""
        with self._lock:
            self._was_there = True
            if not takes_changes:
                self._begin(is_announced=True)
                self.is_closed = True
                return
            self._ended = self._ended if self._since is None else self._now()
            self._since, self._is_announced, self.is_closed = None, False, False

    def met(self, error: BaseException | None) -> None:
        """Note an error, if it is one that tells of an absence."""
        if is_held(error):
            self.found(takes_changes=False)
        elif is_lost(error):
            self.lost(is_announced=_state(error) == STOPPING)

    def lost(self, *, is_announced: bool = False) -> None:
        """Note that it does not answer."""
        with self._lock:
            self._begin(is_announced=is_announced)
            self._met = self._now()

    def left_s(self) -> float:
        """Return for how long it is worth waiting; 0 when it is there, never was, or has been away for too long."""
        with self._lock:
            if self._since is None or not self._was_there:
                return 0.0
            most_s = self.hold_s if self._is_announced else self.loss_s
            return max(0.0, self._since + most_s - self._now())

    @property
    def is_away(self) -> bool:
        """Whether it did not answer when it was asked last."""
        return self._since is not None

    def is_short(self) -> bool:
        """Tell whether it is away, and may be back in a moment."""
        return self.left_s() > 0

    def is_over(self) -> bool:
        """Tell whether it has been away for too long, and was so a moment ago.

        What nobody has met for a while says nothing: it may be long back, and nobody has asked.
        """
        with self._lock:
            is_fresh = self._now() - self._met <= FRESH_S
        return self.is_away and is_fresh and not self.is_short()

    def ended_within(self, seconds: float) -> bool:
        """Tell whether it came back so recently: then those who waited for it are still being served."""
        with self._lock:
            return self._since is None and self._ended is not None and self._now() - self._ended < seconds

    def _begin(self, *, is_announced: bool) -> None:
        if self._since is None:
            self._since = self._now()
        self._is_announced = self._is_announced or is_announced


class Reopening:
    """Waits until changes are taken again, or it is no longer worth waiting; one looks for all who wait."""

    def __init__(self, outage: Outage, look: Callable[[], Awaitable[object]]) -> None:
        self._outage = outage
        self._look = look
        self._looking: asyncio.Task[None] | None = None

    async def wait(self) -> None:
        """Return at once while changes are taken."""
        if not self._outage.is_closed:
            return
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._until_open())
        await asyncio.shield(self._looking)

    async def _until_open(self) -> None:
        while self._outage.is_closed and self._outage.is_short():
            await asyncio.sleep(LOOK_S)
            with contextlib.suppress(Exception):  # it is away now: whoever looks has told the outage so
                await self._look()


def _state(error: BaseException | None) -> str | None:
    found = _of_driver(error)
    return found.sqlstate if isinstance(found, psycopg.Error) else None


def _of_driver(error: BaseException | None) -> BaseException | None:
    while error is not None and not isinstance(error, psycopg.Error):
        error = error.__cause__
    return error
