from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts import timings
from tests.timings import KEPT, Session, Timings, kept, write

pytest_plugins = ("pytester",)
UNIT = Session(seconds=80, busy_seconds=120, tests=2000, workers=2, slowest={"tests/unit/test_a.py::test_it": 3.2})
LINT = Session(seconds=12)
WHOLE = Session(seconds=900, busy_seconds=1500, tests=1500, workers=4, slowest={"tests/integration/x.py::test_b": 57})


def test_the_tables_say_how_long_each_session_took_and_which_tests_most() -> None:
    assert timings.tables({"lint": LINT, "unit": UNIT, "rehearsal": WHOLE}).splitlines() == [
        "| session | tests | time | busy cores | workers |",
        "|---|---|---|---|---|",
        "| `lint` |  | 12 s |  | 1 |",
        "| `unit` | 2,000 | 80 s | 1.5 | 2 |",
        "| `rehearsal` | 1,500 | 15.0 min | 1.7 | 4 |",
        "",
        "| the slowest, with their set-ups | seconds |",
        "|---|---|",
        "| `tests/integration/x.py::test_b` | 57 |",
        "| `tests/unit/test_a.py::test_it` | 3 |",
    ]


def test_what_whole_sessions_left_is_kept_and_the_others_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page, figures, left = tmp_path / "page.md", tmp_path / "timings.json", tmp_path / "checks"
    page.write_text("before\n<!-- timings -->\nold\n<!-- end of timings -->\nafter\n", encoding="utf-8")
    left.mkdir()
    for name, value in (("PAGE", page), ("KEPT", figures), ("LEFT", left)):
        monkeypatch.setattr(timings, name, value)
    monkeypatch.setattr("tests.timings.KEPT", figures)
    assert timings.main() == 1, "nothing was left yet"
    for session, found in (("unit", UNIT), ("lint", LINT)):
        write(left / f"{session}.json", found)
    assert timings.main() == 0
    (left / "lint.json").unlink()
    write(left / "unit.json", WHOLE)
    assert timings.main() == 0
    assert kept().sessions == {"lint": LINT, "unit": WHOLE}
    text = page.read_text(encoding="utf-8")
    assert (text.startswith("before\n"), text.endswith("-->\nafter\n"), "old" in text) == (True, True, False)
    assert "| `unit` | 1,500 |" in text


def test_the_page_for_contributors_shows_the_figures_that_are_kept() -> None:
    page = timings.PAGE.read_text(encoding="utf-8")
    assert timings.put_into(page, timings.tables(kept().sessions)) == page, "nox -s timings"
    assert set(json.loads(KEPT.read_text(encoding="utf-8"))) == {
        "lint",
        "types",
        "unit",
        "schedules",
        "integration",
        "rehearsal",
    }


def test_a_test_counts_with_its_set_up_and_tear_down_and_a_file_when_it_takes_long(
    pytester: pytest.Pytester,
) -> None:
    measured = Timings("unit", workers=1)
    pytester.makepyfile(test_it="def test_a(): pass\ndef test_b(): pass\n")
    pytester.inline_run("-p", "no:cacheprovider", plugins=[measured])
    found = measured.figures()
    assert (found.tests, found.files) == (2, {})
    assert set(found.slowest) == {"test_it.py::test_a", "test_it.py::test_b"}
    assert found.seconds > 0
