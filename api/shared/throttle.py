"""How often may somebody try to log in? So often in a window of time, counted in Redis for API and admin together.

Who is counted is known to Redis by a hash alone. The numbers:

- An account: ten wrong passwords a minute from one place, a hundred in ten minutes from all places together. NIST
  SP 800-63B lets at most a hundred fail in a row.
- A place: thirty wrong ones a minute for all accounts together, so that one common password is not tried on everybody.
  An office of 24 behind one address gets in within a minute, even if each of them mistypes once; right ones do not
  count.
- A device from which the account logged in before is not held up by what others do: it has ten tries in ten minutes of
  its own (OWASP's device cookies), and after these it is a stranger like any other.
"""

from __future__ import annotations

import hashlib
import ipaddress
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

# In one step, so that no counter is left behind that never ends.
COUNT: Final = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}
"""
LOOK: Final = "return {tonumber(redis.call('GET', KEYS[1]) or '0'), redis.call('PTTL', KEYS[1])}"
GIVE_BACK: Final = "if redis.call('EXISTS', KEYS[1]) == 1 then return redis.call('DECR', KEYS[1]) end"


@dataclass(frozen=True)
class Limit:
    """So many in a window of so many seconds, for each address on its own."""

    name: str
    most: int
    window_s: int

    def key(self, address: str) -> str:
        """Return where Redis counts for an address."""
        return f"throttle:{self.name}:{hashlib.sha256(address.lower().encode()).hexdigest()}"


@dataclass
class OwnCounts:
    """What a replica counts by itself while Redis is away: as Redis does, but for this replica alone.

    So that many limits are as tight as there are replicas, from nothing; that is better than none, and than nobody
    getting in. Who came longest ago is forgotten when there are too many. Safe in threads.
    """

    most_keys: int = 10_000
    now: Callable[[], float] = time.monotonic
    _counts: dict[str, tuple[int, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, script: str, key: str, window_ms: int = 0) -> tuple[int, int]:
        """Do what the script does in Redis; return the count and the milliseconds that are left of its window."""
        with self._lock:
            now = self.now()
            count, until = self._counts.get(key, (0, 0.0))
            if until <= now:
                count, until = 0, now + window_ms / 1000
                self._counts.pop(key, None)
            if script == COUNT or (script == GIVE_BACK and count):
                count += 1 if script == COUNT else -1
                self._counts[key] = count, until
                while len(self._counts) > self.most_keys:
                    del self._counts[next(iter(self._counts))]
            return count, max(0, round((until - now) * 1000))


ACCOUNT_HERE: Final = Limit("login", most=10, window_s=60)
ACCOUNT: Final = Limit("login-all", most=100, window_s=600)
PLACE: Final = (
    Limit("login-place", most=30, window_s=60),
    Limit("login-place-hour", most=300, window_s=3600),
)
DEVICE: Final = Limit("login-device", most=10, window_s=600)


def seconds_to_wait(left_ms: int) -> int:
    """Return what is told of what is left of a window."""
    return max(1, -(-int(left_ms) // 1000))


def told(wait_s: int) -> str:
    """Say that it is too often."""
    return f"Too many attempts; try again in {wait_s} seconds."


def place_of(host: str) -> str:
    """Return where a request comes from: an IPv4 address, or the /64 of an IPv6 one, which is one household's."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return host
    return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))


def device_cookie(email: str) -> str:
    """Return the name of the cookie that says that this account logged in here before: each account has its own."""
    return f"device_{hashlib.sha256(email.lower().encode()).hexdigest()[:8]}"
