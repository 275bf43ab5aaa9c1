"""What did a soak find? A page and JSON of it: counts, failures with their seeds, and the machine."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tests.bench.machine import describe_machine
from tests.soak.book import Book, Outcome, total
from tests.soak.case import Part
from tests.stack import ROOT

PAGE, DATA = "report.html", "report.json"
TEMPLATES = (Path(__file__).parent, ROOT / "ops" / "runs")  # the second has the style of the project's reports
MINUTE_S, HOUR_S = 60, 3600
BANNERS = {"success": ("✓", "Everything held"), "partial": ("◐", "Not finished"), "failed": ("✗", "Something broke")}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One part: how many of its cases were asked for, played and held, and what was counted in them."""

    name: str
    promise: str
    asked: int
    played: int
    held: int
    seconds: float
    counts: dict[str, int]
    ended: str = ""

    @property
    def outcome(self) -> str:
        """Return success, partial or failed."""
        if self.held < self.played or self.ended:
            return "failed"
        return "success" if self.played >= self.asked else "partial"


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A case that did not hold; `is_mended` when it held in a later playing."""

    outcome: Outcome
    is_mended: bool

    @property
    def again(self) -> str:
        """Return the command that plays it again."""
        return self.outcome.case.again


@dataclass(frozen=True, kw_only=True)
class Report:
    """A soak as far as it has come."""

    name: str
    seed: int
    machine: str
    commits: tuple[str, ...]
    rows: tuple[Row, ...]
    failures: tuple[Failure, ...]

    @property
    def outcome(self) -> str:
        """Return the worst of its parts: failed, partial or success."""
        outcomes = [row.outcome for row in self.rows]
        return next((one for one in ("failed", "partial") if one in outcomes), "success")


def make_report(
    name: str, seed: int, asked: Mapping[Part, Sequence[int]], book: Book, *, ended: Mapping[str, str]
) -> Report:
    """Judge what was played; the newest outcome of a case counts, and its earlier failures are still named."""
    rows = []
    for part, numbers in asked.items():
        latest = book.latest(part.name, seed)
        played = [latest[number] for number in numbers if number in latest]
        rows.append(
            Row(
                name=part.name,
                promise=part.promise,
                asked=len(numbers),
                played=len(played),
                held=sum(not one.why for one in played),
                seconds=sum(one.seconds for one in played),
                counts=dict(total(played)),
                ended=ended.get(part.name, ""),
            )
        )
    of_seed = [one for one in book.outcomes if one.seed == seed]
    failures = (one for one in of_seed if one.why)
    return Report(
        name=name,
        seed=seed,
        machine=describe_machine().strip().removeprefix("Machine: "),
        commits=tuple(Counter(one.commit for one in of_seed)),
        rows=tuple(rows),
        failures=tuple(
            Failure(outcome=one, is_mended=not book.latest(one.part, seed)[one.number].why) for one in failures
        ),
    )


def keep(report: Report, folder: Path) -> Path:
    """Write the page, and JSON beside it; return the page."""
    raw = {"outcome": report.outcome, **asdict(report)}
    (folder / DATA).write_text(json.dumps(raw, indent=1), encoding="utf-8")
    page = folder / PAGE
    page.write_text(render(report), encoding="utf-8")
    return page


def render(report: Report) -> str:
    """Return the page; self-contained, without script."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["duration"] = duration
    mark, title = BANNERS[report.outcome]
    return environment.get_template("soak.html.j2").render(report=report, mark=mark, title=title)


def summary(report: Report) -> str:
    """Return the lines for a terminal: one for each part, and the failures."""
    lines = [f"{row.name:<9} {row.held} of {row.played} held, {row.asked} asked for{_told(row)}" for row in report.rows]
    lines += [
        f"{one.outcome.why.splitlines()[0]}\n  again: {one.again}" for one in report.failures if not one.is_mended
    ]
    return "\n".join((*lines, f"{BANNERS[report.outcome][1]}."))


def _told(row: Row) -> str:
    counted = ", ".join(f"{what} {count:,}" for what, count in row.counts.items())
    return f": {counted}" if counted else ""


def duration(seconds: float) -> str:
    """Write a length of time with the unit that fits."""
    if seconds < MINUTE_S:
        return f"{seconds:.1f} s"
    if seconds < HOUR_S:
        return f"{seconds // MINUTE_S:.0f} min {seconds % MINUTE_S:02.0f} s"
    return f"{seconds // HOUR_S:.0f} h {seconds % HOUR_S // MINUTE_S:02.0f} min"
