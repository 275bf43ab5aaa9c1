"""Does the history show who did what, what is live, and what can be gone back to?"""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console as Terminal

from ops import screen
from ops.commands import output
from ops.commands.history import history, table_of
from tests.unit.ops.commands.story_fixtures import GOOD, LIVE, OLDER, FakeHost, asked, opened
from tests.unit.ops.commands.story_fixtures import history as seen


def entry(release: dict[str, str], run: str, **more: Any) -> dict[str, Any]:
    """Return a run as the engine tells it."""
    known = {key: release[key] for key in ("release", "commit", "subject")}
    stated = {"run": run, "word": "deploy", "by": "Ada <ada@example.org>", "began_at": GOOD["live_since"]}
    return {
        **known,
        **stated,
        "ended_at": GOOD["live_since"],
        "outcome": "success",
        "seconds": 5.31,
        "error": "",
        **more,
    }


RUNS = (
    entry(LIVE, "r5", word="update"),
    entry(GOOD, "r4-undo", word="rollback"),
    entry({**GOOD, "release": "20261121_035000-2222222"}, "r4"),
    entry(GOOD, "r3", outcome="interrupted", ended_at="", seconds=None),
    entry(GOOD, "r2"),
    entry(OLDER, "r1"),
)


def lines() -> list[list[str]]:
    """Return the rows of the table as words."""
    shown = io.StringIO()
    Terminal(file=shown, width=160).print(table_of(seen(GOOD, OLDER, runs=RUNS)))
    return [line.split() for line in shown.getvalue().splitlines()[1:]]


def test_each_run_has_its_author_word_release_commit_outcome_and_duration() -> None:
    words = " ".join(lines()[0])
    for part in ("Ada", "update", "20261121_040000", "11111111-dirty Say goodbye", "success", "5.3 s"):
        assert part in words
    assert "ada@example.org" not in words


def test_the_live_release_and_those_that_can_be_gone_back_to_are_marked_once() -> None:
    assert [line[0] if line[0] in {"live", "kept"} else "" for line in lines()] == ["live", "kept", "", "", "", "kept"]


def test_a_run_that_was_taken_back_and_one_that_was_cut_say_so() -> None:
    outcomes = [next(word for word in line if word in {"success", "rolled_back", "interrupted"}) for line in lines()]
    assert outcomes == ["success", "success", "rolled_back", "interrupted", "success", "success"]


def test_nothing_is_cut_off_on_a_narrow_screen() -> None:
    shown = io.StringIO()
    Terminal(file=shown, width=80).print(table_of(seen(GOOD, OLDER, runs=RUNS), width=80))
    assert "\u2026" not in shown.getvalue()
    for part in ("kept", "20261121_035000", "11111111-dirty Say", "goodbye", "Ada", "rolled_back", "5.3 s"):
        assert part in shown.getvalue()


def test_the_history_names_what_a_rollback_would_go_back_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    host = FakeHost(history=seen(GOOD, runs=RUNS))
    monkeypatch.setattr(output, "open_target", lambda root, _: opened(root, host))
    assert history(tmp_path, asked("history"), lines=20) == 0
    assert f"`invoke rollback --target local` goes back to {GOOD['release']}" in capsys.readouterr().out
    assert history(tmp_path, asked("history", json=True), lines=20) == 0
    assert json.loads(capsys.readouterr().out) == host.answers["history"]


def test_a_release_that_cannot_be_gone_back_to_is_not_marked_and_it_is_said_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    host = FakeHost(history=seen({**GOOD, "barred": "signups.0005_x drops a column"}, runs=RUNS))
    monkeypatch.setattr(output, "open_target", lambda root, _: opened(root, host))
    assert history(tmp_path, asked("history"), lines=20) == 0
    printed = capsys.readouterr().out
    assert "kept" not in printed
    assert f"there is no way back to {GOOD['release']}" in printed
    assert "signups.0005_x drops a column" in printed


def test_a_host_without_a_past_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    host = FakeHost(history=seen(live=None))
    monkeypatch.setattr(output, "open_target", lambda root, _: opened(root, host))
    assert history(tmp_path, asked("history"), lines=20) == 0
    assert "there is no release to go back to" in capsys.readouterr().out


@pytest.mark.parametrize("columns", [40, 60, 80, 119, 120, 200])
def test_no_word_of_the_table_is_cut_or_broken_however_narrow_the_screen_is(
    monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    raw = io.BytesIO()
    door = screen.Door(io.TextIOWrapper(raw, encoding="utf-8", write_through=True))
    monkeypatch.setattr(door, "isatty", lambda: True)
    monkeypatch.setattr(screen, "out", lambda: door)
    output.print_table(table_of(seen(GOOD, OLDER, runs=RUNS), width=output.screen_width()))
    said = re.sub(r"\x1b\[[0-9;]*m", "", raw.getvalue().decode())
    assert "\u2026" not in said
    words = (
        "kept",
        "20261121_035000",
        "11111111-dirty",
        "goodbye",
        "Ada",
        "rolled_back",
        "interrupted",
        "2026-11-21 03:00",
    )
    assert [word for word in words if word not in said] == []


@pytest.mark.parametrize(
    ("concluded", "outcome"),
    [
        ("failed", "failed"),
        ("partial", "partial"),
        ("rolled_back", "rolled_back"),
        ("success", "success"),
        ("", "success"),
    ],
)
def test_a_run_ended_as_its_verification_ended(concluded: str, outcome: str) -> None:
    shown = io.StringIO()
    run = entry(LIVE, "r9", concluded=concluded, finding="check `home-page` failed")
    Terminal(file=shown, width=160).print(table_of(seen(GOOD, runs=[run])))
    assert shown.getvalue().splitlines()[-1].split()[-3] == outcome


def test_a_subject_is_text_and_never_markup(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    host = FakeHost(history=seen(GOOD, runs=[{**entry(LIVE, "r9"), "subject": "[/red] :boom: [bold]x"}]))
    monkeypatch.setattr(output, "open_target", lambda root, _: opened(root, host))
    assert history(Path(), asked("history"), lines=20) == 0
    assert "[/red] :boom: [bold]x" in capsys.readouterr().out


def test_a_record_that_lost_its_beginning_is_still_a_row() -> None:
    shown = io.StringIO()
    Terminal(file=shown, width=160).print(table_of(seen(GOOD, runs=[{**entry(LIVE, "r9"), "began_at": ""}])))
    assert "success" in shown.getvalue()
