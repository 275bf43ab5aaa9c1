"""How does a stack fare under a fixed rate of requests? A program: a plan on stdin, what happened on stdout.

The load ends with the plan's seconds, or when stdin is closed. Latency counts from the moment that a request was due,
so that a stall is charged to every request that had to wait for it. Standard library only: it also runs inside a
container.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import ssl
import sys
import time
from collections import Counter, deque
from pathlib import Path

from tests.bench.client import AnswerError, Connection, connect, request_bytes
from tests.bench.traffic import Due, Kind, Plan, read_plan, schedule

READY = "ready"
FIRST = -15


class Generator:
    """Makes the requests of a plan; `rows` is what came of each, `began_at` the wall time of second 0.

    A row: due after s, latency ms, kind, failure or "", version or "", how late it was begun ms.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.rows: list[tuple[float, float, str, str, str, float]] = []
        self.counts: Counter[str] = Counter()
        self.began_at = 0.0
        self._context = ssl.create_default_context(cadata=plan.authority)
        self._idle: dict[str, deque[Connection]] = {source: deque() for source in plan.sources}
        self._slots = asyncio.Semaphore(plan.connections)
        self._requests = {kind.name: request_bytes(plan, kind) for kind in plan.kinds}
        self._zero = 0.0

    async def run(self, ended: asyncio.Event) -> None:
        """Make the requests until the plan or `ended` is done; waits for the last answers."""
        self._zero, self.began_at = time.perf_counter(), time.time()
        async with asyncio.TaskGroup() as answers:
            for due in schedule(self.plan):
                wait_s = due.at_s - self._now()
                if wait_s > 0:
                    await asyncio.sleep(wait_s)
                if ended.is_set():
                    break
                answers.create_task(self._make(due))
        for idle in self._idle.values():
            for connection in idle:
                connection.close()

    async def _make(self, due: Due) -> None:
        lag_ms = (self._now() - due.at_s) * 1000
        failure, version = "", ""
        try:
            async with asyncio.timeout(self.plan.timeout_s), self._slots:
                version = await self._ask(due.kind, due.source)
        except TimeoutError:
            failure = f"no answer within {self.plan.timeout_s:g} s"
        except AnswerError as error:
            failure = str(error)
        latency_ms = (self._now() - due.at_s) * 1000
        self.rows.append((round(due.at_s, 4), round(latency_ms, 2), due.kind.name, failure, version, round(lag_ms, 2)))

    async def _ask(self, kind: Kind, source: str) -> str:
        connection = await self._connection(kind, source)
        is_kept = False
        try:
            answer = await connection.ask(self._requests[kind.name])
            is_kept = answer.is_kept_alive and not kind.is_fresh
        finally:
            if is_kept:
                self._idle[source].append(connection)
            else:
                connection.close()
        if answer.status != kind.expected:
            is_odd = answer.status < 400  # neither what was expected nor an error: what was it?
            raise AnswerError(f"status {answer.status}" + (f" with {len(answer.body)} bytes" if is_odd else ""))
        return answer.version

    async def _connection(self, kind: Kind, source: str) -> Connection:
        idle = self._idle[source]
        while idle and not kind.is_fresh:
            connection = idle.pop()
            if connection.is_usable:
                self.counts["reused"] += 1
                return connection
            self.counts["closed while idle"] += 1
            connection.close()
        self.counts["opened"] += 1
        return await connect(self.plan, source, self._context)

    def _now(self) -> float:
        return time.perf_counter() - self._zero


async def main() -> None:
    """Read a plan, make its requests, and write the rows."""
    lines = asyncio.StreamReader(limit=2**20)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    generator = Generator(read_plan((await lines.readline()).decode()))
    ended = asyncio.Event()
    watching = asyncio.create_task(_until_closed(lines, ended))
    sys.stdout.write(f"{READY}\n")
    sys.stdout.flush()
    gc.freeze()
    gc.disable()  # its pauses would be taken for the server's
    await generator.run(ended)
    watching.cancel()
    head = {"began_at": generator.began_at, "cpu_s": round(time.process_time(), 2), **generator.counts}
    sys.stdout.write(json.dumps(head) + "\n" + "".join(json.dumps(row) + "\n" for row in sorted(generator.rows)))


def go_first() -> None:
    """Take the processor before others where that is allowed: visitors do not wait for the cores of the server."""
    with contextlib.suppress(OSError):
        os.nice(FIRST)
    with contextlib.suppress(OSError):  # of the whole session, where Linux shares the cores among sessions
        Path("/proc/self/autogroup").write_text(str(FIRST), encoding="ascii")


async def _until_closed(lines: asyncio.StreamReader, ended: asyncio.Event) -> None:
    await lines.read()
    ended.set()


if __name__ == "__main__":
    go_first()
    asyncio.run(main())
