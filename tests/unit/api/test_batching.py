from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from api.database import batching
from api.database.batching import BatchedRead
from api.errors import UnavailableError


class Database:
    """Answers each key with itself, doubled; holds every query until it is let go."""

    def __init__(self) -> None:
        self.queries: list[list[int]] = []
        self.go = asyncio.Event()

    async def read(self, keys: list[int]) -> Mapping[int, int]:
        """Note the keys and wait."""
        self.queries.append(keys)
        await self.go.wait()
        return {key: 2 * key for key in keys if key >= 0}


async def _asked(database: Database, keys: list[int]) -> list[int | None]:
    batched = BatchedRead(database.read)
    asking = [asyncio.create_task(batched.get(key)) for key in keys]
    for _ in range(5):
        await asyncio.sleep(0)
    database.go.set()
    return await asyncio.gather(*asking)


def test_who_asks_while_a_query_runs_shares_the_next_one() -> None:
    async def play() -> tuple[list[int | None], list[list[int]]]:
        database = Database()
        batched = BatchedRead(database.read)
        first = [asyncio.create_task(batched.get(key)) for key in (1, 2)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        later = [asyncio.create_task(batched.get(key)) for key in (1, 3, 3, -1)]
        for _ in range(3):
            await asyncio.sleep(0)
        database.go.set()
        return await asyncio.gather(*first, *later), database.queries

    answers, queries = asyncio.run(play())
    assert answers == [2, 4, 2, 6, 6, None]
    assert sum(len(keys) for keys in queries) == 5
    assert 1 in queries[-1]  # asked again, although the first query had it under way


def test_one_alone_waits_for_nobody() -> None:
    async def play() -> list[int | None]:
        return await _asked(Database(), [7])

    assert asyncio.run(play()) == [14]


def test_who_asks_at_the_moment_when_the_reader_leaves_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "AT_ONCE", 1)

    async def play() -> list[int | None]:
        leaving = asyncio.Event()

        async def read(keys: list[int]) -> Mapping[int, int]:
            leaving.set()
            return {key: 2 * key for key in keys}

        batched = BatchedRead(read)

        async def late() -> int | None:
            await leaving.wait()
            return await batched.get(2)

        asked = asyncio.create_task(late())
        await asyncio.sleep(0)
        async with asyncio.timeout(5):
            return [await batched.get(1), await asked]

    assert asyncio.run(play()) == [2, 4]


def test_a_query_holds_a_bounded_number_of_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "MOST_KEYS", 3)

    async def play() -> tuple[list[int | None], list[list[int]]]:
        database = Database()
        return await _asked(database, list(range(8))), database.queries

    answers, queries = asyncio.run(play())
    assert answers == [2 * key for key in range(8)]
    assert max(len(keys) for keys in queries) == 3


def test_too_many_are_told_so_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "MOST_WAITING", 1)

    async def play() -> None:
        database = Database()
        batched = BatchedRead(database.read)
        first = asyncio.create_task(batched.get(1))
        await asyncio.sleep(0)
        with pytest.raises(UnavailableError):
            await batched.get(2)
        database.go.set()
        assert await first == 2

    asyncio.run(play())


def test_a_query_that_fails_fails_for_all_who_waited_and_the_next_one_works() -> None:
    async def play() -> None:
        broken = True

        async def read(keys: list[int]) -> Mapping[int, int]:
            if broken:
                raise OSError("gone")
            return dict.fromkeys(keys, 1)

        batched = BatchedRead(read)
        seen = await asyncio.gather(*(batched.get(key) for key in (1, 2)), return_exceptions=True)
        assert [type(one) for one in seen] == [OSError, OSError]
        broken = False
        assert await batched.get(1) == 1

    asyncio.run(play())


def test_one_who_leaves_does_not_take_the_answer_along() -> None:
    async def play() -> None:
        database = Database()
        batched = BatchedRead(database.read)
        leaves, stays = (asyncio.create_task(batched.get(1)) for _ in range(2))
        await asyncio.sleep(0)
        leaves.cancel()
        await asyncio.sleep(0)
        database.go.set()
        assert await stays == 2

    asyncio.run(play())
