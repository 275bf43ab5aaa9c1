"""What would a sound stack show, and what would its runs report?"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ops.engine.runtime import Listener
from ops.runs.report import Change, Failure, Report, Step, failure_of
from ops.verification import RULES
from ops.verification.checks import ports
from ops.verification.checks.check import evaluate
from ops.verification.engine_answers import Examined
from ops.verification.observations import (
    Answer,
    Burst,
    Certificate,
    Observations,
    Port,
    Ran,
    ServiceState,
    Site,
)
from ops.verification.requests import private_routes, public_routes

if TYPE_CHECKING:
    from ops.verification.checks.check import Check

STARTED = datetime(2026, 11, 21, 3, 0, 0, tzinfo=UTC)
SITE = Site(
    domain="slipway.localhost",
    https_port=8443,
    http_port=8080,
    rate_limit_burst=20,
)
SECURITY = {
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "strict-origin-when-cross-origin",
    "content-security-policy": "default-src 'none'; script-src 'self'",
}
DROPLET = Site(domain="slipway.localhost", address="192.0.2.7", issuer="private", target="droplet", loopback_only=False)
CUT = "the connection was cut: no route to host"
STATIC = """\
certificatesResolvers:
  le-staging:
    acme: {caServer: "https://acme-staging-v02.api.letsencrypt.org/directory"}
