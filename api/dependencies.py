"""What may a route ask for? The resources that the lifespan opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from api.database.batching import BatchedReads
from api.database.pool import Pool

if TYPE_CHECKING:
    from api.settings import Settings
    from api.shared.drain import Drain
    from api.shared.guarded_redis import GuardedRedis
    from api.shared.health import Checks, Identity
    from api.shared.requests import InFlight
    from api.shared.tokens import Tokens
    from api.task_queue import TaskQueue


@dataclass(frozen=True)
class Resources:
    """What is open from start to stop."""

    settings: Settings
    pool: Pool
    batched: BatchedReads
    redis: GuardedRedis
    tasks: TaskQueue
    tokens: Tokens
    checks: Checks
    drain: Drain
    in_flight: InFlight
    identity: Identity


# Coroutines on purpose, here and in api.tenancy: a plain function would be run in a thread, for every request.
async def _resources(request: Request) -> Resources:
    resources: Resources = request.app.state.resources
    return resources


Opened = Annotated[Resources, Depends(_resources)]
