"""What the engine's `examine`, or Django's, says, as values.

Pure: JSON in, observations out. Fields that a newer engine adds are ignored.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ops.engine.runtime import Listener
from ops.verification.observations import Answer, Burst, Ran, ServiceState

DJANGO_PARTS = ("celery-ping", "task-from-django", "django-check-deploy", "schema-compat-check")
MIGRATIONS = "django-migrate"
NOT_ASKED = "the host could not be asked"


@dataclass(frozen=True, kw_only=True)
class Examined:
    """What the engine saw; `listeners` is None where the operator's side looks for itself."""

    services: tuple[ServiceState, ...] = ()
    listeners: tuple[Listener, ...] | None = ()
    static_config: str = ""
    rawdata: Answer = field(default_factory=lambda: Answer(url="/api/rawdata", error=NOT_ASKED))
    environment: Ran = field(default_factory=lambda: Ran(error=NOT_ASKED))
    logs: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    release: str = ""
    host_time: float = 0.0
    host_uptime: float = float("inf")


def examined_from(raw: Any) -> Examined:
    """Read what the engine's `examine` printed."""
    problems = dict(raw.get("problems") or {})
    found = raw["listeners"]
    is_unknown = found is None and "listeners" not in problems
    return Examined(
        services=services_from(raw["status"] or {"services": []}),
        listeners=None if is_unknown else tuple(Listener(**_known(Listener, one)) for one in found or ()),
        static_config=raw["static_config"] or "",
        rawdata=_rawdata(raw["rawdata"], problems.get("rawdata", "")),
        environment=_ran(raw["environment"], problems.get("environment", "")),
        logs=dict(raw["logs"]),
        problems=problems,
        seconds={name: float(one) for name, one in (raw.get("seconds") or {}).items()},
        release=(raw["status"] or {}).get("release") or "",
        host_time=float(raw.get("now") or 0.0),
        host_uptime=float(raw.get("uptime") or "inf"),
    )


def services_from(status: Any) -> tuple[ServiceState, ...]:
    """Read the replicas of the engine's `status`."""
    return tuple(ServiceState(**_known(ServiceState, raw)) for raw in status["services"])


def answers_from(raw: Any) -> tuple[Answer, ...]:
    """Read the answers of the engine's `ask`, in the order of the questions."""
    return tuple(_answer(one) for one in raw["answers"])


def burst_from(raw: Any) -> Burst:
    """Read the burst of the engine's `ask`."""
    told = raw["burst"]
    return Burst(
        asked=int(told["asked"]),
        seconds=float(told["seconds"]),
        refused=_answer(told["refused"]) if told["refused"] else None,
        others=int(told["others"]),
        other=_answer(told["other"]) if told["other"] else None,
        why=told["why"],
    )


def django_parts(ran: Ran, *, with_migrations: bool) -> dict[str, Ran]:
    """Read what each part of Django's `examine` said; when there is no such document, each part is what there is."""
    names = (*DJANGO_PARTS, *([MIGRATIONS] if with_migrations else []))
    parts = _document(ran.output.splitlines()).get("parts", {})
    missing = Ran(error=ran.error, exit_code=ran.exit_code or 1, output=ran.output, seconds=ran.seconds)
    return {name: Ran(**_known(Ran, parts[name])) if name in parts else missing for name in names}


def _document(lines: Iterable[str]) -> dict[str, Any]:
    for line in lines:
        if line.startswith('{"parts"'):
            try:
                return dict(json.loads(line))
            except ValueError:
                continue
    return {}


def _answer(raw: Any) -> Answer:
    return Answer(**_known(Answer, raw), body_head=raw["text"])


def _rawdata(raw: Any, problem: str) -> Answer:
    if raw is None:
        return Answer(url="/api/rawdata", error=problem or NOT_ASKED)
    error = "" if raw["status"] else raw["text"]
    return Answer(
        url=raw["url"], status=raw["status"], body_head=raw["text"], seconds=float(raw["seconds"]), error=error
    )


def _ran(raw: Any, problem: str) -> Ran:
    return Ran(error=problem or NOT_ASKED) if raw is None else Ran(**_known(Ran, raw))


def _known(kind: Any, raw: Any) -> dict[str, Any]:
    """Keep the fields of a value class that are stated."""
    return {key: value for key, value in raw.items() if key in kind.__dataclass_fields__ and value is not None}
