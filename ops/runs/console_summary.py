"""The end of a run, on one screen."""

from __future__ import annotations

import textwrap

from rich.console import Group, RenderableType
from rich.text import Text

from ops.runs.report import Report
from ops.verification import failed

HEADLINES = {
    "success": ("SUCCESS", "bold green"),
    "partial": ("PARTIAL", "bold yellow"),
    "rolled_back": ("ROLLED BACK", "bold yellow"),
    "failed": ("FAILED", "bold red"),
}
LISTS = {"changed", "planned", "steps"}
GAP = 2
LEAST_WIDTH = 20
STEPS_SHOWN = 8
CHECKS_SHOWN = 8
LEAST_SHOWN_S = 0.05


def summary_of(report: Report, *, plain: bool, width: int) -> RenderableType:
    """Return the summary: outcome, changes, checks, step times, folder and URL; on failure what, why and fix.

    Only lists are broken into lines, between their members. Paths, addresses and commands are what people click and
    copy: each stays on its line, and a screen that is narrower shows it over two without breaking it.
    """
    rows = _rows(report)
    indent = max(len(label) for label, _ in rows) + GAP
    lines = [_row(label, value, indent=indent, width=width, style="" if plain else "dim") for label, value in rows]
    return Group(Text(), _headline(report), *lines, *_broken(report), *_next(report))


def _row(label: str, value: str, *, indent: int, width: int, style: str) -> Text:
    room = max(width - indent, LEAST_WIDTH)
    lines = textwrap.wrap(value, room, break_long_words=False, break_on_hyphens=False) if label in LISTS else [value]
    return Text.assemble((f"{label:{indent}}", style), f"\n{'':{indent}}".join(lines))


def _headline(report: Report) -> Text:
    word, style = HEADLINES[report.outcome]
    return Text.assemble(
        (word, style),
        f"  {report.mode} to {report.target}{f' of {report.env}' if report.env else ''} in {report.seconds:.1f} s",
    )


def _rows(report: Report) -> list[tuple[str, str]]:
    done = "changed" if report.outcome in {"success", "partial"} else "planned"
    rows = [(done, _changes(report))] if report.mode != "verify" else []
    rows.append(("went back", f"to {report.went_back}" if report.went_back else ""))
    broken = len(failed(report.checks))
    passed = len(report.checks) - broken
    if report.checks:
        rows.append(("checks", f"{passed} of {len(report.checks)} hold" + (f", {broken} failed" if broken else "")))
    rows.append(("steps", _steps(report)))
    rows += [("warning", warning) for warning in report.warnings]
    rows.append(("report", f"{report.artifact_path}/report.html"))
    if report.url and report.outcome in {"success", "partial"}:
        rows.append(("open", report.url))
    return [(label, value) for label, value in rows if value]


def _changes(report: Report) -> str:
    if not report.changed:
        return "nothing" if report.outcome == "success" else ""
    undone = " (undone)" if report.outcome == "rolled_back" else ""
    return ", ".join(f"{change.service} ({change.action})" for change in report.changed) + undone


def _steps(report: Report) -> str:
    slow = [step for step in report.steps if step.seconds >= LEAST_SHOWN_S or step.outcome not in {"ok", "skipped"}]
    longest = sorted(slow, key=lambda step: -step.seconds)[:STEPS_SHOWN]
    return ", ".join(
        f"{step.name} {step.seconds:.1f} s" + ("" if step.outcome == "ok" else f" ({step.outcome})")
        for step in slow
        if step in longest
    )


def _broken(report: Report) -> list[RenderableType]:
    """List the failed checks, unless the run ended before verification: then they only repeat its error."""
    if not any(step.name == "verify" for step in report.steps):
        return []
    broken = failed(report.checks)
    more = len(broken) - CHECKS_SHOWN
    lines: list[RenderableType] = [
        Text.assemble(("✗ ", "red"), (check.id, "bold"), f"  {check.title}: {check.detail}")
        for check in broken[:CHECKS_SHOWN]
    ]
    return [*lines, *([Text(f"  and {more} more, in the report")] if more > 0 else [])]


def _next(report: Report) -> list[RenderableType]:
    if report.error is None:
        return []
    return [
        Text.assemble(("error:", "bold red"), f" {report.error.what}"),
        Text.assemble(("why:", "bold"), f"   {report.error.why}"),
        Text.assemble(("fix:", "bold green"), f"   {report.error.fix}"),
    ]
