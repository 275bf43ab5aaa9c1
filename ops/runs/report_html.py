"""The report of a run as a page.

Pure but for reading its own template: a report in, one self-contained page out. No script, nothing from elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from ops.release import short
from ops.runs.report import FileEntry, Report, Step
from ops.verification import Answer, Certificate, Check, ServiceState, failed

BANNERS = {
    "success": ("✓", "succeeded"),
    "partial": ("◐", "is partly verified"),
    "rolled_back": ("↶", "was rolled back"),
    "failed": ("✗", "failed"),
}
MODES = {
    "full": "Deployment",
    "update": "Update",
    "rollback": "Rollback",
    "scale": "Scaling",
    "verify": "Verification",
}
STEP_WORDS = {"ok": "done", "skipped": "skipped", "undone": "undone", "failed": "failed"}
HEADER_COLUMNS = {
    "HSTS": "strict-transport-security",
    "nosniff": "x-content-type-options",
    "Frame": "x-frame-options",
    "Referrer": "referrer-policy",
    "CSP": "content-security-policy",
}
TICKS = 4
SHORTEST_BAR = 0.4  # per cent of the width: still seen
MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86400


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A step on the timeline; `left` and `width` are per cent of the whole run."""

    step: Step
    left: float
    width: float

    @property
    def word(self) -> str:
        """How the step ended, as a person says it."""
        return STEP_WORDS.get(self.step.outcome, self.step.outcome)


@dataclass(frozen=True, kw_only=True)
class HeaderRow:
    """The headers that one public route sent."""

    answer: Answer
    present: tuple[tuple[str, bool], ...]


def render(report: Report, files: Iterable[FileEntry], missing: Mapping[str, str]) -> str:
    """Return the page. `files` are linked by relative names; `missing` names the rest with the reason."""
    mark, word = BANNERS[report.outcome]
    return _template().render(
        report=report,
        mark=mark,
        title=f"{MODES.get(report.mode, report.mode)} {word}",
        mode=MODES.get(report.mode, report.mode),
        bars=bars(report),
        verified=any(step.name == "verify" for step in report.steps),  # or it ended before that
        ticks=_ticks(report),
        broken=failed(report.checks),
        failed_before=_failed_before(report),
        groups=_groups(report.checks),
        header_columns=tuple(HEADER_COLUMNS),
        header_rows=tuple(_header_rows(report.answers)),
        certificate=_certificate(report.answers),
        memory_mib=sum(one.rss_mib for one in report.services),
        files=_by_reading_order(files),
        missing=_by_reason(missing),
    )


def bars(report: Report) -> tuple[Bar, ...]:
    """Lay the steps out on the time of the whole run; those that had nothing to do stand in the list without a bar."""
    whole = _whole_s(report)
    return tuple(
        Bar(
            step=step,
            left=min(100 * step.began_after_s / whole, 100 - SHORTEST_BAR),
            width=min(max(100 * step.seconds / whole, SHORTEST_BAR), 100 - 100 * min(step.began_after_s / whole, 0.99)),
        )
        for step in report.steps
    )


def duration(seconds: float) -> str:
    """Write a length of time with the unit that fits."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < MINUTE_S:
        return f"{seconds:.1f} s"
    if seconds < HOUR_S:
        return f"{seconds // MINUTE_S:.0f} min {seconds % MINUTE_S:02.0f} s"
    if seconds < DAY_S:
        return f"{seconds // HOUR_S:.0f} h {seconds % HOUR_S // MINUTE_S:02.0f} min"
    return f"{seconds // DAY_S:.0f} d {seconds % DAY_S // HOUR_S:.0f} h"


def size(count: int) -> str:
    """Write a number of bytes with the unit that fits."""
    return f"{count} B" if count < 1024 else f"{count / 1024:.1f} KiB"  # noqa: PLR2004 - a KiB


def uptime(service: ServiceState, at: datetime) -> str:
    """Say how long a replica has been running."""
    return duration(max(0.0, at.timestamp() - service.started_at)) if service.started_at else "-"


def code(text: str) -> Markup:
    """Escape a text for the page and set what stands in backticks as code."""
    parts = re.split(r"`([^`\n]+)`", text)
    return Markup("").join(  # the words around stay text: `join` escapes them
        Markup("<code>{}</code>").format(part) if number % 2 else part for number, part in enumerate(parts)
    )


@cache
def _template() -> Template:
    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"duration": duration, "size": size, "moment": _moment, "code": code, "commit": short}
    environment.globals["uptime"] = uptime
    return environment.get_template("report.html.j2")


def _moment(at: datetime) -> str:
    return f"{at:%d %B %Y, %H:%M:%S} UTC".lstrip("0")


def _whole_s(report: Report) -> float:
    ends = (step.began_after_s + step.seconds for step in report.steps)
    return max([report.seconds, *ends, 0.001])


def _ticks(report: Report) -> tuple[str, ...]:
    return tuple(duration(_whole_s(report) * number / TICKS) if number else "0" for number in range(TICKS + 1))


def _groups(checks: Iterable[Check]) -> dict[str, list[Check]]:
    """Sort the checks under the headings an operator thinks in."""
    groups: dict[str, list[Check]] = {}
    for check in checks:
        groups.setdefault(_group(check.id), []).append(check)
    return groups


def _group(check_id: str) -> str:
    if check_id.startswith("headers-"):
        return "Security headers"
    if check_id.startswith(("api-health", "http-")) or check_id in {"home-page", "deep-link", "static-file"}:
        return "Public side"
    if check_id.endswith("-private") or check_id in {
        *("certificate", "published-ports", "ports-from-outside", "rate-limit", "staging-resolver", "no-secret"),
    }:
        return "Protection"
    return "Inside"


def _failed_before(report: Report) -> tuple[str, ...]:
    """Return the checks that fail now, and failed on the release before as well."""
    known = report.before.failed if report.before else ()
    return tuple(one.id for one in failed(report.checks) if one.id in known)


def _header_rows(answers: Mapping[str, Answer]) -> Iterable[HeaderRow]:
    for name, answer in answers.items():
        if answer.url.startswith("https://") and not answer.error and not name.startswith("private-"):
            present = tuple((label, bool(answer.header(header))) for label, header in HEADER_COLUMNS.items())
            yield HeaderRow(answer=answer, present=present)


def _certificate(answers: Mapping[str, Answer]) -> Certificate | None:
    return next((answer.certificate for answer in answers.values() if answer.certificate), None)


def _by_reason(missing: Mapping[str, str]) -> dict[str, list[str]]:
    reasons: dict[str, list[str]] = {}
    for name, why in sorted(missing.items()):
        reasons.setdefault(why, []).append(name)
    return reasons


def _by_reading_order(files: Iterable[FileEntry]) -> list[FileEntry]:
    """Put the log first, then by name; the report itself needs no link."""
    wanted = [entry for entry in files if entry.name != "report.html"]
    return sorted(wanted, key=lambda entry: (entry.name != "deploy.log", entry.name))
