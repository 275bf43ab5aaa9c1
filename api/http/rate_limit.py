"""How often may that be tried? So often in a fixed window of time, counted in Redis for all replicas together.

Who is counted is known to Redis by a hash alone. Without Redis nothing is counted and all is allowed: a lost cache must
not lock everybody out; the passwords themselves still hold.
"""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog
from fastapi import HTTPException
from redis.exceptions import MaxConnectionsError, RedisError

from api.errors import UnavailableError

if TYPE_CHECKING:
    from fastapi import Request
    from redis.asyncio import Redis

log = structlog.stdlib.get_logger("slipway.throttle")

# In one step, so that no counter is left behind that never ends.
COUNT: Final = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}
"""
GIVE_BACK: Final = "if redis.call('EXISTS', KEYS[1]) == 1 then return redis.call('DECR', KEYS[1]) end"


@dataclass(frozen=True)
class RateLimit:
    """So many in a window of so many seconds, for each address on its own."""

    name: str
    most: int
    window_s: int

    async def count(self, redis: Redis, address: str) -> None:
        """Count one more; raises 429 when it is one too many."""
        try:
            count, left_ms = await redis.register_script(COUNT)(keys=[self._key(address)], args=[self.window_s * 1000])
        except MaxConnectionsError as error:  # Redis is there: who asks in parallel does not get around it
            raise UnavailableError("Too many are logging in at this moment; try again.") from error
        except RedisError as error:
            log.warning("not throttled", limit=self.name, error=type(error).__name__)
            return
        if count > self.most:
            wait_s = max(1, -(-int(left_ms) // 1000))
            detail = f"Too many attempts; try again in {wait_s} seconds."
            raise HTTPException(429, detail, {"Retry-After": str(wait_s)})

    async def give_back(self, redis: Redis, address: str) -> None:
        """Take one back: it was none of those that are to be few."""
        try:
            await redis.register_script(GIVE_BACK)(keys=[self._key(address)])
        except RedisError as error:
            log.warning("not throttled", limit=self.name, error=type(error).__name__)

    def _key(self, address: str) -> str:
        return f"throttle:{self.name}:{hashlib.sha256(address.lower().encode()).hexdigest()}"


@dataclass(frozen=True)
class RateLimits:
    """Few for who asks about an account from one place, more from all places together.

    So one place alone cannot keep the owner out, and many together still guess slowly.
    """

    from_one_place: RateLimit
    from_all: RateLimit

    async def count(self, redis: Redis, request: Request, address: str) -> None:
        """Count one more; raises 429. What one place asks too often does not count for the others."""
        await self.from_one_place.count(redis, f"{place_of(request)} {address}")
        await self.from_all.count(redis, address)

    async def give_back(self, redis: Redis, request: Request, address: str) -> None:
        """Take one back: it was none of those that are to be few."""
        await self.from_one_place.give_back(redis, f"{place_of(request)} {address}")
        await self.from_all.give_back(redis, address)


def place_of(request: Request) -> str:
    """Return where a request comes from: an IPv4 address, or the /64 of an IPv6 one, which is one household's."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return host
    return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))
