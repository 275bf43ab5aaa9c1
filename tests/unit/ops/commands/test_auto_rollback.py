"""Is a release whose verification fails taken back, and is it told whose fault it was?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ops.commands import auto_rollback as module
from ops.commands.auto_rollback import auto_rollback
from ops.commands.verify import Verified
from ops.errors import VerificationError
from ops.runs.report import changes_from, failure_of, steps_from
from ops.runs.run import Run
from ops.verification.observations import Observations
from tests.unit.ops.commands.story_fixtures import (
    GOOD,
    OLDER,
    PLANNED,
    FakeHost,
    a_run,
    asked,
    checks,
    finished,
    history,
    opened,
    stepped,
)

UNDONE = [*stepped("switch"), {"event": "plan", "changes": []}, finished()]


def taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: FakeHost, *, now: tuple[str, ...] = (), **request: Any
) -> tuple[Run, VerificationError]:
    """Let `headers-home` fail, take the release back, and return the run with what was raised."""
    monkeypatch.setattr(module, "judged", lambda *_: Verified(checks=checks(*now), seen=Observations()))
    current = a_run(tmp_path, mode="update")
    current.add(PLANNED)
    for event in stepped("switch"):
        current.add(event)
    current.checks = checks("headers-home")
    failed = failure_of(current.checks)
    assert failed
    failure = VerificationError(failed.what, why=failed.why, fix=failed.fix)
    with pytest.raises(VerificationError) as raised:
        auto_rollback(asked("update", **request), current, opened(tmp_path, host), failure=failure)
    return current, raised.value


@pytest.mark.req("B-02")
def test_the_release_before_is_brought_back_in_a_run_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = FakeHost(UNDONE, history=history(GOOD, OLDER))
    current, error = taken_back(tmp_path, monkeypatch, host)
    [(run_id, verb, words)] = host.started
    assert (run_id, verb) == (f"{current.folder.run_id}-undo", "rollback")
    assert words[:2] == ("--to", GOOD["release"])
    assert (current.outcome, error.exit_code, error.fix) == ("rolled_back", 9, "look there")
    assert error.what == "check `headers-home` failed, so the release before was brought back"
    assert "on the release before it holds" in error.why
    assert current.went_back.startswith("20261121_030000-0a1b2c3 (0a1b2c3d, Say hello, live since 2026-11-21")


@pytest.mark.req("A-13")
def test_checks_that_fail_on_the_release_before_as_well_are_not_its_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = FakeHost(UNDONE, history=history(GOOD))
    _, error = taken_back(tmp_path, monkeypatch, host, now=("headers-home", "api-health"))
    assert "they fail on the release before as well: the cause lies elsewhere" in error.why
    assert "there api-health failed" in error.why


def test_steps_and_plan_of_the_way_back_do_not_hide_those_of_the_way_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = FakeHost(UNDONE, history=history(GOOD))
    current, _ = taken_back(tmp_path, monkeypatch, host)
    names = [step.name for step in steps_from(current.events, started_at=current.folder.started_at)]
    assert names == ["switch", "undo switch", "undo verify"]
    assert [change.service for change in changes_from(current.events)] == ["api"]
    assert [one.id for one in current.checks if not one.ok] == ["headers-home"]


@pytest.mark.req("A-13")
def test_a_way_back_that_fails_is_told_beside_the_first_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = FakeHost([finished("`api` did not become ready", "rolled_back")], history=history(GOOD))
    current, error = taken_back(tmp_path, monkeypatch, host)
    assert current.outcome == "failed"
    assert error.what == "check `headers-home` failed, and going back failed too"
    assert "`api` did not become ready: it said so" in error.why
    assert error.fix == "invoke rollback --target local"


@pytest.mark.req("B-02")
def test_an_interruption_that_was_allowed_is_allowed_on_the_way_back_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = FakeHost(UNDONE, history=history(GOOD))
    taken_back(tmp_path, monkeypatch, host, allow_interruption=True, skip_dump=True)
    assert host.started[0][2][-1] == "--allow-interruption"


@pytest.mark.req("D-01")
@pytest.mark.parametrize(("broken", "past"), [("headers-home", ()), ("no-secret", (GOOD,))])
def test_nothing_is_taken_back_without_a_past_or_for_the_files_of_this_side(
    tmp_path: Path, broken: str, past: tuple[dict[str, Any], ...]
) -> None:
    host = FakeHost(history=history(*past))
    current = a_run(tmp_path, mode="full")
    current.checks = checks(broken)
    failure = VerificationError("a check failed", why="seen", fix="look there")
    auto_rollback(asked("full"), current, opened(tmp_path, host), failure=failure)
    assert (host.started, current.went_back) == ([], "")
