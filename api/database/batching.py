"""How do many who read at the same moment share one query? Who asks while a query runs is answered by the next one.

A query of one row costs PostgreSQL and this process far less than the way there and back. So public reads are batched:
the keys that came in while the last query was under way go with the next, each once. Nobody is answered from a query
that began before they asked, so nothing is ever stale. Quiet times batch nothing and wait for nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping
from typing import Any, Generic, LiteralString, TypeVar

from api.database.pool import Pool, fetch
from api.errors import UnavailableError

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")
AT_ONCE = 2  # queries under way: while one's rows are read, the other is at work in the database
MOST_KEYS = 100
MOST_WAITING = 2000


class BatchedRead(Generic[Key, Value]):
    """Reads by key; `read` takes some keys and returns what it found by key."""

    def __init__(self, read: Callable[[list[Key]], Awaitable[Mapping[Key, Value]]]) -> None:
        self._read = read
        self._asked: dict[Key, asyncio.Future[Value | None]] = {}
        self._waiting = 0
        self._reading = 0
        self._readers: set[asyncio.Task[None]] = set()  # the loop alone would not keep them

    async def get(self, key: Key) -> Value | None:
        """Return what is there under the key; raises what the query raised, UnavailableError when too many wait."""
        if self._waiting >= MOST_WAITING:
            raise UnavailableError("Too many requests wait already; try again.")
        asked = self._asked.get(key)
        if asked is None:
            asked = self._asked[key] = asyncio.get_running_loop().create_future()
        if self._reading < AT_ONCE:
            self._reading += 1
            reader = asyncio.create_task(self._read_on())
            self._readers.add(reader)
            reader.add_done_callback(self._readers.discard)
        self._waiting += 1
        try:
            return await asyncio.shield(asked)  # one who leaves does not take the others' answer along
        finally:
            self._waiting -= 1

    async def _read_on(self) -> None:
        try:
            await self._read_all()
        finally:
            # Now, not in a callback: who asks between a reader's last look and its end would wait for nobody.
            self._reading -= 1

    async def _read_all(self) -> None:
        while self._asked:
            keys = list(self._asked)[:MOST_KEYS]
            batch = {key: self._asked.pop(key) for key in keys}
            try:
                found = await self._read(keys)
            except BaseException as error:  # noqa: BLE001 - whoever asked hears it
                for asked in batch.values():
                    asked.set_exception(error)
                    asked.exception()  # it may be that all of them left
            else:
                for key, asked in batch.items():
                    asked.set_result(found.get(key))


class BatchedReads:
    """The batched reads of a process, one `BatchedRead` for each statement.

    A statement takes `%(keys)s`, an array, and returns a row for each key that it finds, the key in the column `key`.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._by_statement: dict[str, BatchedRead[Any, dict[str, Any]]] = {}

    async def row(self, sql: LiteralString, key: int | str, **constants: object) -> dict[str, Any] | None:
        """Return the row of a key, None when there is none. Each call for a statement gives the same constants."""
        batched = self._by_statement.get(sql)
        if batched is None:

            async def read(keys: list[int | str]) -> Mapping[int | str, dict[str, Any]]:
                return {row["key"]: row for row in await fetch(self._pool, sql, keys=keys, **constants)}

            batched = self._by_statement[sql] = BatchedRead(read)
        return await batched.get(key)
