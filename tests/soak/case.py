"""What is a case of the soak? A part, a seed and a number; everything that happens in it follows from these."""

from __future__ import annotations

import random
import subprocess
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TypeAlias

from tests.soak.place import Place

Counts: TypeAlias = Counter[str]


class BrokenError(AssertionError):
    """Something that was promised does not hold."""


@dataclass(frozen=True, order=True)
class Case:
    """One case of a part."""

    part: str
    seed: int
    number: int

    def draw(self) -> random.Random:
        """Return the chance that decides everything in this case; the same case draws the same."""
        return random.Random(f"{self.seed}/{self.part}/{self.number}")  # noqa: S311 - a seed that replays is the point

    @property
    def again(self) -> str:
        """Return the command that plays this case again."""
        return f"nox -s soak -- --part {self.part} --seed {self.seed} --case {self.number}"


Play: TypeAlias = Callable[[Case, Counts], None]  # raises when a promise does not hold; counts what it did as it goes


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part: what must hold, how many cases a whole soak has, and what has to stand to play them."""

    name: str
    promise: str
    cases: int
    opened: Callable[[Place], AbstractContextManager[Play]]


def must(holds: object, what: str) -> None:
    """Raise BrokenError unless it holds."""
    if not holds:
        raise BrokenError(what)


def must_end_well(done: subprocess.CompletedProcess[str]) -> None:
    """Raise BrokenError with what a command said, unless it ended with 0."""
    must(done.returncode == 0, f"exit code {done.returncode}\n{done.stdout}{done.stderr}")
