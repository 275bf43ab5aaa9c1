from __future__ import annotations

import asyncio

import pytest

from api.errors import UnavailableError
from api.events.search_limit import ConcurrencyLimit


async def _search(limit: ConcurrencyLimit, go: asyncio.Event, running: list[int]) -> int:
    async with limit.slot():
        running.append(1)
        await go.wait()
        running.pop()
        return 200


async def _settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_few_search_at_once_few_wait_and_the_next_is_told_so() -> None:
    async def play() -> None:
        limit, go, running = ConcurrencyLimit(at_once=2, most_waiting=3), asyncio.Event(), list[int]()
        searching = [asyncio.create_task(_search(limit, go, running)) for _ in range(5)]
        await _settle()
        assert len(running) == 2
        with pytest.raises(UnavailableError):
            await _search(limit, go, running)
        go.set()
        assert await asyncio.gather(*searching) == [200] * 5
        assert await _search(limit, go, running) == 200

    asyncio.run(play())


def test_who_fails_or_leaves_gives_the_turn_back() -> None:
    async def play() -> None:
        limit, never, running = ConcurrencyLimit(at_once=1, most_waiting=1), asyncio.Event(), list[int]()
        with pytest.raises(OSError, match="gone"):
            async with limit.slot():
                raise OSError("gone")
        first, second = (asyncio.create_task(_search(limit, never, running)) for _ in range(2))
        await _settle()
        for task in (second, first):
            task.cancel()
        await asyncio.gather(first, second, return_exceptions=True)
        async with asyncio.timeout(5), limit.slot():
            pass

    asyncio.run(play())
