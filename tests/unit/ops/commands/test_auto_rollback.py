"""Is a release whose verification fails taken back, and is it told whose fault it was?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ops.commands import auto_rollback as module
from ops.commands.auto_rollback import auto_rollback
from ops.errors import VerificationError
from ops.runs.report import Before, changes_from, failure_of, steps_from
from ops.runs.run import Run
from ops.verification.looks import Verified
from ops.verification.observations import Observations
from tests.unit.ops.commands.story_fixtures import (
    GOOD,
    LIVE,
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

HOST_ALONE = {
    "event": "changed_around",
    "changes": [{"service": "host 192.0.2.7", "action": "prepare", "why": "Docker Engine"}],
}
UNDONE = [*stepped("switch"), {"event": "plan", "changes": []}, finished()]


def taken_back(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    host: FakeHost,
    *,
    now: tuple[str, ...] = (),
    broken: tuple[str, ...] = ("headers-home",),
    before: tuple[str, ...] | None = None,
    **request: Any,
) -> tuple[Run, VerificationError]:
    """Let `headers-home` fail, take the release back, and return the run with what was raised."""
    monkeypatch.setattr(module, "judged", lambda *_, **__: Verified(checks=checks(*now), seen=Observations()))
    current = a_run(tmp_path, mode="update")
    current.add(PLANNED)
    for event in stepped("switch"):
        current.add(event)
    current.checks = checks(*broken)
    current.before = Before(release=GOOD["release"], failed=before) if before is not None else None
    failed = failure_of(current.checks)
    assert failed
    failure = VerificationError(failed.what, why=failed.why, fix=failed.fix)
    with pytest.raises(VerificationError) as raised:
        auto_rollback(
            asked("update", **request), current, opened(tmp_path, host), released=LIVE["release"], failure=failure
        )
    return current, raised.value


@pytest.mark.req("B-02")
def test_the_release_before_is_brought_back_in_a_run_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = FakeHost(UNDONE, history=history(GOOD, OLDER))
    current, error = taken_back(tmp_path, monkeypatch, host)
    [(run_id, verb, words)] = host.started
    assert (run_id, verb) == (f"{current.folder.run_id}-undo", "rollback")
    assert words[:4] == ("--to", GOOD["release"], "--only-from", LIVE["release"])
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


@pytest.mark.req("B-03", "B-02")
def test_a_release_that_cannot_live_with_the_schema_is_not_brought_back_and_it_is_said_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    barred = {**GOOD, "barred": "signups.0005_x drops the column signups_event.place"}
    host = FakeHost(history=history(barred, OLDER))
    current, error = taken_back(tmp_path, monkeypatch, host)
    assert (host.started, current.went_back, error.exit_code) == ([], "", 9)
    assert error.what == "check `headers-home` failed, and the release before cannot be brought back"
    assert f"`{GOOD['release']}` could not live with what --allow-breaking-migration allowed" in error.why
    assert "signups.0005_x drops the column" in error.why
    assert error.fix == "put it right in the code, then invoke deploy --target local"


@pytest.mark.req("B-02")
def test_an_interruption_that_was_allowed_is_allowed_on_the_way_back_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = FakeHost(UNDONE, history=history(GOOD))
    taken_back(tmp_path, monkeypatch, host, allow_interruption=True, skip_dump=True)
    assert host.started[0][2][-1] == "--allow-interruption"


@pytest.mark.req("B-02")
def test_what_failed_before_this_run_is_neither_taken_back_nor_a_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = FakeHost(history=history(GOOD))
    current, error = taken_back(tmp_path, monkeypatch, host, before=("headers-home", "api-health"))
    assert (host.started, current.went_back, error.exit_code, error.fix) == ([], "", 9, "look there")
    assert error.what == "check `headers-home` failed, as it did on the release before"
    assert f"`{GOOD['release']}`, asked before anything was touched, failed the same" in error.why
    assert error.why.endswith("the cause lies elsewhere, and nothing was taken back")


@pytest.mark.req("B-02")
def test_of_several_failures_the_new_one_is_the_reason_to_go_back_and_told_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = FakeHost(UNDONE, history=history(GOOD))
    broken, before = ("api-health", "headers-home"), ("api-health",)
    current, error = taken_back(tmp_path, monkeypatch, host, broken=broken, before=before, now=before)
    assert (current.outcome, error.what) == (
        "rolled_back",
        "check `headers-home` failed, so the release before was brought back",
    )
    assert "`api-health` failed before as well" in error.why
    assert "on the release before it holds; there api-health failed" in error.why


@pytest.mark.req("B-02", "D-01")
@pytest.mark.parametrize(
    ("broken", "past", "live", "planned"),
    [
        ("headers-home", (), LIVE, PLANNED),  # there is nothing to go back to
        ("no-secret", (GOOD,), LIVE, PLANNED),  # it is about files of this side
        ("headers-home", (GOOD,), OLDER, PLANNED),  # another operator has released something else meanwhile
        ("headers-home", (GOOD,), None, PLANNED),  # or has stopped it
        ("headers-home", (GOOD,), LIVE, {"event": "plan", "changes": []}),  # nothing was released in this run
        ("headers-home", (GOOD,), LIVE, HOST_ALONE),  # but the host was changed, and its Docker Engine restarted
    ],
)
def test_only_what_this_run_released_is_taken_back(
    tmp_path: Path, broken: str, past: tuple[dict[str, Any], ...], live: dict[str, Any] | None, planned: dict[str, Any]
) -> None:
    host = FakeHost(history=history(*past, live=live))
    current = a_run(tmp_path, mode="full")
    current.add(planned)
    current.checks = checks(broken)
    failure = VerificationError("a check failed", why="seen", fix="look there")
    auto_rollback(asked("full"), current, opened(tmp_path, host), released=LIVE["release"], failure=failure)
    assert (host.started, current.went_back) == ([], "")


def test_that_somebody_else_has_released_meanwhile_is_told(tmp_path: Path) -> None:
    host = FakeHost(history=history(GOOD, live=OLDER))
    current = a_run(tmp_path, mode="full")
    current.add(PLANNED)
    current.checks = checks("headers-home")
    failure = VerificationError("a check failed", why="seen", fix="look there")
    auto_rollback(asked("full"), current, opened(tmp_path, host), released=LIVE["release"], failure=failure)
    [warning] = current.warnings
    assert warning.startswith(f"nothing was taken back: by now {OLDER['release']}")
