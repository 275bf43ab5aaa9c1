"""What did each case come to? A line of JSON each, appended as they end: a killed soak goes on where it was."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.soak.case import Case, Counts

CASES = "cases.jsonl"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How one case ended; `why` is empty when everything held."""

    part: str
    seed: int
    number: int
    seconds: float
    ended_at: str
    commit: str
    counts: dict[str, int] = field(default_factory=dict)
    why: str = ""

    @property
    def case(self) -> Case:
        """Return the case that it is of."""
        return Case(self.part, self.seed, self.number)


class Book:
    """The outcomes of one soak, oldest first."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / CASES
        written = self._path.read_bytes() if self._path.exists() else b""
        whole = written[: written.rfind(b"\n") + 1]  # a kill may have cut the last line
        self.outcomes = [Outcome(**json.loads(line)) for line in whole.splitlines()]
        if whole != written:
            self._path.write_bytes(whole)

    def add(self, outcome: Outcome) -> None:
        """Write an outcome down, so that it is there whatever happens next."""
        self.outcomes.append(outcome)
        with self._path.open("ab") as file:
            file.write(json.dumps(asdict(outcome)).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def latest(self, part: str, seed: int) -> dict[int, Outcome]:
        """Return the newest outcome of each case of a part: one that was mended and played again holds."""
        return {one.number: one for one in self.outcomes if (one.part, one.seed) == (part, seed)}


def total(outcomes: Iterable[Outcome]) -> Counts:
    """Add up what was counted."""
    counts = Counts()
    for one in outcomes:
        counts.update(one.counts)
    return counts
