"""How is a search kept from taking the database from everyone else? Few run at once, and few wait for a place.

A word that is nowhere costs reading every upcoming event: tens of milliseconds at fifty thousand of them.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from api.errors import UnavailableError

AT_ONCE = 2
MOST_WAITING = 20
MOST_HELD = 1000  # while PostgreSQL is away for a moment


class ConcurrencyLimit:
    """Lets some through and some wait; whoever comes then is told so at once."""

    def __init__(self, at_once: int = AT_ONCE, most_waiting: int = MOST_WAITING) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._most_waiting = most_waiting
        self._waiting = 0

    @contextlib.asynccontextmanager
    async def slot(self, *, is_held: bool = False) -> AsyncIterator[None]:
        """Wait for a slot and keep it until the end of the block; raises UnavailableError when too many wait."""
        if self._waiting >= (MOST_HELD if is_held else self._most_waiting):
            raise UnavailableError("Many search at this moment; try again.")
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._free.release()
