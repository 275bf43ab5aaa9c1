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


def _is_open(connection: AsyncConnection[DictRow]) -> bool:
    """Tell whether the server has not closed a connection that lay in the pool; costs no round trip.

    Nothing is under way on it, so there is nothing to read but the server's last words.
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return not poll.poll(0)


def new_pool(settings: Settings) -> Pool:
    """Build the pool, not yet open; each connection is looked at when it is handed out, so restarts go unnoticed."""

    async def check(connection: AsyncConnection[DictRow]) -> None:
        if _is_open(connection):
            return
        await connection.close()  # or the pool would take it back, and hand it out again
        # After a restart the others are closed as well. The pool would try them one by one, with seconds in between.
        await pool.drain()
        raise OperationalError("the server closed the connection")

    pool: Pool = AsyncConnectionPool(
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
        check=check,
        # Give up soon: the next request tries again at once, while the pool's own attempts drift minutes apart.
        reconnect_timeout=2.0,
    )
    return pool


async def fetch(pool: Pool, query: LiteralString, **parameters: object) -> list[dict[str, Any]]:
    """Run one read of what is public, outside a transaction; raises psycopg.OperationalError without a connection."""
    async with pool.connection() as connection:
        cursor = await connection.execute(query, parameters)
        return await cursor.fetchall()
