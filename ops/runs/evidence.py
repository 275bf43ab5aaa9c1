"""What was seen, as files.

Pure: observations in, texts out, one for each name of A-11 that a verification can fill, and a reason for each that
it cannot.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import yaml

from ops.verification import Answer, Observations, Ran, ServiceState, answer_of

BODY_SHOWN = 4096
EDGE = "traefik"
COMMAND_FILES = {
    "django-check-deploy.txt": "django-check-deploy",
    "django-migrate.txt": "django-migrate",
    "traefik-env.txt": "traefik-env",
}
ANSWER_FILES = {"curl-root.txt": "home", "curl-api.txt": "api-root", "curl-api-health.txt": "api-health"}
JSON_FILES = {"schema-compat-check.json": "schema-compat-check", "celery-ping.json": "celery-ping"}
Event = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Files by name, and for each missing one the reason."""

    texts: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)


def evidence_of(seen: Observations, *, templates: Mapping[str, str], events: Iterable[Event] = ()) -> Evidence:
    """Turn observations into the files of the artifact set.

    `templates` holds the checkout's two Traefik templates by their artifact names; `events` is the run's journal, whose
    migrate job goes before what Django says afterwards.
    """
    texts = {
        "compose-ps.txt": _services(seen),
        "published-ports.txt": _listeners(seen),
        "traefik-static.yml": seen.static_config,
        "traefik-dynamic.yml": _served(answer_of(seen, "rawdata")),
        "traefik-logs.txt": seen.logs.get("traefik", ""),
        "api-logs.txt": seen.logs.get("api", ""),
        "api-health.json": _json_body(answer_of(seen, "api-health")),
        **templates,
        **{name: _conversation(answer_of(seen, route)) for name, route in ANSWER_FILES.items()},
        **{name: _command(seen.commands.get(command)) for name, command in COMMAND_FILES.items()},
        **{name: _json_output(seen.commands.get(command)) for name, command in JSON_FILES.items()},
    }
    texts["schema-compat-check.json"] = _with_queries(texts["schema-compat-check.json"], answer_of(seen, "api-health"))
    texts["django-migrate.txt"] = _migrate_job(events) or texts["django-migrate.txt"]
    missing = {name: _why_missing(name, seen) for name, text in texts.items() if not text}
    return Evidence(texts={name: text for name, text in texts.items() if text}, missing=missing)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Lay rows out in columns of text."""
    cells = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells)
    return "\n".join(lines) + "\n"


def _services(seen: Observations) -> str:
    if not seen.services:
        return ""
    head = ("SERVICE", "REPLICA", "STATE", "HEALTH", "PORTS", "PID", "STARTED", "RESTARTS", "MEMORY", "IMAGE")
    rows = (
        (
            *(one.service, one.replica, one.state, "healthy" if one.healthy else "unhealthy", _ports(one, seen)),
            *(one.pid or "-", _when(one.started_at), one.restarts, f"{one.rss_mib:.0f} MiB", one.image_id),
        )
        for one in seen.services
    )
    return table(head, rows)


def _ports(one: ServiceState, seen: Observations) -> str:
    """Write the ports of a replica: the one that it serves inside, and of Traefik those that the host publishes."""
    published = sorted({(each.port, each.protocol) for each in seen.listeners if each.owner == one.service})
    if one.service != EDGE:
        published = []
    return ", ".join(f"{port}/{protocol}" for port, protocol in published) or str(one.port or "-")


def _listeners(seen: Observations) -> str:
    if not seen.listeners:
        return ""
    rows = (
        (one.owner or "(not ours)", one.address, f"{one.port}/{one.protocol}", one.pid or "-", one.process)
        for one in seen.listeners
    )
    tried = [f"{one.host}:{one.port} {'OPEN' if one.is_open else 'closed'}" for one in seen.outside]
    outside = "\nTried from outside:\n" + "".join(f"{line}\n" for line in tried) if tried else ""
    return table(("OWNER", "ADDRESS", "PORT", "PID", "PROCESS"), rows) + outside


def _served(answer: Answer) -> str:
    parsed = _parsed(answer.body_head) if not answer.error else None
    if parsed is None:
        return f"# {answer.method} {answer.url}: {answer.summary}\n"
    return f"# What Traefik serves: GET {answer.url}\n" + yaml.safe_dump(parsed, sort_keys=True, width=120)


def _conversation(answer: Answer) -> str:
    """Write an exchange as curl would show it."""
    asked = f"> {answer.method} {answer.url}\n"
    if answer.error:
        return f"{asked}* {answer.error} (after {answer.seconds:.3f} s)\n"
    headers = "".join(f"< {name}: {value}\n" for name, value in answer.headers.items())
    seen = answer.certificate
    tls = (
        f"* {seen.protocol}, {', '.join(seen.names)}, by {seen.issuer}, until {_date(seen.not_after)}\n" if seen else ""
    )
    status = f"< {answer.http_version} {answer.status}\n"
    return f"{asked}{tls}{status}{headers}* {answer.seconds:.3f} s\n\n{answer.body_head[:BODY_SHOWN]}\n"


def _command(ran: Ran | None) -> str:
    if ran is None:
        return ""
    return f"{ran.text.rstrip()}\n# exit code {ran.exit_code}, {ran.seconds:.2f} s\n"


def _json_output(ran: Ran | None) -> str:
    """Keep the JSON that a command printed, whatever it said around it."""
    if ran is None:
        return ""
    lines = [line for line in ran.output.splitlines() if line.lstrip().startswith(("{", "["))]
    parsed = _parsed(ran.output) or next(filter(None, map(_parsed, lines)), None)
    if parsed is None:
        parsed = {"exit_code": ran.exit_code, "output": ran.text.strip()}
    return json.dumps(parsed, indent=1) + "\n"


def _json_body(answer: Answer) -> str:
    parsed = _parsed(answer.body_head) if not answer.error else None
    if parsed is None:
        parsed = {"url": answer.url, "status": answer.status, "error": answer.error or "the body is not JSON"}
    return json.dumps(parsed, indent=1) + "\n"


def _with_queries(text: str, health: Answer) -> str:
    """Add to what Django says of the schema what the API says of its own statements."""
    body = _parsed(health.body_head) if not health.error else None
    checks = body.get("checks") if isinstance(body, dict) else None
    if not text or not isinstance(checks, dict) or "queries" not in checks:
        return text
    return json.dumps({**json.loads(text), "queries_of_the_api": checks["queries"]}, indent=1) + "\n"


def _migrate_job(events: Iterable[Event]) -> str:
    jobs = [event for event in events if event["event"] == "job" and event["name"] == "migrate"]
    if not jobs:
        return ""
    last = jobs[-1]
    return f"{last['output'].rstrip()}\n# exit code {last['exit_code']}, {last['seconds']:.2f} s\n"


def _why_missing(name: str, seen: Observations) -> str:
    known = {
        "compose-ps.txt": ("status", "no service runs"),
        "published-ports.txt": ("listeners", "no listening port could be seen"),
        "traefik-static.yml": ("static_config", "Traefik does not run, so it has no configuration"),
        "traefik-logs.txt": ("logs of traefik", "Traefik wrote no line"),
        "api-logs.txt": ("logs of api", "the API wrote no line"),
    }
    part, otherwise = known.get(name, ("", "it was not asked for"))
    return seen.problems.get(part) or (seen.problems.get("host") if part else "") or otherwise


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _date(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _when(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s, tz=UTC).isoformat(timespec="seconds") if unix_s else "-"
