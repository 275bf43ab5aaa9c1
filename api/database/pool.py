"""How does the API reach PostgreSQL? Through one bounded pool: who would wait too long is told so at once, with 503.

While PostgreSQL is away for a moment, held or lost, whoever asks for a connection waits for it to come back.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, LiteralString

from psycopg import AsyncConnection, OperationalError
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from api.shared.outage import AGAIN_S, STOPPING, Outage, is_lost, is_open, takes_changes

if TYPE_CHECKING:
    from psycopg.errors import Diagnostic

    from api.settings import Settings

STATEMENT_TIMEOUT_MS = 5000
# With arrays as parameters PostgreSQL would plan each execution anew, which costs more than to execute.
OPTIONS = f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c timezone=UTC -c plan_cache_mode=force_generic_plan"


class Pool(AsyncConnectionPool[AsyncConnection[DictRow]]):
    """A pool whose callers wait as long as an outage may be short; each connection is looked at when it is given."""

    def __init__(self, *arguments: Any, outage: Outage, **more: Any) -> None:
        self.outage = outage
        super().__init__(*arguments, connection_class=_patient(outage), **more)

    @property
    def max_waiting(self) -> int:
        """How many may wait: as many in a second as always, for as long as an outage may be short."""
        is_away = self.outage.is_short() or self.outage.ended_within(self.timeout)
        return int(self._max_waiting * max(1.0, self.outage.hold_s / self.timeout)) if is_away else self._max_waiting

    @max_waiting.setter
    def max_waiting(self, most: int) -> None:
        self._max_waiting = most

    async def getconn(self, timeout: float | None = None) -> AsyncConnection[DictRow]:  # noqa: ASYNC109 - the pool's own
        """Return a connection that the server has not closed, so that a restart goes unnoticed."""
        while True:
            connection = await self._taken(self.timeout if timeout is None else timeout)
            if is_open(connection):
                return connection
            self.outage.lost()
            await connection.close()  # or the pool would take it back, and hand it out again
            await self.putconn(connection)
            await self.drain()  # after a restart the others are closed as well

    async def _taken(self, timeout_s: float) -> AsyncConnection[DictRow]:
        while True:
            try:
                return await super().getconn(max(timeout_s, self.outage.left_s()))
            except PoolTimeout:
                if not (self.outage.is_short() or self.outage.ended_within(timeout_s)):
                    raise


def _patient(outage: Outage) -> type[AsyncConnection[DictRow]]:
    """Return the class of connections that are asked for again as long as the outage is short."""

    def heard(words: Diagnostic) -> None:
        if words.sqlstate == STOPPING:
            outage.lost(is_announced=True)

    class Patient(AsyncConnection[DictRow]):
        @classmethod
        async def connect(cls, *arguments: Any, **more: Any) -> Patient:
            while True:
                try:
                    connection = await super().connect(*arguments, **more)
                except OperationalError:
                    outage.lost()
                    if not outage.is_short():
                        raise
                    await asyncio.sleep(AGAIN_S)
                else:
                    outage.found(takes_changes=takes_changes(connection))
                    connection.add_notice_handler(heard)
                    return connection

    return Patient


def new_pool(settings: Settings, outage: Outage) -> Pool:
    """Build the pool, not yet open."""
    return Pool(
        settings.database_url.get_secret_value(),
        outage=outage,
        kwargs={
            "autocommit": True,
            "row_factory": dict_row,
            "connect_timeout": 3,
            "application_name": "slipway-api",
            "options": OPTIONS,
            "prepare_threshold": 2,
        },
        name="api",
        open=False,
        min_size=1,
        max_size=settings.database_pool_max,
        max_waiting=settings.database_pool_waiting,
        timeout=settings.database_pool_timeout_s,
        # Give up soon: the next request tries again at once, while the pool's own attempts drift minutes apart.
        reconnect_timeout=2.0,
    )


async def fetch(pool: Pool, query: LiteralString, **parameters: object) -> list[dict[str, Any]]:
    """Run one read of what is public, outside a transaction; raises psycopg.OperationalError without a connection.

    A read that is cut by an outage is asked again: here, so that those who share it need not ask each for themselves.
    """
    until = time.monotonic() + pool.outage.hold_s
    while True:
        try:
            async with pool.connection() as connection:
                cursor = await connection.execute(query, parameters)
                return await cursor.fetchall()
        except OperationalError as error:
            if not is_lost(error) or time.monotonic() > until:
                raise
            pool.outage.met(error)
