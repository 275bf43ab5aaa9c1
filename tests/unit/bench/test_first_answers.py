"""Is the share of deploys with answers in time what was seen, late and wrong answers included?"""

from __future__ import annotations

import pytest

from tests.bench.first_answers import Deploy, First, figures, verdict

SOON = First(status=200, seconds=0.02)


def a_deploy(*, home: First = SOON, health: First = SOON, exit_code: int = 0) -> Deploy:
    return Deploy(changed="api/main.py", exit_code=exit_code, seconds=9.0, firsts={"home page": home, "health": health})


@pytest.mark.parametrize(
    "bad",
    [
        a_deploy(home=First(status=200, seconds=5.1)),
        a_deploy(health=First(status=503, seconds=0.1)),
        a_deploy(health=First(status=0, seconds=0.1, failure="ConnectError")),
        a_deploy(exit_code=9),
    ],
    ids=["late", "503", "no answer", "the deploy failed"],
)
def test_a_deploy_counts_only_when_both_pages_are_there_in_time(bad: Deploy) -> None:
    assert a_deploy(home=First(status=200, seconds=5.0)).is_in_time
    said = verdict([a_deploy(), bad, a_deploy(), a_deploy()])
    assert "3 of 4 deploys (75%; aim: 95%)" in said
    assert "- deploy 2 (api/main.py)" in said
    assert said.count("- deploy") == 1


def test_the_figures_are_of_answers_and_a_silence_is_none() -> None:
    times = [First(status=200, seconds=number / 10) for number in range(1, 20)]
    silent = a_deploy(home=First(status=0, seconds=15.0, failure="ReadTimeout"))
    said = figures([*(a_deploy(home=one) for one in times), silent])
    assert "| home page | 19 | 1.000 | 1.900 | 1.900 |" in said
    assert "| health | 20 | 0.020 | 0.020 | 0.020 |" in said


def test_without_any_answer_there_are_no_figures() -> None:
    silent = First(status=0, seconds=15.0, failure="ReadTimeout")
    assert "| home page | 0 | - | - | - |" in figures([a_deploy(home=silent)])
