"""Which of the cases that differ only in the instant at which a fault strikes are played in this run?

A run plays some of them, drawn by a seed that it names at its start; `SLIPWAY_INSTANTS=all` plays every one, as
`nox -s soak` does.
"""

from __future__ import annotations

import os
import random
import secrets
from collections.abc import Iterable
from typing import TypeVar

SEED, PLAYED = "SLIPWAY_SEED", "SLIPWAY_INSTANTS"
T = TypeVar("T")


def draw_seed() -> str:
    """Return the seed of this run, drawn now unless the environment names one; its children have the same."""
    return os.environ.setdefault(SEED, str(secrets.randbelow(1_000_000)))


def said() -> str:
    """Say how this run can be played again."""
    if is_all():
        return f"instants: all ({PLAYED}=all)"
    return f"instants: those of {SEED}={draw_seed()}; every one with {PLAYED}=all"


def some_of(cases: Iterable[T], count: int) -> list[T]:
    """Return `count` of the cases in their order, or all of them."""
    every = list(cases)
    if is_all():
        return every
    drawn = random.Random(f"{draw_seed()} {every}").sample(range(len(every)), count)  # noqa: S311 - no secret
    return [every[number] for number in sorted(drawn)]


def is_all() -> bool:
    """Tell whether this run plays every case."""
    return os.environ.get(PLAYED) == "all"
