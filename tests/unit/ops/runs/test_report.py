from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from ops.engine.model import Origin
from ops.runs.report import (
    Before,
    Change,
    FileEntry,
    Instance,
    Step,
    changes_from,
    failure_of,
    service_health,
    steps_from,
    to_json,
    to_manifest,
)
from ops.runs.report_html import _group, bars, code, duration, render
from ops.verification import RULES
from ops.verification.checks.check import Check, evaluate
from ops.verification.observations import Answer
from tests.unit.ops.runs.evidence_fixtures import SITE, STARTED, failed_report, report, rolled_back_report, with_answer

TEXT, NUMBER = {"type": "string"}, {"type": "number", "minimum": 0}
FILES = (FileEntry(name="deploy.log", size=2048, sha256="0" * 64, written_at="2026-11-21T03:00:00+00:00"),)


def rows(**properties: Any) -> dict[str, Any]:
    return {"type": "array", "items": {"type": "object", "required": [*properties], "properties": properties}}


SCHEMA = {
    "type": "object",
    "required": [
        *("run_id", "mode", "target", "outcome", "started_at", "finished_at"),
        *("steps", "changes", "checks", "artifact_path", "error", "service_health", "cloud_instance"),
    ],
    "properties": {
        "run_id": {"type": "string", "pattern": r"^\d{8}_\d{6}"},
        "mode": {"enum": ["full", "update", "rollback", "scale", "verify"]},
        "target": {"enum": ["local", "droplet"]},
        "outcome": {"enum": ["success", "partial", "rolled_back", "failed"]},
        "started_at": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT.*\+00:00$"},
        "finished_at": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT.*\+00:00$"},
        "steps": rows(name=TEXT, seconds=NUMBER, outcome=TEXT),
        "changes": rows(service=TEXT, action=TEXT, why=TEXT, interrupts={"type": "boolean"}),
        "checks": rows(id=TEXT, ok={"type": "boolean"}, detail=TEXT, seconds=NUMBER),
        "service_health": rows(service=TEXT, route=TEXT, status=TEXT, latency_ms={"type": ["number", "null"]}),
        "artifact_path": TEXT,
        "origin": {"type": "object", "required": ["commit", "committed_at", "subject"]},
        "went_back": TEXT,
        "error": {
            "type": ["object", "null"],
            "required": ["what", "why", "fix"],
            "properties": {"what": TEXT, "why": TEXT, "fix": {"type": "string", "minLength": 1}},
        },
    },
}


@pytest.mark.req("A-13", "A-27")
@pytest.mark.parametrize("made", [report(), failed_report(), rolled_back_report(), report("partial")])
def test_the_report_has_the_agreed_form(made: Any) -> None:
    jsonschema.validate(json.loads(to_json(made)), SCHEMA)


@pytest.mark.req("A-13")
@pytest.mark.parametrize(("mode", "title"), [("rollback", "Rollback succeeded"), ("scale", "Scaling succeeded")])
def test_a_rollback_and_a_scaling_have_a_report_of_their_own(mode: str, title: str) -> None:
    made = report(mode=mode, went_back="r1 (0a1b2c3d, Say <hello>)", origin=Origin(commit="0a1b2c3d4e", subject="Say"))
    jsonschema.validate(json.loads(to_json(made)), SCHEMA)
    page = render(made, FILES, {})
    assert title in page
    assert "<strong>Went back</strong> to r1 (0a1b2c3d, Say &lt;hello&gt;)" in page
    assert '<span class="mono">0a1b2c3d</span> Say' in page


@pytest.mark.req("A-28")
def test_what_was_kept_is_no_change() -> None:
    assert [change["service"] for change in json.loads(to_json(report()))["changes"]] == ["api", "worker"]


