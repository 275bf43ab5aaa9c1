"""How does the API reach PostgreSQL? Through one bounded pool: a full one answers 503 at once instead of queueing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, LiteralString

from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

if TYPE_CHECKING:
    from api.settings import Settings

STATEMENT_TIMEOUT_MS = 5000


def new_pool(settings: Settings) -> AsyncConnectionPool[AsyncConnection[DictRow]]:
    """Build the pool, not yet open; each connection is checked when it is handed out, so restarts go unnoticed."""
    return AsyncConnectionPool(
        settings.database_url.get_secret_value(),
        connection_class=AsyncConnection[DictRow],
        kwargs={
            "autocommit": True,
            "row_factory": dict_row,
            "connect_timeout": 3,
            "application_name": "slipway-api",
            "options": f"-c statement_timeout={STATEMENT_TIMEOUT_MS}",
        },
        name="api",
        open=False,
        min_size=1,
        max_size=settings.database_pool_max,
        max_waiting=settings.database_pool_waiting,
        timeout=settings.database_pool_timeout_s,
        check=AsyncConnectionPool.check_connection,
        # Give up soon: the next request tries again at once, while the pool's own attempts drift minutes apart.
        reconnect_timeout=2.0,
    )


async def fetch(
    pool: AsyncConnectionPool[AsyncConnection[DictRow]], query: LiteralString, *parameters: object
) -> list[dict[str, Any]]:
    """Run one read and return its rows; raises psycopg.OperationalError when there is no connection in time."""
    async with pool.connection() as connection:
        cursor = await connection.execute(query, parameters)
        return await cursor.fetchall()
