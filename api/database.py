"""How does the API reach PostgreSQL? Through one bounded pool: who would wait too long is told so at once, with 503."""

from __future__ import annotations

import select
from typing import TYPE_CHECKING, Any, LiteralString

from psycopg import AsyncConnection, OperationalError
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

if TYPE_CHECKING:
    from api.settings import Settings

STATEMENT_TIMEOUT_MS = 5000
# With arrays as parameters PostgreSQL would plan each execution anew, which costs more than to execute.
OPTIONS = f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c timezone=UTC -c plan_cache_mode=force_generic_plan"
Pool = AsyncConnectionPool[AsyncConnection[DictRow]]


async def _check_open(connection: AsyncConnection[DictRow]) -> None:
    """Raise OperationalError when the server closed a connection that lay in the pool; costs no round trip.

    Nothing is under way on it, so there is nothing to read but the server's last words.
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if poll.poll(0):
        await connection.close()  # or the pool would take it back, and hand it out again
        raise OperationalError("the server closed the connection")


def new_pool(settings: Settings) -> Pool:
    """Build the pool, not yet open; each connection is looked at when it is handed out, so restarts go unnoticed."""
    return AsyncConnectionPool(
        settings.database_url.get_secret_value(),
        connection_class=AsyncConnection[DictRow],
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
        check=_check_open,
        # Give up soon: the next request tries again at once, while the pool's own attempts drift minutes apart.
        reconnect_timeout=2.0,
    )


async def fetch(pool: Pool, query: LiteralString, **parameters: object) -> list[dict[str, Any]]:
    """Run one read of what is public, outside a transaction; raises psycopg.OperationalError without a connection."""
    async with pool.connection() as connection:
        cursor = await connection.execute(query, parameters)
        return await cursor.fetchall()
