"""Which mutations are tried? Those of `drawn.toml`, whose lines nobody chose, and of `chosen.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LISTS = ("drawn", "chosen")


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One changed line, the requirement that suffers, and the tests that have to notice."""

    name: str
    origin: str
    file: str
    before: str
    after: str
    req: str
    tests: tuple[str, ...]

    @property
    def kind(self) -> str:
        """Return `unit` when its tests need nothing but Python, else `integration`."""
        return "unit" if all(test.startswith("tests/unit/") for test in self.tests) else "integration"

    def mutated(self, source: str) -> str:
        """Return the source with the line changed; raises StaleError unless it is there exactly once."""
        times = source.count(self.before)
        if times != 1:
            raise StaleError(
                f"{self.origin}.toml [{self.name}]: `before` is {times} times in {self.file}, not once; "
                "the code was changed, so change the mutation too"
            )
        return source.replace(self.before, self.after)


class StaleError(Exception):
    """The list speaks of code that is not there any more."""


def mutants() -> tuple[Mutant, ...]:
    """Return every mutation of the lists, in their order."""
    return tuple(one for origin in LISTS for one in _read(origin))


def _read(origin: str) -> Iterator[Mutant]:
    text = (Path(__file__).parent / f"{origin}.toml").read_text(encoding="utf-8")
    for name, stated in tomllib.loads(text).items():
        yield Mutant(name=name, origin=origin, **{**stated, "tests": tuple(stated["tests"])})