"""
CERTIFICATE = Certificate(
    subject="slipway.localhost",
    issuer="trustme v1.2.1, Slipway's authority for this checkout",
    names=("slipway.localhost", "*.slipway.localhost"),
    not_before=STARTED - timedelta(days=1),
    not_after=STARTED + timedelta(days=364),
    protocol="TLSv1.3",
)
PORTS = {"traefik": 8443, "postgres": 15432, "redis": 16379, "api": 18100, "django": 18101, "react-app": 18102}
MEMORY = {"api": 71.0, "django": 96.0, "worker": 98.0, "beat": 84.0, "postgres": 48.0, "redis": 7.0, "traefik": 92.0}
FOUND = {"api-not-found": 404, "static-not-found": 404, "http-home": 301, "http-path": 301}
BODIES = {
    "home": "<!doctype html><title>Events</title>",
    "deep-link": "<!doctype html><title>Events</title>",
    "api-health": json.dumps({"status": "healthy", "version": "api-0a1b2c3d4e5f", "uptime_s": 12.5}),
    "api-health-slash": json.dumps({"status": "healthy"}),
}
LIMITED = {"rateLimit": {"average": 600, "period": "1m0s", "burst": 20}}
SERVED: dict[str, dict[str, Any]] = {  # as Traefik's API says it, in short
    "middlewares": {"rate-limit-api@file": LIMITED},
    "routers": {
        "api@file": {
            "entryPoints": ["websecure"],
            "middlewares": ["security-headers@file", "rate-limit-api@file"],
            "rule": "Host(`slipway.localhost`) && (Path(`/api`) || PathPrefix(`/api/`))",
            "tls": {},
        },
        "front-end@file": {"entryPoints": ["websecure"], "rule": "Host(`slipway.localhost`)"},
    },
}
BODIES["rawdata"] = json.dumps(SERVED)


def services() -> tuple[ServiceState, ...]:
    """Return a healthy replica of each service."""
    return tuple(
        ServiceState(
            service=name,
            replica=f"{name}-0a1b2c3d4e5f-0",
            state="running",
            healthy=True,
            pid=4000 + number,
            port=PORTS.get(name, 0),
            image_id=f"{name}-9f8e7d6c5b4a",
            started_at=(STARTED + timedelta(seconds=5)).timestamp(),
            rss_mib=MEMORY.get(name, 12.0),
        )
        for number, name in enumerate(SITE.services)
    )


def answer(name: str, method: str, url: str, **other: Any) -> Answer:
    """Return what a sound stack answers on a route."""
    location = {"location": url.replace("http://", "https://").replace(":8080", ":8443")}
    headers = {"content-type": "text/html", **SECURITY, **(location if name.startswith("http-") else {})}
    stated: dict[str, Any] = {
        "status": FOUND.get(name, 404 if name.startswith("private-") else 200),
        "headers": headers,
        "body_head": BODIES.get(name, "") if method == "GET" else "",
        "seconds": 0.012,
        "http_version": "HTTP/1.1",
        "certificate": CERTIFICATE,
    }
    return Answer(url=url, method=method, **{**stated, **other})


def sound(**other: Any) -> Observations:
    """Return everything that a sound stack shows."""
    answers = {name: answer(name, *asked) for name, asked in public_routes(SITE).items()}
    answers |= {name: answer(name, "GET", url) for name, url in private_routes(SITE).items()}
    answers["rawdata"] = answer("rawdata", "GET", "http://127.0.0.1:8081/api/rawdata")
    refused = answer("api-health", "GET", f"{SITE.https}/api/health", status=429)
    refused = replace(refused, headers={**SECURITY, "retry-after": "1"})
    listening = tuple(Listener(address="127.0.0.1", port=port, pid=4000, owner=name) for name, port in PORTS.items())
    ran = ("django-check-deploy", "schema-compat-check", "task-from-django", "task-from-api", "traefik-env")
    stated: dict[str, Any] = {
        "at": STARTED,
        "answers": answers,
        "burst": Burst(asked=21, seconds=0.2, refused=refused),
        "outside": (Port(host="192.0.2.10", port=15432, is_open=False, seconds=0.001),),
        "listeners": (*listening, Listener(address="127.0.0.1", port=8080, pid=4000, owner="traefik")),
        "services": services(),
        "commands": {
            **{name: Ran(exit_code=0, output='{"ok": true}\n', seconds=1.1) for name in ran},
            "celery-ping": Ran(exit_code=0, output='{"celery@worker": {"ok": "pong"}}\n', seconds=1.9),
        },
        "logs": {"traefik": "traefik | started\n", "api": "api | started\n"},
        "static_config": STATIC,
        "release": "20261121_020000-0a1b2c3",
        "host_time": STARTED.timestamp() + 60,
    }
    return Observations(**{**stated, **other})


def on_droplet(**other: Any) -> Observations:
    """Return everything that a sound droplet shows."""
    published = ((80, "tcp"), (443, "tcp"), (443, "udp"))
    edge = tuple(
        Listener(address=address, port=port, protocol=protocol, process="docker-proxy", owner="traefik")
        for port, protocol in published
        for address in ("0.0.0.0", "::")  # noqa: S104 - a droplet's public side
    )
    ssh = Listener(address="0.0.0.0", port=22, pid=612, process="sshd")  # noqa: S104 - as above
    inside = Listener(address="172.18.0.4", port=8000, owner="api")
    tried = {22: True, 80: True, 443: True, 2375: False, 5432: False, 8000: False}
    outside = tuple(Port(host=DROPLET.address, port=port, is_open=is_open) for port, is_open in tried.items())
    seen = sound()
    answers = {
        name: replace(one, url=one.url.replace(":8443", ""), headers=_without_ports(one.headers))
        for name, one in seen.answers.items()
    }
    stated = {"answers": answers, "listeners": (*edge, ssh, inside), "outside": outside}
    return replace(seen, **{**stated, **other})


def _without_ports(headers: dict[str, str]) -> dict[str, str]:
    return {name: value.replace(":8443", "") for name, value in headers.items()}


def with_answer(name: str, **changed: Any) -> Observations:
    """Return a sound stack's observations with one answer changed."""
    seen = sound()
    return replace(seen, answers={**seen.answers, name: replace(seen.answers[name], **changed)})


