from __future__ import annotations

import io
import json
import re
from typing import Any, TextIO, cast

import pytest

from ops import screen as screen_door
from ops.errors import ReleaseError
from ops.redact import Redactor
from ops.runs.console import Console
from ops.runs.report import Failure
from ops.verification.checks.check import Check
from tests.unit.ops.runs.evidence_fixtures import failed_report, report, rolled_back_report

SECRET = "canary-0123456789abcdef"
REDACTOR = Redactor({"TOKEN": SECRET})
BUILD = (
    {"event": "step_started", "step": "build"},
    {"event": "progress", "step": "build", "text": f"fetching with {SECRET}"},
    {"event": "step_finished", "step": "build", "outcome": "ok", "seconds": 3.21},
)


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        """Say so."""
        return True


class Shown:
    """A console with what it wrote to stdout, stderr and the log."""

    def __init__(self, *, json: bool = False, screen: bool = False, environment: dict[str, str] | None = None) -> None:
        stream = Screen if screen else io.StringIO
        self.out, self.err = stream(), stream()
        self.log: list[str] = []
        self.console = Console(REDACTOR, json, out=self.out, err=self.err, environment=environment or {})
        self.console.log = self.log.append

    def events(self, *events: dict[str, Any]) -> Shown:
        """Show events, and end."""
        for event in events:
            self.console.event(event)
        self.console.close()
        return self


@pytest.mark.req("A-13")
def test_without_a_terminal_every_line_is_plain_and_final() -> None:
    shown = Shown().events(*BUILD).err.getvalue()
    assert shown == "        build        fetching with [redacted:TOKEN]\nok      build        3.2 s\n"


@pytest.mark.parametrize("name", ["NO_COLOR", "CI"])
def test_no_color_and_ci_make_a_terminal_plain(name: str) -> None:
    shown = Shown(screen=True, environment={name: "1"})
    shown.events(*BUILD).console.summary(report())
    assert "\x1b" not in shown.err.getvalue() + shown.out.getvalue()


def test_on_a_terminal_the_step_is_live_and_ends_as_one_line() -> None:
    shown = Shown(screen=True).events(*BUILD).err.getvalue()
    assert "\x1b[?25l" in shown  # the cursor is hidden while it is live
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")
    assert "✓" in shown


def test_a_step_that_had_nothing_to_do_is_not_worth_a_line() -> None:
    skipped = {"event": "step_finished", "step": "recover", "outcome": "skipped", "seconds": 0.0}
    assert Shown().events(skipped).err.getvalue() == ""


def test_a_failed_step_is_understood_without_colour() -> None:
    failed = {"event": "step_finished", "step": "gate", "outcome": "failed", "seconds": 60.0}
    assert Shown().events(failed).err.getvalue() == "FAILED  gate         60.0 s\n"


@pytest.mark.req("A-13")
def test_an_error_says_what_why_and_fix_on_lines_of_their_own() -> None:
    shown = Shown()
    shown.console.error(ReleaseError("`api` is sick", why=f"it said {SECRET}", fix="invoke logs --service api"))
    lines = shown.err.getvalue().splitlines()
    assert lines == ["error: `api` is sick", "why:   it said [redacted:TOKEN]", "fix:   invoke logs --service api"]


@pytest.mark.req("A-13")
def test_the_summary_has_outcome_changes_checks_steps_folder_and_url() -> None:
    shown = Shown()
    shown.console.summary(report())
    text = shown.out.getvalue()
    for part in (
        *("SUCCESS  full to local in 11.4 s", "api (replace), worker (replace)", "32 of 32 hold"),
        *("build 3.4 s", "local_run_logs/20261121_030000/report.html", "https://slipway.localhost:8443"),
    ):
        assert part in text


@pytest.mark.req("A-28")
def test_a_run_that_changed_nothing_says_so() -> None:
    shown = Shown()
    shown.console.summary(report(changes=()))
    assert "changed  nothing" in shown.out.getvalue()


@pytest.mark.req("A-13")
def test_a_failed_run_names_the_check_and_the_command() -> None:
    shown = Shown()
    shown.console.summary(failed_report())
    text = shown.out.getvalue()
    assert "FAILED" in text
    assert "headers-home" in text
    assert "fix:   correct `security-headers` in traefik/dynamic/headers.yml, then invoke update" in text


@pytest.mark.req("A-13")
def test_a_rolled_back_run_says_that_its_changes_are_undone() -> None:
    shown = Shown()
    shown.console.summary(rolled_back_report())
    assert "ROLLED BACK" in shown.out.getvalue()
    assert "(undone)" in shown.out.getvalue()


