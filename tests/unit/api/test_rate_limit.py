from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fastapi import HTTPException, Request
from redis.exceptions import ConnectionError as NoRedisError
from redis.exceptions import MaxConnectionsError

from api.errors import UnavailableError
from api.http.rate_limit import RateLimit, place_of

LIMIT = RateLimit("test", most=2, window_s=60)


class Redis:
    """Runs no script: counts, or fails."""

    def __init__(self, error: Exception | None = None, left_ms: int = 1500) -> None:
        self.error = error
        self.left_ms = left_ms
        self.counts: dict[str, int] = {}

    def register_script(self, script: str) -> Any:
        """Return what the script does."""

        async def run(keys: list[str], args: list[int] | None = None) -> tuple[int, int]:
            assert not args or args == [60_000]
            if self.error:
                raise self.error
            self.counts[keys[0]] = self.counts.get(keys[0], 0) + ("INCR" in script) - ("DECR" in script)
            return self.counts[keys[0]], self.left_ms

        return run


def _count(redis: Any, address: str = "ada@example.org") -> None:
    asyncio.run(LIMIT.count(redis, address))


@pytest.mark.parametrize(("left_ms", "told"), [(1500, "2"), (1000, "1"), (0, "1"), (-1, "1"), (59_999, "60")])
def test_one_too_many_is_told_how_long_to_wait(left_ms: int, told: str) -> None:
    redis = Redis(left_ms=left_ms)
    _count(redis)
    _count(redis, "ADA@example.org")
    with pytest.raises(HTTPException) as caught:
        _count(redis)
    assert (caught.value.status_code, caught.value.headers) == (429, {"Retry-After": told})
    _count(redis, "grace@example.org")


def test_what_is_given_back_does_not_count() -> None:
    redis: Any = Redis()
    for _ in range(5):
        _count(redis)
        asyncio.run(LIMIT.give_back(redis, "ada@example.org"))


def test_a_look_counts_nothing_and_refuses_what_a_count_would() -> None:
    redis: Any = Redis()
    for _ in range(5):
        asyncio.run(LIMIT.look(redis, "ada@example.org"))
    _count(redis)
    asyncio.run(LIMIT.look(redis, "ada@example.org"))
    _count(redis)
    with pytest.raises(HTTPException) as caught:
        asyncio.run(LIMIT.look(redis, "ADA@example.org"))
    assert (caught.value.status_code, caught.value.headers) == (429, {"Retry-After": "2"})


def test_redis_never_sees_an_address() -> None:
    redis = Redis()
    _count(redis)
    assert not any("ada" in key or "@" in key for key in redis.counts)


def test_without_redis_a_replica_counts_by_itself() -> None:
    redis: Any = Redis(NoRedisError("gone"))
    _count(redis, "lost@example.org")
    asyncio.run(LIMIT.look(redis, "lost@example.org"))
    _count(redis, "lost@example.org")
    with pytest.raises(HTTPException) as caught:
        _count(redis, "lost@example.org")
    assert (caught.value.status_code, caught.value.headers) == (429, {"Retry-After": "60"})
    assert asyncio.run(LIMIT.is_full(redis, "lost@example.org"))
    for _ in range(3):
        asyncio.run(LIMIT.give_back(redis, "lost@example.org"))
    asyncio.run(LIMIT.look(redis, "lost@example.org"))
    _count(redis, "another@example.org")


def test_asking_in_parallel_does_not_get_around_it() -> None:
    with pytest.raises(UnavailableError):
        _count(Redis(MaxConnectionsError("33 at once")))


@pytest.mark.parametrize(
    ("host", "place"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("a socket", "a socket"),
    ],
)
def test_a_place_is_an_address_or_a_household(host: str, place: str) -> None:
    assert place_of(Request({"type": "http", "client": (host, 1)})) == place
