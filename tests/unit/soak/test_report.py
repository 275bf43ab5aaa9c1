"""Does the page of a soak tell what was played, what broke, and how to play it again?"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import json
from pathlib import Path

import pytest

from tests.soak.book import Book, Outcome
from tests.soak.case import Case, Part
from tests.soak.cloud import CALLS, FAULTS, GRID, draw
from tests.soak.report import Report, keep, make_report, render, summary

LOCK = Part(name="lock", promise="one holder", cases=3, opened=lambda _: contextlib.nullcontext(lambda *_: None))


def an_outcome(number: int, *, why: str = "", seed: int = 1, commit: str = "abc") -> Outcome:
    return Outcome(
        part="lock", seed=seed, number=number, seconds=2.0, ended_at="now", commit=commit, counts={"races": 5}, why=why
    )


def a_report(tmp_path: Path, *outcomes: Outcome, ended: str = "") -> Report:
    book = Book(tmp_path)
    for one in outcomes:
        book.add(one)
    return make_report("seed-1", 1, {LOCK: range(3)}, book, ended={"lock": ended} if ended else {})


def test_what_held_is_counted_of_this_seed_alone(tmp_path: Path) -> None:
    report = a_report(tmp_path, *(an_outcome(number) for number in range(3)), an_outcome(0, seed=2, why="of another"))
    assert report.outcome == "success"
    assert (report.rows[0].held, report.rows[0].played, report.rows[0].asked) == (3, 3, 3)
    assert report.rows[0].counts == {"races": 15}
    assert report.failures == ()
    assert "lock      3 of 3 held, 3 asked for: races 15\nEverything held." in summary(report)


@pytest.mark.parametrize(
    ("outcomes", "ended", "expected"),
    [
        ((an_outcome(0),), "", "partial"),
        ((), "", "partial"),
        ((an_outcome(0), an_outcome(1, why="two hold it")), "", "failed"),
        ((), "there is no engine", "failed"),
        ((an_outcome(0, why="two hold it"), *(an_outcome(number) for number in range(3))), "", "success"),
    ],
    ids=["one of three", "none", "one broke", "not begun", "mended"],
)
def test_a_soak_is_as_good_as_its_worst_part(
    tmp_path: Path, outcomes: tuple[Outcome, ...], ended: str, expected: str
) -> None:
    assert a_report(tmp_path, *outcomes, ended=ended).outcome == expected


def test_a_failure_is_named_with_its_reason_and_the_command_that_plays_it_again(tmp_path: Path) -> None:
    report = a_report(tmp_path, an_outcome(1, why="<b>two</b> hold it\nboth", commit="old"), an_outcome(2))
    page = render(report)
    assert "&lt;b&gt;two&lt;/b&gt; hold it" in page
    assert "nox -s soak -- --part lock --seed 1 --case 1" in page
    assert "nox -s soak -- --part lock --seed 1 --case 1" in summary(report)
    assert "old, abc" in page
    assert "<script" not in page
    assert "--good-back" in page  # the style of the project's other reports


def test_a_failure_that_was_mended_stays_on_the_page(tmp_path: Path) -> None:
    report = a_report(tmp_path, an_outcome(1, why="two hold it"), an_outcome(1))
    assert [one.is_mended for one in report.failures] == [True]
    assert "held when played again" in render(report)
    assert "two hold it" not in summary(report)


def test_the_page_has_its_figures_beside_it(tmp_path: Path) -> None:
    page = keep(a_report(tmp_path, an_outcome(0, why="two hold it")), tmp_path)
    raw = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    assert (raw["outcome"], raw["seed"], raw["failures"][0]["outcome"]["why"]) == ("failed", 1, "two hold it")


def test_the_first_cases_of_the_cloud_are_every_fault_at_every_call() -> None:
    drawn = [draw(case.draw(), case) for case in (Case("cloud", 1, number) for number in range(GRID))]
    struck = {(fault.after, dataclasses.replace(fault, after=0)) for (fault,) in drawn}
    assert struck == set(itertools.product(range(CALLS), FAULTS.values()))
