"""Do a few cases of the soak hold? `nox -s soak` plays thousands, in a night; SOAK_SEED=7 draws others here."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench.releases import CHANGED_FILES
from tests.soak import cloud, kills, lock
from tests.soak.case import Case, Counts, Part, Play
from tests.soak.place import Place
from tests.soak.runner import play_one
from tests.stack import Stack

SEED = int(os.environ.get("SOAK_SEED", "1"))


def hold(part: Part, play: Play, numbers: tuple[int, ...]) -> Counts:
    """Play cases; fails with the reason and the command that plays the case again. Returns what was counted."""
    counts = Counts()
    for number in numbers:
        case = Case(part.name, SEED, number)
        outcome = play_one(play, case, commit="")
        if outcome.why:
            pytest.fail(f"{outcome.why}\n\nplay it again: {case.again}", pytrace=False)
        counts.update(outcome.counts)
    return counts


def test_of_those_who_race_for_the_lock_one_holds_it(tmp_path: Path) -> None:
    with lock.PART.opened(Place(tmp_path)) as play:
        counts = hold(lock.PART, play, (0, 1, 2, 3, 4))
    assert counts["races"] == 5


def test_a_cloud_in_chaos_has_one_of_each_thing_in_the_end(tmp_path: Path) -> None:
    with cloud.PART.opened(Place(tmp_path)) as play:
        counts = hold(cloud.PART, play, (86, 137, 186, 194, 503, 504))
    assert counts["deployments"] == 6
    assert counts["typed again"] > 0


@pytest.fixture
def changing(stack: Stack) -> Iterator[Stack]:
    """Return the stack; what a case changes in its files is put back."""
    originals = {name: (stack.root / name).read_text(encoding="utf-8") for name in CHANGED_FILES}
    yield stack
    for name, text in originals.items():
        (stack.root / name).write_text(text, encoding="utf-8")


@pytest.mark.req("B-01", "B-02")
def test_an_update_that_is_killed_at_a_drawn_instant_is_made_whole_by_the_next(changing: Stack) -> None:
    counts = hold(kills.PART, lambda case, counts: kills.play(changing, case, counts), (6, 7))
    assert counts["visits"] > 0
