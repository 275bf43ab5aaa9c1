"""How long do the checks take, session by session and test by test, and how much of it was work?

Each whole session of nox leaves its figures in `.local/checks/`. `nox -s timings` puts them into `tests/timings.json`
and CONTRIBUTING.md, so that growth is seen in a diff.
"""

from __future__ import annotations

import json
import os
import time
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "tests" / "timings.json"
LEFT = ROOT / ".local" / "checks"
SESSION = "SLIPWAY_CHECK"  # the name of the nox session, when it runs all of its tests
SLOWEST = 10
LONG_S = 1.0  # files that take less need no figure of their own


@dataclass(frozen=True, kw_only=True)
class Session:
    """One session: its length and the work of the machine's processors in it, both in seconds."""

    seconds: float
    busy_seconds: float = 0.0  # 0: nobody measured it
    tests: int = 0
    workers: int = 1
    cores: int = 0
    files: dict[str, float] = field(default_factory=dict)
    slowest: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What `tests/timings.json` says: sessions by name, and files with their seconds."""

    sessions: dict[str, Session] = field(default_factory=dict)

    @property
    def files(self) -> dict[str, float]:
        """Return the seconds of each file that takes long, of all sessions."""
        return {path: seconds for one in self.sessions.values() for path, seconds in one.files.items()}


def kept() -> Kept:
    """Read the figures of the checkout; none when there are none yet."""
    found = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    return Kept(sessions={name: Session(**figures) for name, figures in found.items()})


def read(path: Path) -> Session:
    """Read what one session left."""
    return Session(**json.loads(path.read_text(encoding="utf-8")))


def busy_seconds() -> float:
    """Return how many seconds the machine's processors have worked since it started, for whomever."""
    times = psutil.cpu_times()
    return sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0)


class Timings:
    """Measures a whole run and keeps its figures; with workers it sits where they report."""

    def __init__(self, session: str, *, workers: int) -> None:
        self._session = session
        self._workers = workers
        self._began, self._busy = time.monotonic(), busy_seconds()
        self._seconds: defaultdict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add up what a test's set-up, call and tear-down took."""
        self._seconds[report.nodeid.partition("@")[0]] += report.duration

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Keep the figures of a session that passed."""
        if exitstatus == pytest.ExitCode.OK:
            LEFT.mkdir(parents=True, exist_ok=True)
            write(LEFT / f"{self._session}.json", self.figures())

    def figures(self) -> Session:
        """Return the figures so far."""
        files: defaultdict[str, float] = defaultdict(float)
        for test, seconds in self._seconds.items():
            files[test.partition("::")[0]] += seconds
        slowest = sorted(self._seconds.items(), key=lambda one: -one[1])
        return Session(
            seconds=round(time.monotonic() - self._began, 1),
            busy_seconds=round(busy_seconds() - self._busy, 1),
            tests=len(self._seconds),
            workers=self._workers,
            cores=os.cpu_count() or 0,
            files={path: round(seconds, 1) for path, seconds in sorted(files.items()) if seconds >= LONG_S},
            slowest={test: round(seconds, 1) for test, seconds in slowest[:SLOWEST]},
        )


def write(path: Path, session: Session) -> None:
    """Write the figures of one session."""
    path.write_text(json.dumps(asdict(session), indent=1) + "\n", encoding="utf-8")
