"""How are the database and Redis asked? Over one connection each, kept for this alone, so that no queue stands before.

The traffic's pool may be busy to its limit; that is no reason to call a replica ill.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import psycopg

from .health import CheckError, HeldError
from .outage import Outage, takes_changes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from redis.asyncio import Redis

    from .health import Probe

ANSWER_S = 0.9  # less than a check may take
APPLIED = b"SELECT app || '.' || name FROM django_migrations"


class DatabaseProbe:
    """One autocommit connection, opened on demand and opened anew when the server has ended it.

    An absence that may be over in a moment is no illness of this replica: it is told as `held`.
    """

    def __init__(self, url: str, *, migrations: Iterable[str], outage: Outage | None = None) -> None:
        self.outage = outage or Outage()
        self._url = url
        self._migrations = sorted(migrations)
        self._connection: psycopg.AsyncConnection | None = None
        self._in_turn = asyncio.Lock()

    async def database(self) -> str:
        """Ask the database anything."""
        await self._column(b"SELECT 1")
        if self.outage.is_closed:
            raise HeldError("held: no changes are taken for a moment")
        return "answers"

    async def migrations(self) -> str:
        """Compare the migrations this code needs, as `app.name`, with those that are applied."""
        try:
            applied = await self._column(APPLIED)
        except psycopg.errors.UndefinedTable:
            applied = set()
        pending = [name for name in self._migrations if name not in applied]
        if pending:
            raise CheckError(f"pending: {', '.join(pending)}")
        return "applied"

    async def _column(self, query: bytes) -> set[object]:
        try:
            async with asyncio.timeout(ANSWER_S):
                return await self._answer(query)
        except (psycopg.OperationalError, TimeoutError) as error:
            self.outage.met(error if isinstance(error, psycopg.Error) else psycopg.OperationalError())
            if self.outage.is_short():
                raise HeldError("held") from error
            raise

    async def _answer(self, query: bytes) -> set[object]:
        async with self._in_turn:
            # Taken out while in use, put back after success only: a failed or cancelled one is never used again.
            kept, self._connection = self._connection, None
            if kept is not None:
                # That the server ended it since then, in a restart, says nothing about now.
                with contextlib.suppress(psycopg.OperationalError):
                    return await self._ask(kept, query)
            return await self._ask(await self._open(), query)

    async def _open(self) -> psycopg.AsyncConnection:
        return await psycopg.AsyncConnection.connect(
            self._url, autocommit=True, connect_timeout=2, application_name="slipway-health"
        )

    async def _ask(self, connection: psycopg.AsyncConnection, query: bytes) -> set[object]:
        try:
            rows = await (await connection.execute(query)).fetchall()
        except BaseException:
            await connection.close()
            raise
        self._connection = connection
        self.outage.found(takes_changes=takes_changes(connection))
        return {row[0] for row in rows}

    async def close(self) -> None:
        """Close what is open."""
        if self._connection is not None:
            await self._connection.close()


def redis_probe(redis: Redis) -> Probe:
    """Build the probe that asks whether Redis takes commands."""

    async def ping() -> str:
        await redis.ping()
        return "answers"

    return ping
