"""What the services wrote, when, and what they write now."""

from __future__ import annotations

import collections
import heapq
import os
import re
import time
from collections.abc import Container, Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from ops.engine.processes.layout import REPLICA_NAME, Layout
from ops.engine.runtime import Line, LogQuery

KEEP_DAYS = 14
POLL_S = 0.2

# JSON's `timestamp`, `time` or `ts` (text or Unix seconds); ISO 8601 or PostgreSQL's %m at the start; Valkey's form.
JSON_TIME = re.compile(r'"(?:timestamp|time|ts)"\s*:\s*(?:"(?P<iso>[^"]+)"|(?P<unix>\d+(?:\.\d+)?))')
ISO = re.compile(
    r"^\[?(?P<day>\d{4}[-/]\d\d[-/]\d\d)[T ](?P<clock>\d\d:\d\d:\d\d)(?:[.,](?P<part>\d+))?"
    r" ?(?P<zone>Z|[+-]\d\d:?\d\d|[A-Z]{3,4})?"
)
VALKEY = re.compile(r"^\d+:\w (?P<text>\d\d \w{3} \d{4} \d\d:\d\d:\d\d\.\d{3})")


def time_of(text: str) -> float | None:
    """Return the time that a line states about itself in Unix seconds (without a zone: UTC), None when none."""
    in_json = JSON_TIME.search(text) if text.startswith("{") else None
    if in_json and in_json["unix"]:
        return float(in_json["unix"])
    try:
        valkey = VALKEY.match(text)
        if valkey:
            return datetime.strptime(valkey["text"], "%d %b %Y %H:%M:%S.%f").replace(tzinfo=UTC).timestamp()
        found = ISO.match(in_json["iso"] if in_json else text)
        return _timestamp(found) if found else None
    except ValueError:
        return None


def _timestamp(found: re.Match[str]) -> float:
    zone = found["zone"] or "Z"
    offset = zone if zone[0] in "+-" else "+00:00"
    part = (found["part"] or "0")[:6].ljust(6, "0")
    return datetime.fromisoformat(f"{found['day'].replace('/', '-')}T{found['clock']}.{part}{offset}").timestamp()


def read_logs(root: Path, query: LogQuery) -> Generator[Line, None, None]:
    """Yield what the services wrote, oldest first, rotated files too; when it follows, go on for ever.

    `grep` is plain text, looked for without regard to case.
    """
    wanted, needle = set(query.services), query.grep.casefold()
    earliest = time.time() - query.since_s if query.since_s is not None else 0.0

    def is_wanted(line: Line) -> bool:
        return line.at >= earliest and needle in line.text.casefold()

    folder = Layout(root).logs
    tails = _tails(folder, wanted)
    try:
        # Where every line is wanted, only the end of each log is read closely.
        last = None if needle or earliest else query.lines
        past = heapq.merge(*(tail.past(last) for tail in tails.values()), key=lambda line: line.at)
        yield from collections.deque(filter(is_wanted, past), maxlen=query.lines)
        while query.follow:
            for tail in _tails(folder, wanted, known=tails).values():
                yield from filter(is_wanted, tail.news())
            time.sleep(POLL_S)  # follows until its reader stops asking
    finally:
        for tail in tails.values():
            tail.close()


class _Tail:
    """One replica's log, read across rotations."""

    def __init__(self, path: Path) -> None:
        named = REPLICA_NAME.match(path.stem)
        self._path = path
        self._replica = path.stem
        self._service = named["service"] if named else path.stem
        self._at = 0.0
        self._file: TextIO | None = None
        self._rest = ""
        self._is_live = False

    @property
    def service(self) -> str:
        """The service whose replica wrote it."""
        return self._service

    def past(self, last: int | None = None) -> Iterator[Line]:
        """Yield what was written before, or the last lines of it; lines above the first one with a time get it."""
        untimed = []
        for text in collections.deque(self._past_texts(), maxlen=last) if last else self._past_texts():
            line = self._line(text)
            if not line.at:
                untimed.append(line)
                continue
            yield from (before._replace(at=line.at) for before in untimed)
            untimed.clear()
            yield line
        yield from (line._replace(at=self._path.stat().st_mtime) for line in untimed)
        self._is_live = True

    def _past_texts(self) -> Iterator[str]:
        rotated = self._path.parent.glob(f"{self._path.name}.[0-9]*")
        for path in sorted(rotated, key=lambda path: -int(path.suffix[1:])):
            with path.open(encoding="utf-8", errors="replace") as file:
                yield from file
        yield from self._drain()

    def news(self) -> Iterator[Line]:
        """Yield whole lines written since the last call; after a rotation the end of the old file comes first."""
        self._is_live = True
        yield from map(self._line, self._drain())
        if self._was_replaced():
            yield from map(self._line, self._drain())  # written between the first read and the rotation
            self.close()
            yield from map(self._line, self._drain())

    def _drain(self) -> Iterator[str]:
        if self._file is None:
            try:
                self._file = self._path.open(encoding="utf-8", errors="replace", newline="\n")
            except FileNotFoundError:
                return
        for text in iter(self._file.readline, ""):
            self._rest += text
            if self._rest.endswith("\n"):
                whole, self._rest = self._rest, ""
                yield whole

    def _was_replaced(self) -> bool:
        try:
            return self._file is not None and os.fstat(self._file.fileno()).st_ino != self._path.stat().st_ino
        except FileNotFoundError:
            return False

    def _line(self, text: str) -> Line:
        stripped = text.rstrip("\r\n")
        # Time does not run backwards within a log, whatever a line says: merging relies on it.
        self._at = max(self._at, time_of(stripped) or (time.time() if self._is_live else 0.0))
        return Line(self._at, self._service, self._replica, stripped)

    def close(self) -> None:
        """Let go of the file."""
        if self._file:
            self._file.close()
        self._file = None


def _tails(folder: Path, wanted: Container[str], known: dict[Path, _Tail] | None = None) -> dict[Path, _Tail]:
    """Return a reader for each log of the wanted services, new ones added to those that are known."""
    tails = known if known is not None else {}
    for path in sorted(folder.glob("*.log")):
        tail = tails.get(path) or _Tail(path)
        if not wanted or tail.service in wanted:
            tails[path] = tail
    return tails


def last_lines(path: Path, count: int) -> list[str]:
    """Return the last lines of a log, rotated files not included."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", errors="replace") as file:
        return [line.rstrip("\r\n") for line in collections.deque(file, maxlen=count)]


def prune_logs(folder: Path, keep: Container[str]) -> None:
    """Remove the logs of replicas that are gone and silent for two weeks."""
    for path in folder.glob("*.log*"):
        if path.name.partition(".log")[0] not in keep and time.time() - path.stat().st_mtime > KEEP_DAYS * 86400:
            path.unlink()
