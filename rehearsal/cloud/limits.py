"""How many requests are left?"""

from __future__ import annotations

import collections
import threading
import time

from rehearsal.cloud.wire import ApiError, error

HOUR_S = 3600
MINUTE_S = 60


class Limits:
    """The API's own limits: requests an hour and a minute, and listings of keys a minute."""

    def __init__(self, *, hourly: int = 5000, burst: int = 250, key_listings: int = 10) -> None:
        self._hourly = hourly
        self._burst = burst
        self._key_listings = key_listings
        self._seen: collections.deque[tuple[float, bool]] = collections.deque()
        self._lock = threading.Lock()

    def count(self, method: str, path: str) -> ApiError | None:
        """Count a request; return the 429 when it is one too many."""
        is_listing = (method, path) == ("GET", "/v2/account/keys")
        now = time.monotonic()
        with self._lock:
            self._forget(now - HOUR_S)
            self._seen.append((now, is_listing))
            recent = [listed for at, listed in self._seen if at > now - MINUTE_S]
            if len(recent) > self._burst or (is_listing and sum(recent) > self._key_listings):
                return error(429, retry_after=str(MINUTE_S))
            return error(429) if len(self._seen) > self._hourly else None

    def headers(self) -> dict[str, str]:
        """Return the headers that tell how much is left."""
        with self._lock:
            left = max(0, self._hourly - len(self._seen))
        reset = str(int(time.time()) + HOUR_S)
        return {"ratelimit-limit": str(self._hourly), "ratelimit-remaining": str(left), "ratelimit-reset": reset}

    def _forget(self, before: float) -> None:
        while self._seen and self._seen[0][0] < before:
            self._seen.popleft()
