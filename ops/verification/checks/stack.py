"""The checks of the inside: services healthy, resolver, Django, Celery."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml

from ops.verification.checks.check import Check, answer_of, check
from ops.verification.observations import Observations, Ran, Site

STAGING_RESOLVER, PRODUCTION_RESOLVER = "le-staging", "le-production"
PRODUCTION_ACME = re.compile(r"acme-v0\d\.api\.letsencrypt\.org")
STAGING_ACME = "https://acme-staging-v02.api.letsencrypt.org/directory"
NEEDED = ("postgres", "redis")  # by the others: while one of these is sick, they are too
TASKS = {"task-from-django": "Django", "task-from-api": "the API"}


def services(seen: Observations, site: Site) -> Iterator[Check]:
    """Judge that every service runs and every replica is healthy."""
    faults = [f"`{one.replica}` is {one.state}, not healthy" for one in seen.services if not one.healthy]
    running = {one.service for one in seen.services}
    faults += [f"`{name}` does not run" for name in site.services if name not in running]
    faults += [seen.problems[part] for part in ("host", "status") if part in seen.problems]
    ill = {one.service for one in seen.services if not one.healthy}
    sick = next((name for name in (*NEEDED, *sorted(ill)) if name in ill), "")
    yield check(
        "services-healthy",
        "All services are healthy",
        faults,
        detail=f"{len(running)} services, {len(seen.services)} replicas",
        seconds=seen.seconds.get("status", 0.0),
        hint=site.logs(sick) if sick else site.word("deploy"),
    )


def resolver(seen: Observations, site: Site) -> Iterator[Check]:
    """Judge that there is one certificate resolver, in the static configuration and in what is served.

    It is `le-staging`, but for a production environment whose file asks for the production directory.
    """
    api, wanted = answer_of(seen, "rawdata"), STAGING_RESOLVER if site.issuer != "production" else PRODUCTION_RESOLVER
    static = _static_faults(seen.static_config, wanted=wanted)
    faults = static + _served_faults(api.body_head if not api.error else "", api.error, wanted=wanted)
    yield check(
        "staging-resolver",
        f"`{wanted}` is the only ACME resolver",
        faults,
        detail="in the static configuration and in what Traefik serves",
        seconds=api.seconds,
        hint=f"correct `certificatesResolvers` in traefik/traefik.yml.template, then {site.word('update')}",
    )


def celery(seen: Observations, site: Site) -> Iterator[Check]:
    """Judge that a worker answers, and that a task triggered from each side finishes."""
    ping = seen.commands.get("celery-ping", Ran(error="not asked"))
    yield check(
        "celery-ping",
        "A Celery worker answers a ping",
        [] if ping.exit_code == 0 and "pong" in ping.output else [_last_line(ping)],
        detail="pong",
        seconds=ping.seconds,
        hint=site.logs("worker"),
    )
    for name, side in TASKS.items():
        ran = seen.commands.get(name, Ran(error="not asked"))
        yield check(
            name,
            f"A task triggered from {side} finishes",
            [] if ran.exit_code == 0 or _is_excused(ran, seen) else [_last_line(ran)],
            detail=_last_line(ran),
            seconds=ran.seconds,
            hint=site.logs("worker"),
        )


def _is_excused(ran: Ran, seen: Observations) -> bool:
    """Tell whether the rate limit kept us from asking, and the task of the other side did finish."""
    other = seen.commands.get("task-from-django", Ran())
    return ran.is_limited and other.exit_code == 0


def django(seen: Observations, site: Site) -> Iterator[Check]:
    """Judge Django's own checks, and that the schema suits the code that runs."""
    ran = seen.commands.get("django-check-deploy", Ran(error="not asked"))
    yield check(
        "django-check-deploy",
        "`manage.py check --deploy` passes",
        [] if ran.exit_code == 0 else [_last_line(ran)],
        detail=_last_line(ran),
        seconds=ran.seconds,
        hint=site.logs("django"),
    )
    ran = seen.commands.get("schema-compat-check", Ran(error="not asked"))
    later = _later_migrations(ran)
    yield check(
        "schema-compat-check",
        "The schema suits the code that runs",
        [] if ran.exit_code == 0 or later else [_last_line(ran)],
        detail=f"it is of a later release: {', '.join(later)}" if later else "no migration is pending or missing",
        seconds=ran.seconds,
        hint=site.logs("django"),
    )


def _later_migrations(ran: Ran) -> list[str]:
    """Return what a later release migrated, when that is all that Django finds: this release was gone back to.

    The answer is read, and not its exit code: releases that are gone back to may take it for a fault.
    """
    try:
        state: dict[str, Any] = json.loads(ran.output)
        return [] if state["pending"] or state["drift"] else [str(name) for name in state["unknown"]]
    except (ValueError, KeyError, TypeError):
        return []


def _static_faults(text: str, *, wanted: str) -> list[str]:
    if not text:
        return ["the static configuration could not be read"]
    try:
        resolvers = (yaml.safe_load(text) or {}).get("certificatesResolvers") or {}
    except (yaml.YAMLError, AttributeError) as error:
        return [f"the static configuration is not readable: {error}"]
    faults = [f"there is a resolver `{name}`" for name in resolvers if name != wanted]
    for name, raw in resolvers.items():
        server = str(((raw or {}).get("acme") or {}).get("caServer") or "")
        is_production = not server or bool(PRODUCTION_ACME.search(server))  # which is Traefik's default
        if is_production and name != PRODUCTION_RESOLVER:
            faults.append(f"`{name}` asks Let's Encrypt's production directory")
        elif name == PRODUCTION_RESOLVER and not is_production:
            faults.append(f"`{name}` asks {server}, and not Let's Encrypt's production directory")
    return faults


def _served_faults(text: str, error: str, *, wanted: str) -> list[str]:
    if error:
        return [f"Traefik's API: {error}"]
    try:
        routers: dict[str, Any] = json.loads(text)["routers"]
    except (ValueError, KeyError, TypeError):
        return ["Traefik's API did not say what it serves"]
    used = {name: (router.get("tls") or {}).get("certResolver", "") for name, router in routers.items()}
    return [f"router `{name}` uses `{one}`" for name, one in used.items() if one not in {"", wanted}]


def _last_line(ran: Ran) -> str:
    said = ran.text.strip().rpartition("\n")[2]
    return said[:300] or f"exit code {ran.exit_code}, without a word"
