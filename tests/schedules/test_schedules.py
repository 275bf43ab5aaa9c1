"""Does a host live through thousands of lives in which anything fails at any moment?

`SCHEDULES` is how many are played and `SCHEDULE_SEED` the seed of the first; each has the next seed.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulation.schedule import Schedule, clear

FIRST = int(os.environ.get("SCHEDULE_SEED", "0"))
COUNT = int(os.environ.get("SCHEDULES", "4000"))
PARTS = 40
MEMORY = Path("/dev/shm")  # noqa: S108 - a disk that is none: it does not matter whether these files survive


@pytest.fixture(scope="module")
def root() -> Iterator[Path]:
    """Return a folder for the lock and the history, in memory where that is possible."""
    with (
        tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(os, "fsync", lambda _: None)
        yield Path(folder)


def seeds(number: int) -> range:
    """Return the seeds of one part of them all."""
    return range(FIRST + COUNT * number // PARTS, FIRST + COUNT * (number + 1) // PARTS)


@pytest.mark.req("B-01", "B-02")
@pytest.mark.parametrize("number", [number for number in range(PARTS) if seeds(number)])
def test_whatever_happens_the_site_serves_and_one_more_run_settles_it(number: int, root: Path) -> None:
    for seed in seeds(number):
        clear(root)
        try:
            Schedule(seed, root).play()
        except AssertionError as error:
            again = f"SCHEDULE_SEED={seed} SCHEDULES=1 pytest tests/schedules"
            pytest.fail(f"{error}\n\nplay it again: {again}", pytrace=False)


def test_a_seed_is_always_the_same_life(root: Path) -> None:
    stories = []
    for _ in range(2):
        clear(root)
        schedule = Schedule(42, root)
        schedule.play()
        stories.append(schedule.story)
    assert stories[0] == stories[1]
