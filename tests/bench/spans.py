"""Which step of a deploy ran when, and what did visitors see of it? Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from tests.bench.recording import Recording, Sample


@dataclass(frozen=True)
class Span:
    """A step, in wall time (s)."""

    name: str
    began_at: float
    ended_at: float


@dataclass(frozen=True, kw_only=True)
class Update:
    """One `invoke update`, from typing it until it had ended, and its steps."""

    name: str
    typed_at: float
    ended_at: float
    exit_code: int
    outcome: str
    spans: tuple[Span, ...] = ()

    @property
    def seconds(self) -> float:
        """How long the whole command took."""
        return self.ended_at - self.typed_at

    def step(self, name: str) -> Span | None:
        """Return a step by name, None when it did not run."""
        return next((span for span in self.spans if span.name == name), None)

    def as_json(self) -> dict[str, Any]:
        """Return what `read_update` reads."""
        return asdict(self)


def read_update(raw: dict[str, Any]) -> Update:
    """Read an update that was kept as JSON."""
    return Update(**{**raw, "spans": tuple(Span(**span) for span in raw["spans"])})


def spans_of(report: dict[str, Any]) -> tuple[Span, ...]:
    """Read the steps of a `report.json`: those of the operator's side and, from its journal, those of the engine."""
    zero = datetime.fromisoformat(report["started_at"]).timestamp()
    steps = (step for step in report["steps"] if step["outcome"] != "skipped")
    spans = (
        Span(step["name"], zero + step["began_after_s"], zero + step["began_after_s"] + step["seconds"])
        for step in steps
    )
    return tuple(sorted(spans, key=lambda span: span.began_at))


def step_at(updates: Iterable[Update], at: float) -> str:
    """Say which step ran at a moment: its name, what it was between, or "steady" outside of any update."""
    for update in updates:
        if update.typed_at <= at < update.ended_at:
            running = [span.name for span in update.spans if span.began_at <= at < span.ended_at]
            return f"{update.name}: {running[-1] if running else 'between steps'}"
    return "steady"


@dataclass(frozen=True)
class Seen:
    """What the answers said of an update; seconds after it was typed, None when nothing of the sort came."""

    versions: tuple[str, ...]
    first_new_s: float | None
    last_old_s: float | None
    old_gone_s: float | None


def seen_of(update: Update, recording: Recording, *, until: float) -> Seen:
    """Work out from the versions in answers when an update reached visitors; `until` is when the next one began."""
    named = [sample for sample in recording.samples if sample.version and not sample.failure]
    old = _last_before(named, update.typed_at)
    after = [sample for sample in named if update.typed_at <= sample.ended_at < until]
    new = [sample.ended_at for sample in after if sample.version != old]
    olds = [sample.ended_at for sample in after if sample.version == old]
    stopped = update.step("stop")
    return Seen(
        versions=tuple(dict.fromkeys(sample.version for sample in after)),
        first_new_s=min(new) - update.typed_at if new else None,
        last_old_s=max(olds) - update.typed_at if olds and new else None,
        old_gone_s=stopped.ended_at - update.typed_at if stopped else None,
    )


def _last_before(named: list[Sample], at: float) -> str:
    before = [sample for sample in named if sample.ended_at < at]
    return max(before, key=lambda sample: sample.ended_at).version if before else ""
