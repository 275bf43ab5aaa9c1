"""May this log-in be tried here and now? Counted where the API counts its own: see api/shared/throttle.py.

Without Redis each replica counts by itself, as there; one that did not answer is not asked again for a moment.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import structlog
from django.conf import settings
from redis.exceptions import RedisError

from api.shared.throttle import (
    ACCOUNT,
    ACCOUNT_HERE,
    COUNT,
    DEVICE,
    GIVE_BACK,
    LOOK,
    PLACE,
    Limit,
    OwnCounts,
    device_cookie,
    place_of,
    seconds_to_wait,
)
from api.shared.tokens import TokenError, Tokens
from redis import Redis

if TYPE_CHECKING:
    from django.http import HttpRequest

REST_S = 0.2
OWN: Final = OwnCounts()
log = structlog.stdlib.get_logger("slipway.throttle")


@dataclass
class _Away:
    """Until when Redis is not asked, because it did not answer a moment ago."""

    until: float = 0.0


_away = _Away()


class TooManyError(Exception):
    """There were too many tries; the next may come after so many seconds."""

    def __init__(self, left_ms: int) -> None:
        super().__init__()
        self.wait_s = seconds_to_wait(left_ms)


@dataclass(frozen=True)
class Attempt:
    """One try of a password, for an account, from somewhere."""

    place: str
    email: str
    device: str  # empty: nobody knows it

    @classmethod
    def begin(cls, request: HttpRequest, email: str) -> Attempt:
        """Count a try; raises TooManyError. A device that is known has tries of its own."""
        place, device = place_of(request.META.get("REMOTE_ADDR") or ""), _known_device(request, email)
        if device and not _is_full(DEVICE, device):
            return cls(place, email, device)
        for limit in PLACE:
            _look(limit, place)
        _count(ACCOUNT_HERE, f"{place} {email}")
        _count(ACCOUNT, email)
        return cls(place, email, "")

    def failed(self) -> None:
        """Count it for the place; raises TooManyError when there were too many."""
        if not self.device:
            for limit in PLACE:
                _count(limit, self.place)

    def succeeded(self) -> None:
        """Take it back; raises TooManyError when the place has failed too often meanwhile."""
        if self.device:
            _ask(GIVE_BACK, DEVICE, self.device)
            return
        for limit in PLACE:
            _look(limit, self.place)
        _ask(GIVE_BACK, ACCOUNT_HERE, f"{self.place} {self.email}")
        _ask(GIVE_BACK, ACCOUNT, self.email)


def _known_device(request: HttpRequest, email: str) -> str:
    given = request.COOKIES.get(device_cookie(email), "")
    try:
        return Tokens(settings.TOKEN_SECRET_KEY).read_device(given, email)
    except TokenError:
        return ""


def _count(limit: Limit, address: str) -> None:
    count, left_ms = _ask(COUNT, limit, address, limit.window_s * 1000)
    if count > limit.most:
        raise TooManyError(left_ms)


def _look(limit: Limit, address: str) -> None:
    count, left_ms = _ask(LOOK, limit, address)
    if count >= limit.most:
        raise TooManyError(left_ms)


def _is_full(limit: Limit, address: str) -> bool:
    return _ask(COUNT, limit, address, limit.window_s * 1000)[0] > limit.most


def _ask(script: str, limit: Limit, address: str, *arguments: int) -> tuple[int, int]:
    key = limit.key(address)
    if time.monotonic() < _away.until:
        return OWN.ask(script, key, *arguments)
    try:
        found: Any = _redis().eval(script, 1, key, *arguments)
    except (RedisError, ValueError) as error:  # the latter: no REDIS_URL
        _away.until = time.monotonic() + REST_S
        log.warning("counted here alone", limit=limit.name, error=type(error).__name__)
        return OWN.ask(script, key, *arguments)
    return (int(found[0]), int(found[1])) if isinstance(found, list) else (0, 0)


@cache
def _redis() -> Redis:
    return Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.2, socket_timeout=0.5)
