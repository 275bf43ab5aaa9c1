"""What is done to a stack while it is under load, and what is written down of it?"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.recording import Recording, Sample
from tests.bench.spans import Update, read_update, spans_of
from tests.stack import ROOT, Checkout

KEPT = ROOT / ".local" / "bench"
STEADY_S = 30.0
SETTLED_S = 2.0
UPDATE_S = 300.0


@dataclass(frozen=True, kw_only=True)
class Story:
    """One run of the generator and the updates under it; the first `SETTLED_S` are not judged."""

    title: str
    recording: Recording
    updates: tuple[Update, ...]

    @property
    def steady(self) -> tuple[Sample, ...]:
        """Return what was due before anything was changed."""
        first = self.updates[0].typed_at if self.updates else self.recording.samples[-1].at
        return self.recording.between(self.recording.samples[0].at + SETTLED_S, first)

    @property
    def during(self) -> tuple[Sample, ...]:
        """Return what was due while an update ran."""
        return tuple(one for update in self.updates for one in self.recording.between(update.typed_at, update.ended_at))

    @property
    def failures(self) -> tuple[Sample, ...]:
        """Return every request that failed, whenever it was."""
        return tuple(sample for sample in self.recording.samples if sample.failure)

    def until(self, update: Update) -> float:
        """Return when the next update was typed, or the end."""
        later = [one.typed_at for one in self.updates if one.typed_at > update.typed_at]
        return min(later, default=float("inf"))


@dataclass
class Teller:
    """Types updates in a checkout and keeps what came of each."""

    checkout: Checkout
    words: tuple[str, ...] = ()
    updates: list[Update] = field(default_factory=list)

    def update(self, name: str, change: Callable[[], object]) -> Update:
        """Change something, type `invoke update`, and wait for its end; whatever it ends with is written down."""
        change()
        typed_at = time.time()
        done = self.checkout.invoke("update", *self.words, timeout_s=UPDATE_S)
        ended_at = time.time()
        report = newest_report(self.checkout.root)
        self.updates.append(
            Update(
                name=name,
                typed_at=typed_at,
                ended_at=ended_at,
                exit_code=done.returncode,
                outcome=report["outcome"],
                spans=spans_of(report),
            )
        )
        say(f"{name}: {report['outcome']}, exit code {done.returncode}, {ended_at - typed_at:.1f} s")
        return self.updates[-1]


def newest_report(root: Path) -> dict[str, Any]:
    """Return the report of the newest run of a checkout."""
    newest = max((root / "local_run_logs").glob("*/report.json"), key=lambda path: path.parent.name)
    found: dict[str, Any] = json.loads(newest.read_text(encoding="utf-8"))
    return found


@contextmanager
def changed(path: Path, edit: Callable[[str], str]) -> Iterator[None]:
    """Edit a file of the copy, and put it back at the end of the block."""
    before = path.read_text(encoding="utf-8")
    path.write_text(edit(before), encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(before, encoding="utf-8")


def keep(name: str, stories: list[Story]) -> Path:
    """Write stories to disk for the pictures; return the file."""
    KEPT.mkdir(parents=True, exist_ok=True)
    raw = [
        {
            "title": story.title,
            "head": story.recording.head,
            "samples": story.recording.samples,
            "updates": [update.as_json() for update in story.updates],
        }
        for story in stories
    ]
    path = KEPT / f"{name}.json"
    path.write_text(json.dumps(raw), encoding="utf-8")
    return path


def read_stories(path: Path) -> list[Story]:
    """Read what `keep` wrote."""
    return [
        Story(
            title=raw["title"],
            recording=Recording(tuple(Sample(*row) for row in raw["samples"]), raw["head"]),
            updates=tuple(read_update(update) for update in raw["updates"]),
        )
        for raw in json.loads(path.read_text(encoding="utf-8"))
    ]


def say(text: str) -> None:
    """Tell on stderr how it goes; stdout is for the tables."""
    sys.stderr.write(text + "\n")
