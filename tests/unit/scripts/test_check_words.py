from __future__ import annotations

from collections import Counter

import pytest

from scripts.check_words import Counts, Outcome, announcement, help_text, spoken, verdict
from tests.components import ALL, Component, MissingError

SECONDS = {"lint": 15.0, "types": 30.0, "unit": 75.0, "integration": 600.0, "rehearsal": 1500.0}
ALL_OF_THEM = tuple(SECONDS)
QUICK = ("lint", "types", "unit")


def nowhere() -> str:
    raise MissingError("none found")


ENGINE = Component(mark="engine", name="Engine", find=nowhere, brought_by="get engine", wanted={"rehearsal": ALL})
BROWSER = Component(
    mark="browser",
    name="Browser",
    find=nowhere,
    brought_by="get browser",
    wanted={"integration": "pages", "rehearsal": "HTTP/3"},
)
SUCCESS = [Outcome(name=name, result="success") for name in QUICK]
FAILED = [*SUCCESS[:2], Outcome(name="unit", result="failed")]
OUT = Outcome(name="rehearsal", result="skipped", reason="no Engine on this machine (none found)")
COUNTS = {"unit": Counts(passed=2059)}


def test_the_announcement_says_what_will_run_and_for_how_long() -> None:
    assert announcement(ALL_OF_THEM, SECONDS, []) == (
        "checks: lint, types, unit, integration, rehearsal will run: about 37 min on 2 cores\n"
    )


def test_what_is_left_out_is_announced_with_the_command_that_brings_it_and_takes_no_time() -> None:
    assert announcement(ALL_OF_THEM, SECONDS, [ENGINE, BROWSER]).splitlines() == [
        "checks: lint, types, unit, integration will run: about 12 min on 2 cores",
        "checks: left out: rehearsal: no Engine on this machine (none found), to be had by: get engine",
        "checks: left out: pages (integration): no Browser on this machine (none found), to be had by: get browser",
    ]


def test_a_part_of_a_session_that_runs_is_left_out_by_name() -> None:
    assert "left out: HTTP/3 (rehearsal): no Browser" in announcement(("rehearsal",), SECONDS, [BROWSER])


def test_nothing_is_promised_of_a_session_whose_length_nobody_knows() -> None:
    assert announcement(("bench",), SECONDS, []) == "checks: bench will run\n"


@pytest.mark.parametrize(
    ("outcomes", "counts", "exit_code", "line"),
    [
        (SUCCESS, COUNTS, 0, "all passed in 2 min 3 s: lint, types, unit (2,059 tests)"),
        (
            [*SUCCESS, OUT],
            {"unit": Counts(passed=1, skipped=Counter(x=2))},
            0,
            "all passed in 2 min 3 s: lint, types, unit (1 test); left out: rehearsal (no Engine), 2 tests of unit (x)",
        ),
        (
            FAILED,
            {"unit": Counts(passed=7, failed=2)},
            1,
            "FAILED after 2 min 3 s: unit (2 tests failed); passed: lint, types",
        ),
        (
            FAILED,
            {"unit": Counts(passed=7, skipped=Counter(odd=3))},
            1,
            "FAILED after 2 min 3 s: unit (3 tests skipped); passed: lint, types",
        ),
        (
            [Outcome(name="lint", result="failed"), *SUCCESS[1:]],
            COUNTS,
            1,
            "FAILED after 2 min 3 s: lint; passed: types, unit (2,059 tests)",
        ),
        ([Outcome(name="lint", result="failed")], {}, 1, "FAILED after 2 min 3 s: lint; did not run: types, unit"),
        ([], {}, 130, "stopped after 2 min 3 s; did not run: lint, types, unit"),
        ([], {}, 3, "FAILED after 2 min 3 s; did not run: lint, types, unit"),
    ],
)
def test_the_last_line_says_how_it_ended(
    outcomes: list[Outcome], counts: dict[str, Counts], exit_code: int, line: str
) -> None:
    assert verdict(QUICK, outcomes, counts, seconds=123.2, exit_code=exit_code) == f"checks: {line}\n"


def test_that_nothing_ran_is_no_success() -> None:
    said = verdict(("rehearsal",), [OUT], {}, seconds=1, exit_code=0)
    assert said == "checks: nothing ran; left out: rehearsal (no Engine)\n"


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "0 s"), (59.6, "1 min"), (723, "12 min 3 s"), (3720, "1 h 2 min")]
)
def test_a_length_is_told_as_people_say_it(seconds: float, words: str) -> None:
    assert spoken(seconds) == words


def test_the_help_names_each_way_to_call_it() -> None:
    said = help_text(SECONDS)
    wanted = ("--quick", "--help", "ARGUMENTS", "goes to nox", "about 37 min", "about 2 min")
    assert [word for word in wanted if word not in said] == []
