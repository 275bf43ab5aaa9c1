"""How often may that be tried? So often in a fixed window of time, counted in Redis for all replicas together.

Who is counted is known to Redis by a hash alone. Without Redis each replica counts by itself, from nothing: a lost
cache must not lock everybody out, and no gate stands open meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import structlog
from fastapi import HTTPException
from redis.exceptions import MaxConnectionsError, RedisError

from api.errors import UnavailableError
from api.shared import throttle
from api.shared.again import is_repeated
from api.shared.throttle import COUNT, GIVE_BACK, LOOK, Limit, OwnCounts, seconds_to_wait, told

if TYPE_CHECKING:
    from fastapi import Request
    from redis.asyncio import Redis

OWN: Final = OwnCounts()
log = structlog.stdlib.get_logger("slipway.throttle")


@dataclass(frozen=True)
class RateLimit(Limit):
    """A limit that the API counts."""

    @classmethod
    def of(cls, limit: Limit) -> RateLimit:
        """Return a limit that API and admin share."""
        return cls(limit.name, limit.most, limit.window_s)

    async def count(self, redis: Redis, address: str) -> None:
        """Count one more; raises 429 when it is one too many."""
        count, left_ms = await self._ask(redis, COUNT, address, self.window_s * 1000)
        if count > self.most:
            raise _too_many(left_ms)

    async def look(self, redis: Redis, address: str) -> None:
        """Count nothing; raises 429 when one more would be one too many."""
        count, left_ms = await self._ask(redis, LOOK, address)
        if count >= self.most:
            raise _too_many(left_ms)

    async def is_full(self, redis: Redis, address: str) -> bool:
        """Count one more, and tell whether it is one too many."""
        count, _ = await self._ask(redis, COUNT, address, self.window_s * 1000)
        return count > self.most

    async def give_back(self, redis: Redis, address: str) -> None:
        """Take one back: it was none of those that are to be few."""
        try:
            await redis.register_script(GIVE_BACK)(keys=[self.key(address)])
        except RedisError as error:
            log.warning("counted here alone", limit=self.name, error=type(error).__name__)
            OWN.ask(GIVE_BACK, self.key(address))

    async def _ask(self, redis: Redis, script: str, address: str, *arguments: int) -> tuple[int, int]:
        """Return the count and the milliseconds that are left of its window."""
        if script == COUNT and is_repeated():  # it was counted when it was asked first
            script, arguments = LOOK, ()
        try:
            found: Any = await redis.register_script(script)(keys=[self.key(address)], args=list(arguments))
        except MaxConnectionsError as error:  # Redis is there: who asks in parallel does not get around it
            raise UnavailableError("Too many are logging in at this moment; try again.") from error
        except RedisError as error:
            log.warning("counted here alone", limit=self.name, error=type(error).__name__)
            return OWN.ask(script, self.key(address), *arguments)
        return int(found[0]), int(found[1])


def _too_many(left_ms: int) -> HTTPException:
    wait_s = seconds_to_wait(left_ms)
    return HTTPException(429, told(wait_s), {"Retry-After": str(wait_s)})


def place_of(request: Request) -> str:
    """Return where a request comes from: an IPv4 address, or the /64 of an IPv6 one, which is one household's."""
    return throttle.place_of(request.client.host if request.client else "")
