"""Certificates that browsers trust: what the production directory is asked for has come from the staging one before.

A failed order there counts against limits that last for hours or a week, so it must not be the first attempt. And a
Traefik that has to order is given visitors only once it has what it ordered.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from ops.engine.errors import EngineError, RefusedError
from ops.engine.model import Replica, Service
from ops.engine.rollout.context import Engine
from ops.engine.rollout.gate import failing
from ops.engine.rollout.jobs import note_done, run_job
from ops.engine.runtime import Doors
from ops.redact import first_words

TRUSTED = "le-production"  # the resolver
PASSES_ON = "allowACMEByPass: true"  # in the static configuration of a Traefik that can
JOB_PORT, WEB_PORT = 8080, 80
READ_S = 10.0
ORDER_S = 120.0
LOG_LINES = 200
_OTHERWISE = "nothing was asked of the production directory, and nothing was changed"


def orders_trusted(service: Service) -> bool:
    """Tell whether this Traefik orders at the production directory."""
    return service.environment.get("ACME_RESOLVER") == TRUSTED


def try_order(engine: Engine, job: Service) -> bool:
    """Order the same names at the staging directory, by a client of its own; RefusedError when they do not come."""
    doors = engine.runtime.doors
    serving = doors.serving() if doors else ""
    if doors and serving and PASSES_ON not in engine.runtime.static_config():
        raise RefusedError(
            "the Traefik that serves cannot pass a challenge on",
            why=f"it is of a release from before certificates that browsers trust; {_OTHERWISE}",
            fix="set ACME_DIRECTORY=staging in .env once, then invoke deploy",
            family="preflight",
        )
    engine.say("certificate")("a dry run of the order: the same names, from the staging directory")
    with _passed_on(engine, doors, f"{job.name}:{JOB_PORT}") if doors and serving else contextlib.nullcontext():
        try:
            run_job(engine, job, step="certificate")
        except EngineError as error:
            raise RefusedError(
                "the dry run at the staging directory brought no certificate",
                why=f"{error.why}\n{_OTHERWISE}",
                fix="correct the DNS records of these names, or open port 80 to all, then invoke deploy",
                family="preflight",
            ) from error
    note_done(engine, job)
    return True


@contextlib.contextmanager
def orders_beside(engine: Engine, doors: Doors, service: Service, name: str) -> Iterator[None]:
    """While a Traefik comes up that orders for itself, let the one with visitors pass its challenges on."""
    serving = doors.serving()
    is_needed = orders_trusted(service) and serving not in {"", name} and doors.url(serving)
    with _passed_on(engine, doors, f"{name}:{WEB_PORT}") if is_needed else contextlib.nullcontext():
        yield


def await_order(engine: Engine, doors: Doors, service: Service, replica: Replica) -> None:
    """Wait until a new Traefik has its certificates of the production directory; EngineError when one does not come."""
    if not orders_trusted(service) or doors.serving() in {"", replica.name}:
        return
    refused = ""

    def missing() -> list[str]:
        return [host for host in _names(service) if not doors.has_certificate(replica.name, host)]

    def is_over() -> bool:
        nonlocal refused
        left = missing()
        lines = engine.runtime.logs(replica.name, lines=LOG_LINES) if left else ()
        refused = next((line for line in lines if any(_refuses(line, host) for host in left)), "")
        return not left or bool(refused)

    if missing():
        engine.say("edge")(f"{replica.name} orders its certificates, before anybody is sent to it")
    engine.waiter.until(is_over, timeout_s=ORDER_S, every_s=0.5)
    if left := missing():
        reason = first_words(refused, 600) or f"none came for {', '.join(left)} within {ORDER_S:.0f} s"
        raise failing(engine, replica, what="the production directory gave no certificate", reason=reason)


def _names(service: Service) -> list[str]:
    """Return the names that need a certificate; `www` is none of them: a record that it lacks holds nothing up."""
    domain, stated = service.environment.get("WEBSITE_DOMAIN", ""), service.environment
    exposed = [name for name in ("admin", "flower") if stated.get(f"EXPOSE_{name.upper()}") == "true"]
    return [domain, *(f"{name}.{domain}" for name in exposed)]


def _refuses(line: str, host: str) -> bool:
    """Tell whether Traefik says that it will not get the certificate of this name: it does not ask again by itself."""
    return "Unable to obtain ACME certificate" in line and f'"{host}"' in line


@contextlib.contextmanager
def _passed_on(engine: Engine, doors: Doors, to: str) -> Iterator[None]:
    """Let the Traefik with visitors pass on challenges that are not its own, until the block ends."""
    asked = f"{doors.url(doors.serving())}/api/http/routers/challenges@file"
    doors.lead_challenges(to)
    try:
        if not engine.waiter.until(lambda: engine.fetch(asked).is_good, timeout_s=READ_S):
            raise EngineError(
                "the Traefik that serves did not take over the route of a challenge",
                why=f"after {READ_S:.0f} s it has not read it",
                fix="invoke logs --service traefik --since 5m",
            )
        yield
    finally:
        doors.lead_challenges("")