@pytest.mark.req("A-13")
def test_the_summary_says_what_a_run_went_back_to() -> None:
    shown = Shown()
    shown.console.summary(report(mode="rollback", went_back="r1 (0a1b2c3d, Say hello)"))
    assert "SUCCESS  rollback to local" in shown.out.getvalue()
    assert "went back  to r1 (0a1b2c3d, Say hello)" in shown.out.getvalue()


@pytest.mark.req("A-14")
def test_with_json_stdout_is_the_report_and_nothing_else() -> None:
    shown = Shown(json=True).events(*BUILD)
    shown.console.say("talk")
    shown.console.summary(report())
    assert json.loads(shown.out.getvalue())["outcome"] == "success"
    assert "talk" in shown.err.getvalue()
    assert "SUCCESS" in shown.err.getvalue()


@pytest.mark.req("A-12")
def test_no_secret_is_printed_or_logged_anywhere() -> None:
    shown = Shown(json=True).events(*BUILD, {"event": "job", "name": "migrate", "output": SECRET})
    shown.console.say(SECRET)
    shown.console.error(ReleaseError(SECRET, why=SECRET, fix=SECRET))
    shown.console.summary(report(warnings=(SECRET,), url=f"https://{SECRET}@slipway.localhost"))
    assert SECRET not in shown.out.getvalue() + shown.err.getvalue() + "".join(shown.log)
    assert len(shown.log) == 6


def test_every_event_goes_to_the_log() -> None:
    numbered = {"seq": 7, "at": "2026-11-21T03:00:00.000Z"}
    shown = Shown().events({**numbered, "event": "run_finished", "outcome": "success", "changed": ["api"]})
    assert shown.log == ["run_finished outcome=success changed=['api']"]


def test_many_failed_checks_are_cut_and_those_after_a_failed_deploy_are_left_out() -> None:
    bad = Check(id="home-page", title="x", ok=False, detail="y")
    shown = Shown()
    shown.console.summary(report("failed", checks=(bad,) * 20))
    assert shown.out.getvalue().count("home-page") == 8
    assert "and 12 more" in shown.out.getvalue()
    before = Shown()
    before.console.summary(report("failed", checks=(bad,) * 20, steps=()))
    assert "home-page" not in before.out.getvalue()


LONG = "/srv/pro ject/a-folder-with-a-long-name/slipway/local_run_logs/20261121_030000"
URL = "https://an-organization-with-a-long-name.example.org/path?of=a&query"
V6 = "2001:db8:1234:5678:9abc:def0:1234:5678"


@pytest.mark.req("A-13")
@pytest.mark.parametrize("columns", [40, 60, 80, 100, 132, 200])
@pytest.mark.parametrize("screen", [True, False], ids=["terminal", "redirected"])
@pytest.mark.parametrize("environment", [{}, {"NO_COLOR": "1"}], ids=["colour", "plain"])
def test_paths_addresses_and_commands_are_on_one_line_each_however_wide_the_screen_is(
    monkeypatch: pytest.MonkeyPatch, columns: int, *, screen: bool, environment: dict[str, str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    fix = f"ssh -i '{LONG}/key' deploy@{V6} uptime"
    told: dict[str, Any] = {
        "artifact_path": LONG,
        "url": URL,
        "warnings": (f"the name leads to {V6}, as {LONG}/x says",),
    }
    good, bad = Shown(screen=screen, environment=environment), Shown(screen=screen, environment=environment)
    good.console.summary(report(**told))
    bad.console.summary(
        report("failed", error=Failure(what=f"no answer from {V6}", why=f"see {LONG}", fix=fix), **told)
    )
    lines = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", good.out.getvalue() + bad.out.getvalue()).splitlines()
    for whole in (f"report   {LONG}/report.html", f"open     {URL}", f"fix:   {fix}"):
        assert whole in lines
    assert len([line for line in lines if V6 in line and LONG in line]) == 3
    assert max(len(line) for line in lines if line.startswith(("changed", "steps"))) <= max(columns, 100)


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_a_failed_run_ends_as_it_should_where_no_cross_can_be_written(encoding: str) -> None:
    raw = io.BytesIO()
    door = screen_door.Door(io.TextIOWrapper(raw, encoding=encoding))
    console = Console(REDACTOR, out=cast("TextIO", door), err=cast("TextIO", door), environment={})
    console.summary(failed_report())
    assert b"x headers-home" in raw.getvalue()


def test_json_is_whole_in_every_encoding() -> None:
    raw = io.BytesIO()
    door = cast("TextIO", screen_door.Door(io.TextIOWrapper(raw, encoding="cp1252")))
    console = Console(REDACTOR, True, out=door, err=door, environment={})
    console.summary(report(warnings=("łódź ✗",)))
    assert b"\\u0142\\u00f3d\\u017a \\u2717" in raw.getvalue()
