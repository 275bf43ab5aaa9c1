"""What the containers wrote, when, and what they write now.

The Engine keeps a container's log as long as the container: the lines of a replica that was replaced are gone.
"""

from __future__ import annotations

import collections
import contextlib
import heapq
import queue
import threading
import time
from collections.abc import Generator, Iterator
from typing import Any

from ops.engine.compose.containers import Container, Containers, name_of, seconds_of
from ops.engine.compose.descriptions import SERVICE
from ops.engine.compose.docker_api import DockerApi, frames
from ops.engine.errors import EngineError
from ops.engine.runtime import Line, LogQuery

BOTH: dict[str, Any] = {"stdout": True, "stderr": True, "timestamps": True}
POLL_S = 0.5  # how soon a container that has just started is followed too


class Logs:
    """The logs of all replicas as one."""

    def __init__(self, api: DockerApi, containers: Containers) -> None:
        self._api = api
        self._containers = containers

    def last(self, name: str, *, lines: int) -> list[str]:
        """Return the last lines of one container; none when it is gone."""
        row = {"Id": name, "Names": [name], "Labels": {SERVICE: ""}}
        with contextlib.suppress(EngineError):
            return [line.text for line in self._lines(row, tail=lines)]
        return []

    def read(self, query: LogQuery) -> Generator[Line, None, None]:
        """Yield lines, oldest first; when it follows, go on for ever. `grep` looks without regard to case."""
        began, needle = time.time(), query.grep.casefold()
        earliest = began - query.since_s if query.since_s is not None else 0.0
        bounds: dict[str, Any] = {"since": f"{earliest:.6f}", "tail": "all" if needle else query.lines}

        def is_wanted(line: Line) -> bool:
            return needle in line.text.casefold()

        rows = self._rows(query)
        past = heapq.merge(*(self._lines(row, **bounds) for row in rows), key=lambda line: line.at)
        newest: dict[str, float] = {}
        kept: collections.deque[Line] = collections.deque(maxlen=query.lines)
        for line in past:
            newest[line.replica] = line.at
            if is_wanted(line):
                kept.append(line)
        yield from kept
        if query.follow:
            yield from filter(is_wanted, self._news(query, newest=newest, began=began))

    def _news(self, query: LogQuery, *, newest: dict[str, float], began: float) -> Generator[Line, None, None]:
        """Yield what comes, one thread for each container; it ends with its reader."""
        found: queue.Queue[Line] = queue.Queue()
        followed: dict[str, threading.Thread] = {}

        def follow(row: Container, after: float) -> None:
            with contextlib.suppress(EngineError, ValueError):  # the container, or our reader, is gone
                for line in self._lines(row, follow=True, since=f"{after:.6f}"):
                    if line.at > after:
                        found.put(line)

        while True:
            for row in self._rows(query):
                known = followed.get(row["Id"])
                if row["State"] == "running" and not (known and known.is_alive()):
                    after = newest.get(name_of(row), began)
                    followed[row["Id"]] = threading.Thread(target=follow, args=(row, after), daemon=True)
                    followed[row["Id"]].start()
            yield from self._until(time.monotonic() + POLL_S, found, newest)

    @staticmethod
    def _until(deadline: float, found: queue.Queue[Line], newest: dict[str, float]) -> Iterator[Line]:
        while (left := deadline - time.monotonic()) > 0:
            with contextlib.suppress(queue.Empty):
                line = found.get(timeout=left)
                newest[line.replica] = line.at
                yield line

    def _rows(self, query: LogQuery) -> list[Container]:
        rows = self._containers.listed()
        return [row for row in rows if not query.services or row["Labels"][SERVICE] in query.services]

    def _lines(self, row: Container, **bounds: Any) -> Iterator[Line]:
        timeout_s = None if bounds.get("follow") else 30.0
        query = {**BOTH, **bounds}
        with self._api.open("GET", f"/containers/{row['Id']}/logs", query=query, timeout_s=timeout_s) as answer:
            for piece in frames(answer):
                stamp, _, text = piece.decode("utf-8", "replace").rstrip("\n").partition(" ")
                yield Line(seconds_of(stamp), row["Labels"][SERVICE], name_of(row), text.rstrip("\r"))
