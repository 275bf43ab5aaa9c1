"""What a run tells whoever reads it later, a person or a program.

Pure: values in, values and JSON text out. `report.json` and `manifest.json` are built here.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from ops.engine.model import Origin
from ops.verification import Answer, Check, ServiceState, failed

Outcome = Literal["success", "partial", "rolled_back", "failed"]
Event = Mapping[str, Any]
HEALTH_ROUTES = {
    "api-health": ("api", "/api/health"),
    "home": ("react-app", "/"),
    "static-file": ("nginx-static", "/static/"),
}
QUIET = ("keep",)


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step of the run: how long it took, how it ended, and when it began after the run did."""

    name: str
    seconds: float
    outcome: str  # ok, failed, skipped, undone, or unfinished when the run ended in the middle of it
    began_after_s: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Change:
    """What the run did to a service."""

    service: str
    action: str
    why: str = ""
    interrupts: bool = False
    last_s: float | None = None  # how long it interrupted, or a request waited, last time; None: not known yet
    waits_s: float = 0.0  # how long a request may wait for it


@dataclass(frozen=True, kw_only=True)
class Failure:
    """What failed, why, and the one command to type next."""

    what: str
    why: str
    fix: str


@dataclass(frozen=True, kw_only=True)
class Instance:
    """The cloud instance that the run was about."""

    name: str
    region: str
    size: str
    address: str
    id: int = 0
    created_at: str = ""


@dataclass(frozen=True, kw_only=True)
class Before:
    """What the release that was live before the run answered to the same questions: which checks failed on it."""

    release: str
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FileEntry:
    """A file of the artifact folder."""

    name: str
    size: int
    sha256: str
    written_at: str


@dataclass(frozen=True, kw_only=True)
class Report:
    """One run, from its first step to its last check."""

    run_id: str
    mode: str  # full, update, rollback, scale or verify
    target: str
    outcome: Outcome
    started_at: datetime
    finished_at: datetime
    artifact_path: str
    steps: tuple[Step, ...] = ()
    changes: tuple[Change, ...] = ()
    checks: tuple[Check, ...] = ()
    error: Failure | None = None
    warnings: tuple[str, ...] = ()
    url: str = ""
    services: tuple[ServiceState, ...] = ()
    answers: dict[str, Answer] = field(default_factory=dict)
    instance: Instance | None = None
    origin: Origin = field(default_factory=Origin)
    went_back: str = ""  # the release that was brought back, in words; empty when none was
    env: str = ""  # the environment's name; empty for that of `.env`
    release: str = ""  # what was live when it was looked at last; empty where nobody looked
    before: Before | None = None  # None: there was none, nothing was to change, or nobody could ask it the same

    @property
    def seconds(self) -> float:
        """How long the run took."""
        return (self.finished_at - self.started_at).total_seconds()

    @property
    def changed(self) -> tuple[Change, ...]:
        """The changes that touched something."""
        return tuple(change for change in self.changes if change.action not in QUIET)


def steps_from(events: Iterable[Event], *, started_at: datetime) -> tuple[Step, ...]:
    """Read the steps from a journal; one that never finished is `unfinished`."""
    begun: dict[str, float] = {}
    steps: dict[str, Step] = {}
    for event in events:
        name = event.get("step", "")
        if event["event"] == "step_started":
            begun[name] = _seconds_after(event, started_at)
            steps[name] = Step(name=name, seconds=0.0, outcome="unfinished", began_after_s=begun[name])
        elif event["event"] == "step_finished":
            seconds = float(event["seconds"])
            began = begun.get(name, _seconds_after(event, started_at) - seconds)
            steps[name] = Step(name=name, seconds=seconds, outcome=event["outcome"], began_after_s=max(0.0, began))
    return tuple(steps.values())


def changes_from(events: Iterable[Event]) -> tuple[Change, ...]:
    """Read what changed around the host, and what the run planned to change on it."""
    known = tuple(events)
    around = [raw for event in known if event["event"] == "changed_around" for raw in event["changes"]]
    return (*map(_change, around), *planned_from(known))


