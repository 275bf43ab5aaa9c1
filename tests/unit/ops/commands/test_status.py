"""Does `invoke status` say how each replica is, exactly when something is wrong?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ops.commands import output
from ops.commands.status import WORDS, in_words, status
from tests.unit.ops.commands.story_fixtures import FakeHost, asked, opened

STOPPED: dict[str, Any] = {
    "replica": "api-0a1b2c-1",
    "service": "api",
    "state": "stopped",
    "condition": "exited",
    "exit_code": 0,
    "pid": 0,
    "port": 8000,
    "image_id": "i",
    "started_at": 0.0,
    "restarts": 2,
    "healthy": False,
    "rss_mib": None,
    "last_line": "",
}
RUNNING = {**STOPPED, "state": "running", "condition": "healthy", "exit_code": None, "healthy": True, "rss_mib": 61.3}
FELL = {**STOPPED, "state": "failed", "exit_code": 3, "last_line": "KeyError: [/red] 'x'"}
# All that the Docker Engine and the supervisor may call a replica, and what is said of it.
SAID = (
    ({"state": "stopped", "condition": "created"}, "created, but never started"),
    ({"state": "running", "condition": "running", "healthy": True}, "healthy"),  # without a health check
    ({"state": "running", "condition": "healthy", "healthy": True}, "healthy"),
    ({"state": "running", "condition": "starting", "healthy": False}, "starting"),
    ({"state": "running", "condition": "unhealthy", "healthy": False}, "unhealthy"),
    ({"state": "running", "condition": "healthy", "healthy": False}, "unhealthy"),  # it runs, and is not ready
    ({"state": "running", "condition": "running", "healthy": None}, "running"),  # of a release that nobody knows
    ({"state": "starting", "condition": "restarting", "exit_code": 1}, "ended, starting again (exit code 1)"),
    ({"state": "stopped", "condition": "paused"}, "paused"),
    ({"state": "stopped", "condition": "exited", "exit_code": 0}, "ended (exit code 0)"),
    ({"state": "failed", "condition": "exited", "exit_code": 137}, "ended (exit code 137)"),
    ({"state": "failed", "condition": "out-of-memory", "exit_code": 137}, "killed, it wanted more memory than it may"),
    ({"state": "stopped", "condition": "removing", "exit_code": 0}, "being removed (exit code 0)"),
    (
        {"state": "failed", "condition": "dead", "exit_code": 9},
        "dead, the Docker Engine could not remove it (exit code 9)",
    ),
    ({"state": "stopped", "condition": "missing"}, "not there"),
    ({"state": "stopped", "condition": "of-a-newer-engine"}, "of-a-newer-engine"),
    # What an engine from before these words tells.
    ({"state": "stopped"}, "ended"),
    ({"state": "failed"}, "ended"),
    ({"state": "starting"}, "starting"),
    ({"state": "running", "healthy": True}, "healthy"),
    ({"state": "running", "healthy": False}, "unhealthy"),
)


def shown(monkeypatch: pytest.MonkeyPatch, rows: list[Any], *, release: str | None = "r1", json: bool = False) -> int:
    host = FakeHost(status={"release": release, "scale": {}, "services": rows, "lock": None})
    monkeypatch.setattr(output, "open_target", lambda root, _: opened(root, host))
    return status(Path(), asked("status", json=json))


@pytest.mark.parametrize(("row", "words"), SAID)
def test_every_condition_is_said_in_words(row: dict[str, Any], words: str) -> None:
    assert in_words({"healthy": False, **row}) == words


def test_no_condition_is_without_words() -> None:
    assert WORDS.keys() <= {row.get("condition", row["state"]) for row, _ in SAID}


def test_a_replica_that_ended_is_a_row_with_its_exit_code_and_its_last_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shown(monkeypatch, [RUNNING, {**FELL, "replica": "api-0a1b2c-2"}]) == 8
    title, _, good, bad, last = capsys.readouterr().out.splitlines()
    assert title.strip() == "release r1"
    assert good.split() == ["api-0a1b2c-1", "healthy", "8000", "61", "MiB", "2"]
    assert bad.split() == ["api-0a1b2c-2", "ended", "(exit", "code", "3)", "8000", "2"]
    assert last == "api-0a1b2c-2 wrote last: KeyError: [/red] 'x'"


@pytest.mark.parametrize("row", [STOPPED, FELL, {**STOPPED, "condition": "paused", "exit_code": None}])
def test_json_holds_what_the_engine_said_and_the_exit_code_says_that_something_is_wrong(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], row: dict[str, Any]
) -> None:
    assert shown(monkeypatch, [row], json=True) == 8
    assert json.loads(capsys.readouterr().out)["services"] == [row]


def test_all_that_runs_well_ends_with_0(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, [RUNNING]) == 0


@pytest.mark.parametrize("as_json", [False, True])
def test_after_down_it_says_that_nothing_is_deployed_and_ends_with_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, as_json: bool
) -> None:
    assert shown(monkeypatch, [], release=None, json=as_json) == 2
    said = capsys.readouterr()
    assert "error: nothing is deployed here" in said.err
    assert said.out == "" or json.loads(said.out)["services"] == []


def test_replicas_without_a_live_release_are_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shown(monkeypatch, [RUNNING], release=None) == 0
    assert "no release is live" in capsys.readouterr().out
