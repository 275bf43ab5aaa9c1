"""What does a deploy tell the engine, and when is what it released taken back?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ops.commands import auto_rollback, dispatch, verify
from ops.commands import before as module_before
from ops.verification import Verified, looks
from ops.verification.observations import Observations
from tests.unit.ops.commands.story_fixtures import GOOD, PLANNED, FakeHost, asked, checks, finished, history, opened

KEPT = {
    "event": "plan",
    "changes": [{"service": "api", "action": "keep", "why": "api is unchanged"}],
    "live": GOOD["release"],
}


def report_of(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    host: FakeHost,
    *,
    broken: str = "",
    before: str = "",
    **request: Any,
) -> tuple[int, dict[str, Any]]:
    """Run a deploy (or what `mode` says) whose verification sees one check broken; return exit code and report.

    `before` is what is broken on the release that was live until then.
    """
    seen = Verified(checks=checks(*filter(None, [broken])), seen=Observations())
    monkeypatch.setattr(looks, "BETWEEN_S", 0)
    monkeypatch.setattr(verify, "verify", lambda *_, **__: seen)
    monkeypatch.setattr(auto_rollback, "judged", lambda *_, **__: Verified(checks=checks(), seen=Observations()))
    live = Verified(checks=checks(*filter(None, [before])), seen=Observations(release=GOOD["release"]))
    monkeypatch.setattr(module_before, "judged", lambda *_, **__: live)
    monkeypatch.setattr(dispatch, "ensure_env_file", lambda *_, **__: None)
    monkeypatch.setattr(dispatch, "open_target", lambda root, _: opened(root, host))
    exit_code = dispatch.run(asked(**{"mode": "full", **request}), root=tmp_path)
    [written] = (tmp_path / "local_run_logs").glob("*/report.json")
    return exit_code, json.loads(written.read_text(encoding="utf-8"))


def test_the_engine_is_told_what_was_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = FakeHost([PLANNED, finished()])
    allowed: dict[str, Any] = {"allow_interruption": True, "allow_breaking_migration": True, "skip_dump": True}
    exit_code, report = report_of(tmp_path, monkeypatch, host, mode="update", **allowed)
    [(run_id, verb, words)] = host.started
    assert (exit_code, verb, words[:4]) == (
        *(0, "deploy"),
        ("--release", f"/runs/{run_id}/release.json", "--lock-wait", "30"),
    )
    allowed_words = ("--allow-interruption", "--allow-breaking-migration", "--skip-dump")
    assert words[5:] == ("--word", "update", *allowed_words, "--compare")
    assert report["origin"]["commit"] == "c" * 40


@pytest.mark.req("B-02")
def test_a_release_whose_verification_fails_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = FakeHost([PLANNED, finished()], [finished()], history=history(GOOD))
    exit_code, report = report_of(tmp_path, monkeypatch, host, broken="headers-home")
    assert [verb for _, verb, _ in host.started] == ["deploy", "rollback"]
    assert (exit_code, report["outcome"]) == (9, "rolled_back")
    assert "headers-home" in report["error"]["what"]
    assert report["went_back"].startswith(GOOD["release"])
    assert [check["id"] for check in report["checks"] if not check["ok"]] == ["headers-home"]


@pytest.mark.req("B-02")
def test_what_the_live_release_failed_too_is_a_failure_that_takes_nothing_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = FakeHost([PLANNED, finished()], history=history(GOOD))
    exit_code, report = report_of(tmp_path, monkeypatch, host, broken="headers-home", before="headers-home")
    assert [verb for _, verb, _ in host.started] == ["deploy"]
    assert (exit_code, report["outcome"], report["went_back"]) == (9, "failed", "")
    assert report["before"] == {"release": GOOD["release"], "failed": ["headers-home"]}
    assert "the cause lies elsewhere" in report["error"]["why"]


@pytest.mark.req("D-01")
@pytest.mark.parametrize("plan", [KEPT, {**PLANNED, "live": None}])
def test_the_live_release_is_not_asked_when_nothing_changes_or_nothing_is_live(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plan: dict[str, Any]
) -> None:
    host = FakeHost([plan, finished()])
    _, report = report_of(tmp_path, monkeypatch, host)
    assert (report["before"], host.told) == (None, [])


@pytest.mark.req("D-01")
@pytest.mark.parametrize(
    ("journal", "request_"),
    [
        ([PLANNED, finished()], {"no_rollback": True}),
        ([KEPT, finished()], {}),
        ([PLANNED, finished()], {"mode": "rollback"}),
        ([PLANNED, finished()], {"mode": "scale", "counts": ("api=2",)}),
        ([], {"mode": "verify"}),
    ],
)
def test_what_was_not_wanted_or_not_changed_or_no_deploy_is_not_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, journal: list[dict[str, Any]], request_: dict[str, Any]
) -> None:
    host = FakeHost(journal, history=history(GOOD))
    exit_code, report = report_of(tmp_path, monkeypatch, host, broken="headers-home", **request_)
    assert (exit_code, report["outcome"]) == (9, "failed")
    assert len(host.started) == (request_.get("mode") != "verify")


@pytest.mark.req("A-13")
def test_a_deploy_that_the_engine_refuses_ends_with_its_words_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = {"what": "this would interrupt the site", "why": "postgres", "family": "preflight"}
    error["fix"] = "invoke deploy --allow-interruption"
    refused = {"event": "run_finished", "outcome": "failed", "changed": [], "error": error}
    exit_code, report = report_of(tmp_path, monkeypatch, FakeHost([PLANNED, refused]))
    assert (exit_code, report["outcome"]) == (4, "failed")
    assert report["error"]["fix"] == "invoke deploy --target local --allow-interruption"


@pytest.mark.req("A-10")
def test_a_word_that_fails_leaves_a_run_that_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exit_code, report = report_of(
        tmp_path, monkeypatch, FakeHost([finished("it fell", "failed")]), mode="scale", counts=("api=2",)
    )
    assert (exit_code, report["mode"], report["error"]["what"]) == (8, "scale", "it fell")


def test_what_is_odd_about_the_settings_is_a_warning_of_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, report = report_of(tmp_path, monkeypatch, FakeHost([finished()]), mode="scale", counts=("api=2",))
    assert report["warnings"] == ["a key that nothing reads"]


def test_ctrl_c_asks_the_engine_to_undo_and_shows_how_that_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host, cancelled = FakeHost([finished("the run was cancelled", "rolled_back")]), list[str]()
    follow = host.follow

    def interrupted(run_id: str) -> Any:
        if not cancelled:
            raise KeyboardInterrupt
        return follow(run_id)

    monkeypatch.setattr(host, "follow", interrupted)
    monkeypatch.setattr(host, "cancel", lambda: cancelled.append("asked"), raising=False)
    exit_code, report = report_of(tmp_path, monkeypatch, host)
    assert (exit_code, cancelled, report["outcome"]) == (130, ["asked"], "rolled_back")


@pytest.mark.parametrize(
    ("broken", "request_", "told"),
    [
        ("", {}, ("success", "--finding=")),
        ("headers-home", {"no_rollback": True}, ("failed", "--finding=check `headers-home` failed")),
    ],
)
def test_the_host_is_told_how_a_run_ended_with_its_verification(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str, request_: dict[str, Any], told: tuple[str, str]
) -> None:
    host = FakeHost([PLANNED, finished()], history=history(GOOD))
    report_of(tmp_path, monkeypatch, host, broken=broken, **request_)
    [(_, run_id, _, outcome, finding)] = host.concluded
    assert (run_id, (outcome, finding)) == (host.started[0][0], told)


def test_the_host_is_told_nothing_of_a_run_that_it_ended_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = FakeHost([finished("it fell", "failed")])
    report_of(tmp_path, monkeypatch, host)
    assert host.concluded == []