@pytest.mark.req("A-27")
def test_the_cloud_instance_is_in_report_and_manifest() -> None:
    expected: dict[str, Any] = {"name": "slipway-1", "region": "fra1", "size": "s-1vcpu-2gb", "address": "192.0.2.7"}
    expected |= {"id": 4711, "created_at": "2026-11-21T02:58:00Z"}
    made = report(instance=Instance(**expected))
    assert "id 4711, created 2026-11-21T02:58:00Z" in render(made, FILES, {})
    assert json.loads(to_json(made))["cloud_instance"] == expected
    assert json.loads(to_manifest(made, FILES, {}))["cloud_instance"] == expected


def at(after_s: float, /, **event: Any) -> dict[str, Any]:
    return {"at": (STARTED + timedelta(seconds=after_s)).isoformat(timespec="milliseconds"), **event}


@pytest.mark.req("A-13")
def test_steps_come_from_the_journal_with_their_place_in_time() -> None:
    events = [
        at(0.5, event="step_started", step="build"),
        at(1.0, event="progress", step="build", text="compiling"),
        at(2.5, event="step_finished", step="build", outcome="ok", seconds=2.0),
        at(2.5, event="step_started", step="gate"),
    ]
    assert steps_from(events, started_at=STARTED) == (
        Step(name="build", seconds=2.0, outcome="ok", began_after_s=0.5),
        Step(name="gate", seconds=0.0, outcome="unfinished", began_after_s=2.5),
    )


def test_times_with_a_z_are_read_too() -> None:
    event = {"at": "2026-11-21T03:00:01.000Z", "event": "step_started", "step": "plan"}
    assert steps_from([event], started_at=STARTED)[0].began_after_s == 1.0


def test_the_last_plan_of_a_journal_counts() -> None:
    first = {"event": "plan", "changes": [{"service": "api", "action": "start", "why": ""}]}
    last = {"event": "plan", "changes": [{"service": "api", "action": "keep", "why": "same", "interrupts": False}]}
    assert changes_from([first, last]) == (Change(service="api", action="keep", why="same"),)
    assert changes_from([]) == ()


GOOD = Check(id="home-page", title="The home page answers", ok=True, detail="200")
BAD = Check(id="rate-limit", title="A burst meets a 429", ok=False, detail="no 429", hint="grep RATE_LIMIT .env")


@pytest.mark.req("A-13")
def test_failed_checks_become_what_why_and_one_command() -> None:
    failure = failure_of([GOOD, BAD, BAD])
    assert failure is not None
    assert failure.what == "check `rate-limit` failed (and 1 more)"
    assert failure.why == "A burst meets a 429: no 429"
    assert failure.fix == "grep RATE_LIMIT .env"
    assert failure_of([GOOD]) is None


class Outline(HTMLParser):
    """Collects what a page refers to, its headings and identifiers."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag and its references."""
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]
        self.ids += [value or "" for name, value in attrs if name == "id"]


PAGES = [report(), failed_report(), rolled_back_report(), report("partial", warnings=("`DNS` points elsewhere",))]


@pytest.mark.req("A-13")
@pytest.mark.parametrize("made", PAGES)
def test_the_page_stands_alone(made: Any) -> None:
    page = render(made, FILES, {})
    outline = Outline(page)
    assert {"script", "link", "img", "iframe"}.isdisjoint(outline.tags)
    assert "@import" not in page
    assert "url(" not in page
    outward = [link for link in outline.links if "://" in link]
    assert outward == [made.url]  # a link to open, nothing that is loaded
    assert outline.tags.count("h1") == 1
    assert len(outline.ids) == len(set(outline.ids))
    assert [link for link in outline.links if link.startswith("#") and link[1:] not in outline.ids] == []


@pytest.mark.req("A-13")
def test_a_failed_page_says_what_failed_why_and_what_to_type() -> None:
    page = render(failed_report(), FILES, {"api-logs.txt": "the API wrote no line"})
    assert "Deployment failed" in page
    assert "check <code>headers-home</code> failed" in page
    assert '<code class="fix">correct `security-headers` in traefik/dynamic/headers.yml, then invoke update' in page
    assert "the API wrote no line" in page