def planned_from(events: Iterable[Event]) -> tuple[Change, ...]:
    """Read what the engine planned to change; of plans the last one counts."""
    plans = [event["changes"] for event in events if event["event"] == "plan"]
    return tuple(map(_change, plans[-1] if plans else ()))


def _change(raw: Mapping[str, Any]) -> Change:
    return Change(
        service=raw["service"],
        action=raw["action"],
        why=raw.get("why", ""),
        interrupts=bool(raw.get("interrupts")),
        last_s=raw.get("last_s"),
        waits_s=float(raw.get("waits_s") or 0),
    )


def failure_of(checks: Iterable[Check]) -> Failure | None:
    """Return the failure that the checks amount to, the first one in front; None when all hold."""
    broken = failed(checks)
    if not broken:
        return None
    first = broken[0]
    more = f" (and {len(broken) - 1} more)" if len(broken) > 1 else ""
    return Failure(what=f"check `{first.id}` failed{more}", why=f"{first.title}: {first.detail}", fix=first.hint)


def to_json(report: Report) -> str:
    """Write `report.json`."""
    raw = {
        **_run(report),
        "seconds": round(report.seconds, 3),
        "url": report.url,
        "origin": dataclasses.asdict(report.origin),
        "went_back": report.went_back,
        "before": dataclasses.asdict(report.before) if report.before else None,
        "steps": [_rounded(dataclasses.asdict(step)) for step in report.steps],
        "changes": [dataclasses.asdict(change) for change in report.changed],
        "checks": [_rounded(dataclasses.asdict(check)) for check in report.checks],
        "error": dataclasses.asdict(report.error) if report.error else None,
        "warnings": list(report.warnings),
        "services": [dataclasses.asdict(service) for service in report.services],
        "service_health": service_health(report),
        "cloud_instance": dataclasses.asdict(report.instance) if report.instance else None,
    }
    return json.dumps(raw, indent=1, ensure_ascii=False) + "\n"


def to_manifest(report: Report, files: Iterable[FileEntry], missing: Mapping[str, str]) -> str:
    """Write `manifest.json`: the run, its files, and what is missing and why."""
    raw = {
        "run": _run(report),
        "files": [dataclasses.asdict(entry) for entry in files],
        "missing": [{"name": name, "why": why} for name, why in sorted(missing.items())],
        "service_health": service_health(report),
        "cloud_instance": dataclasses.asdict(report.instance) if report.instance else None,
    }
    return json.dumps(raw, indent=1, ensure_ascii=False) + "\n"


def service_health(report: Report) -> list[dict[str, Any]]:
    """Return route, status and latency of each service; a route only where the public side has one."""
    routes = {service: (path, report.answers.get(name)) for name, (service, path) in HEALTH_ROUTES.items()}
    return [_health(one, *routes.get(one.service, ("", None))) for one in report.services]


def _health(one: ServiceState, route: str, answer: Answer | None) -> dict[str, Any]:
    latency = round(answer.seconds * 1000, 1) if answer and not answer.error else None
    status = "healthy" if one.healthy else one.state if one.state != "running" else "unhealthy"
    return {"service": one.service, "replica": one.replica, "route": route, "status": status, "latency_ms": latency}


def _run(report: Report) -> dict[str, Any]:
    return {
        "run_id": report.run_id,
        "mode": report.mode,
        "target": report.target,
        "outcome": report.outcome,
        "started_at": report.started_at.isoformat(timespec="milliseconds"),
        "finished_at": report.finished_at.isoformat(timespec="milliseconds"),
        "artifact_path": report.artifact_path,
    }


def _rounded(raw: dict[str, Any]) -> dict[str, Any]:
    return {key: round(value, 3) if isinstance(value, float) else value for key, value in raw.items()}


def _seconds_after(event: Event, started_at: datetime) -> float:
    return (datetime.fromisoformat(event["at"]) - started_at).total_seconds()
