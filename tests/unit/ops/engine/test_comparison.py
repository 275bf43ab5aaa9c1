"""Is nothing of the live release touched while it is asked, and does nobody wait for an operator who is gone?"""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest

from ops.engine.host.words import ASKED, ASKING, ComparisonFiles
from ops.engine.rollout.comparison import compare
from ops.engine.rollout.context import Order
from tests.simulation.world import World, release, world


class Asked:
    """An operator's side that has its answers after some looks, and was heard of so long ago."""

    def __init__(self, *, after: int, silent_s: float = 0.0) -> None:
        self.after = after
        self.silent = silent_s
        self.looked = 0

    def is_over(self) -> bool:
        """Tell whether there are answers."""
        self.looked += 1
        return self.looked > self.after

    def silent_s(self) -> float:
        """Return how long nothing was heard."""
        return self.silent


def held(made: World, asked: Asked) -> float:
    """Wait; return how long that took."""
    engine = made.engine()
    began = engine.waiter.now()
    compare(engine, asked)
    return engine.waiter.now() - began


def answered(made: World) -> list[bool]:
    """Return what was told of how the wait ended."""
    return [entry["answered"] for entry in made.journal.entries if entry["event"] == "compared"]


def test_it_waits_until_the_questions_are_answered() -> None:
    made, asked = world(), Asked(after=300)
    assert 10 < held(made, asked) < 20
    assert (asked.looked, answered(made)) == (302, [True])


def test_answers_that_are_there_already_cost_nothing() -> None:
    assert held(world(), Asked(after=0)) == 0


@pytest.mark.req("B-01")
def test_an_operator_who_is_gone_is_not_waited_for() -> None:
    made = world()
    assert 6 <= held(made, Asked(after=10**9, silent_s=float("inf"))) < 8
    assert answered(made) == [False]


def test_an_operator_who_never_ends_is_waited_for_two_minutes() -> None:
    assert 120 <= held(world(), Asked(after=10**9)) < 122


@pytest.mark.req("B-02")
def test_the_comparison_comes_after_the_build_and_before_anything_is_touched() -> None:
    made = world()
    made.deploy(release())
    made.deploy(release(api=2), Order(comparison=Asked(after=2)))
    steps = list(made.steps())
    assert steps[steps.index("compare") - 1 :][:3] == ["build", "compare", "data"]


def test_a_first_deploy_and_one_that_changes_nothing_do_not_compare() -> None:
    made = world()
    for _ in range(2):
        made.deploy(release(), Order(comparison=Asked(after=2)))
        assert made.steps()
        assert "compare" not in made.steps()


def test_the_words_of_the_operator_are_files_in_the_folder_of_the_run(tmp_path: Path) -> None:
    files = ComparisonFiles(tmp_path)
    assert (files.is_over(), files.silent_s()) == (False, float("inf"))
    (tmp_path / ASKING).touch()
    assert files.silent_s() < 5
    os.utime(tmp_path / ASKING, (1_000_000_000, 1_000_000_000))
    assert files.silent_s() > 1000
    (tmp_path / ASKED).touch()
    assert files.is_over()


def test_an_order_without_a_comparison_waits_for_nothing() -> None:
    assert dataclasses.replace(Order(), comparison=None).comparison is None
    assert not compare(world().engine(), None)
