"""What is written down of a stack under load, and how is it kept for the pictures? Needs nothing but Python."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from tests.bench.recording import Recording, Sample
from tests.bench.spans import Update, read_update

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / ".local" / "bench"
SETTLED_S = 2.0


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
    def since(self) -> tuple[Sample, ...]:
        """Return what was due from the first update on, pauses and the time afterwards included."""
        return self.recording.between(self.updates[0].typed_at, float("inf"))

    @property
    def failures(self) -> tuple[Sample, ...]:
        """Return every request that failed, whenever it was."""
        return tuple(sample for sample in self.recording.samples if sample.failure)

    def until(self, update: Update) -> float:
        """Return when the next update was typed, or the end."""
        later = [one.typed_at for one in self.updates if one.typed_at > update.typed_at]
        return min(later, default=float("inf"))


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
