"""A client of Redis that nobody waits for: when it did not answer just now, it is not asked for a moment.

The first who meets its absence waits for a timeout; all others are told at once, until one of them is let through.
"""

from __future__ import annotations

import time
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import MaxConnectionsError
from redis.exceptions import TimeoutError as RedisTimeoutError

from .outage import Outage

CONNECT_S = 0.2
ANSWER_S = 0.5
REST_S = 0.2  # between two who are let through while it is away
LOSS_S = 5.0


class AwayError(RedisConnectionError):
    """It did not answer a moment ago, and was not asked."""


class GuardedRedis(Redis):
    """Redis, and what is known of its absence."""

    outage: Outage
    _next_try = 0.0

    async def execute_command(self, *arguments: Any, **options: Any) -> Any:
        """Run a command; raises AwayError at once while it is away, and the driver's errors."""
        if self.outage.is_away:
            now = time.monotonic()
            if now < self._next_try:
                raise AwayError("it did not answer a moment ago")
            self._next_try = now + REST_S
        try:
            answer = await super().execute_command(*arguments, **options)  # type: ignore[no-untyped-call]
        except MaxConnectionsError:  # it is there, and busy
            raise
        except (RedisConnectionError, RedisTimeoutError):
            self._next_try = time.monotonic() + REST_S
            self.outage.lost()
            raise
        self.outage.found()
        return answer


def new_redis(url: str, *, most: int = 32) -> GuardedRedis:
    """Build a client with at most so many connections."""
    pool = BlockingConnectionPool.from_url(
        url,
        decode_responses=True,
        socket_connect_timeout=CONNECT_S,
        socket_timeout=ANSWER_S,
        # One more try, not after a timeout: a kept connection may have died with a restart.
        retry=Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
        max_connections=most,
        timeout=2,  # seconds to wait for one of them
    )
    made: GuardedRedis = GuardedRedis.from_pool(pool)  # type: ignore[assignment]  # of the class that it is asked of
    made.outage = Outage(loss_s=LOSS_S)
    return made
