"""What may a route ask for? The resources that the lifespan opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request
from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg_pool import AsyncConnectionPool

from api.recount_queue import RecountQueue

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from api.service.drain import Drain
    from api.service.health import Checks, Identity
    from api.service.requests import InFlight


@dataclass(frozen=True)
class Resources:
    """What is open from start to stop."""

    pool: AsyncConnectionPool[AsyncConnection[DictRow]]
    redis: Redis
    recounts: RecountQueue
    checks: Checks
    drain: Drain
    in_flight: InFlight
    identity: Identity


def _resources(request: Request) -> Resources:
    resources: Resources = request.app.state.resources
    return resources


Opened = Annotated[Resources, Depends(_resources)]


def _pool(resources: Opened) -> AsyncConnectionPool[AsyncConnection[DictRow]]:
    return resources.pool


def _recounts(resources: Opened) -> RecountQueue:
    return resources.recounts


Pool = Annotated[AsyncConnectionPool[AsyncConnection[DictRow]], Depends(_pool)]
Recounts = Annotated[RecountQueue, Depends(_recounts)]