def blocked(seen: Observations) -> Observations:
    """Return what is left to see when a network lets nothing through to the site."""
    answers = {
        name: one if name == "rawdata" else Answer(url=one.url, error="no answer in time", seconds=5.0)
        for name, one in seen.answers.items()
    }
    outside = tuple(Port(host=one.host, port=one.port, is_open=one.port == 22) for one in seen.outside)
    commands = {**seen.commands, "task-from-api": Ran(exit_code=1, output="no answer in time")}
    return replace(seen, answers=answers, outside=outside, commands=commands)


def cut(seen: Observations) -> Observations:
    """Return what is left to see when SSH is gone."""
    commands = {name: ran if name == "task-from-api" else Ran(error=CUT) for name, ran in seen.commands.items()}
    answers = {**seen.answers, "rawdata": replace(Examined().rawdata, error=CUT)}
    return replace(
        seen, services=(), listeners=(), static_config="", commands=commands, answers=answers, problems={"host": CUT}
    )


def judged(seen: Observations, site: Site = SITE) -> dict[str, Check]:
    """Return all checks by their ids."""
    return {check.id: check for check in evaluate(seen, site, RULES)}


def report(outcome: str = "success", **other: Any) -> Report:
    """Return a report with steps, changes, checks, services and answers."""
    seen = sound()
    ends = {"success": 11.4, "failed": 11.4, "rolled_back": 9.2, "partial": 11.4}
    stated: dict[str, Any] = {
        "run_id": "20261121_030000",
        "mode": "full",
        "target": "local",
        "outcome": outcome,
        "started_at": STARTED,
        "finished_at": STARTED + timedelta(seconds=ends[outcome]),
        "artifact_path": "local_run_logs/20261121_030000",
        "url": SITE.https,
        "steps": _steps(rolled_back=outcome == "rolled_back"),
        "changes": _changes(),
        "checks": evaluate(seen, SITE, RULES),
        "services": seen.services,
        "answers": seen.answers,
    }
    return Report(**{**stated, **other})


def failed_report() -> Report:
    """Return the report of a deploy whose verification failed."""
    seen = with_answer("home", headers={"content-type": "text/html", "server": "nginx/1.31.0"})
    checks = evaluate(seen, SITE, [rule for rule in RULES if rule is not ports.ports])
    return report("failed", checks=checks, answers=seen.answers, error=failure_of(checks))


def rolled_back_report() -> Report:
    """Return the report of a deploy that was undone."""
    why = "GET /ready answered 503, 40 times. Its last line:\napi-77c0ffee1234-0 | RuntimeError: DATABASE_URL is wrong"
    error = Failure(what="`api` did not become ready in 60 s", why=why, fix="invoke logs --service api --target local")
    return report("rolled_back", checks=(), answers={}, error=error)


def _steps(*, rolled_back: bool) -> tuple[Step, ...]:
    names = [
        "recover",
        "plan",
        "build",
        "data",
        "migrate",
        "start",
        "gate",
        "switch",
        "drain",
        "stop",
        "prune",
        "verify",
    ]
    lengths = (0.0, 0.1, 3.4, 1.2, 1.5, 1.1, 0.9, 0.2, 0.1, 0.3, 0.1, 2.4)
    times = tuple(zip(names, lengths, strict=True))
    began = 0.0
    steps: list[Step] = []
    for name, seconds in times[:7] if rolled_back else times:
        outcome = "skipped" if name == "recover" else "failed" if rolled_back and name == "gate" else "ok"
        steps.append(Step(name=name, seconds=seconds, outcome=outcome, began_after_s=began))
        began += seconds
    return (
        (*steps, Step(name="switch", seconds=0.0, outcome="skipped", began_after_s=began))
        if rolled_back
        else tuple(steps)
    )


def _changes() -> tuple[Change, ...]:
    return (
        Change(service="api", action="replace", why="api/main.py changed"),
        Change(service="worker", action="replace", why="its environment changed: LOG_LEVEL", interrupts=True),
        Change(service="redis", action="keep"),
    )