def test_a_page_says_what_was_slow_and_what_had_failed_before() -> None:
    late = with_answer("home", seconds=7.0)
    checks = evaluate(late, SITE, RULES)
    assert ">slow: <" in render(report(checks=checks), (), {})
    before = Before(release="20261121_020000-0a1b2c3", failed=("headers-home", "api-health"))
    page = render(replace(failed_report(), before=before), (), {})
    assert "<dd>headers-home, on 20261121_020000-0a1b2c3</dd>" in page


def test_a_page_links_the_files_by_relative_names() -> None:
    assert '<a href="deploy.log">deploy.log</a> <span>2.0 KiB</span>' in render(report(), FILES, {})


def test_what_a_server_sent_cannot_become_markup() -> None:
    evil = Check(id="home-page", title="x", ok=False, detail="`<b>` </span><script>alert(1)</script>", hint="<i>")
    page = render(report(checks=(evil,)), FILES, {"<u>": "<s>"})
    assert "<script>" not in page
    assert "<code>&lt;b&gt;</code>" in page
    assert "<u>" not in page


def test_backticks_become_code_and_the_rest_stays_text() -> None:
    assert code("run `a <b>` & go") == "run <code>a &lt;b&gt;</code> &amp; go"


def test_the_bars_lie_within_the_run_and_to_scale() -> None:
    for bar in bars(report()):
        assert 0 <= bar.left <= 100
        assert bar.left + bar.width <= 100.5
    by_name = {bar.step.name: bar for bar in bars(report())}
    assert by_name["build"].width == pytest.approx(100 * 3.4 / 11.4)


def test_a_run_without_steps_or_length_has_a_page_too() -> None:
    empty = report("failed", steps=(), checks=(), services=(), answers={}, changes=(), finished_at=STARTED)
    assert "Deployment failed" in render(empty, (), {})


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.012, "12 ms"), (3.41, "3.4 s"), (61, "1 min 01 s"), (3700, "1 h 01 min"), (90_000, "1 d 1 h")],
)
def test_lengths_of_time_have_the_unit_that_fits(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.req("A-13")
def test_a_run_that_ended_before_verification_shows_its_own_error_alone() -> None:
    page = render(report("failed", checks=(BAD, BAD), steps=(), error=failure_of([BAD])), FILES, {})
    assert "All failed checks" not in page
    assert "What was tried" in page
    other = replace(BAD, id="home-page")
    assert "All failed checks" in render(report("failed", checks=(BAD, other), error=failure_of([BAD])), FILES, {})


@pytest.mark.req("A-13")
def test_lengths_of_time_are_told_to_the_millisecond() -> None:
    steps = (Step(name="build", seconds=0.123456, outcome="ok", began_after_s=1.98765),)
    checks = (Check(id="home-page", title="", ok=True, detail="", seconds=0.0456, hint=""),)
    told = json.loads(to_json(replace(report(checks=checks), steps=steps)))
    assert (told["steps"][0]["seconds"], told["steps"][0]["began_after_s"]) == (0.123, 1.988)
    assert told["checks"][0]["seconds"] == 0.046


@pytest.mark.req("A-13")
def test_each_check_stands_under_the_heading_that_an_operator_looks_for() -> None:
    grouped = {
        "Security headers": {"headers-home"},
        "Public side": {"home-page", "deep-link", "static-file", "api-health", "http-home"},
        "Protection": {
            *("certificate", "published-ports", "ports-from-outside", "rate-limit", "staging-resolver", "no-secret"),
            "admin-private",
        },
        "Inside": {"services-healthy", "celery-ping"},
    }
    assert {name: {one for one in ids if _group(one) == name} for name, ids in grouped.items()} == grouped


@pytest.mark.req("A-27")
def test_the_latency_of_a_route_is_told_in_milliseconds_and_is_none_without_an_answer() -> None:
    def latency(answer: Answer) -> Any:
        answers = dict.fromkeys(report().answers, answer)
        return {one["latency_ms"] for one in service_health(replace(report(), answers=answers)) if one["route"]}

    assert latency(Answer(url="", status=200, seconds=1.23446)) == {1234.5}
    assert latency(Answer(url="", error="refused", seconds=1.0)) == {None}
