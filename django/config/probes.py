"""Is this replica of Django well, and may it get requests? Answered before Django looks at the Host header.

The checks are the API's, with every migration on disk instead of one, and `deploy`: what `manage.py check --deploy`
says. Code and settings cannot change while a process lives, so that runs once per process, in a thread, and costs
the healthcheck nothing after the first time.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core import checks as system_checks
from django.core.signals import got_request_exception
from django.db.migrations.loader import MigrationLoader

from api.shared.again import AskAgain, failed
from api.shared.drain import Drain
from api.shared.guarded_redis import new_redis
from api.shared.health import CheckError, Checks, Identity, health_body, ready_body
from api.shared.outage import Reopening
from api.shared.probes import DatabaseProbe, redis_probe
from config.database.base import OUTAGE

if TYPE_CHECKING:
    from api.shared.requests import App, InFlight, Receive, Scope, Send


def migrations_on_disk() -> list[str]:
    """List every migration of the installed applications as `app.name`; needs no database."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return [f"{app}.{name}" for app, name in loader.disk_migrations]


def deploy_problems() -> list[str]:
    """List the ids of what `check --deploy` finds: warnings count in production, elsewhere only errors."""
    found = system_checks.run_checks(include_deployment_checks=True)
    least = system_checks.WARNING if settings.ENVIRONMENT == "production" else system_checks.ERROR
    return sorted(
        {message.id or str(message.msg) for message in found if message.is_serious(least) and not message.is_silenced()}
    )


class DeployCheck:
    """`check --deploy`, run once."""

    def __init__(self) -> None:
        self._problems: list[str] | None = None

    async def __call__(self) -> str:
        """Pass, or name the checks that fail."""
        if self._problems is None:
            self._problems = await asyncio.to_thread(deploy_problems)
        if self._problems:
            raise CheckError(f"check --deploy: {', '.join(self._problems)}")
        return "passes"


def _new_probe() -> DatabaseProbe:
    return DatabaseProbe(settings.DATABASE_URL, migrations=migrations_on_disk(), outage=OUTAGE)


def asked_again(app: App) -> App:
    """Ask Django again what met an absence of the database, where that is safe."""
    got_request_exception.connect(_failed, dispatch_uid="asked again")
    return AskAgain(app, outage=OUTAGE, reopening=Reopening(OUTAGE, _new_probe().database))


def _failed(**_: Any) -> None:
    failed(sys.exception())


def _new_checks() -> Checks:
    database = _new_probe()
    redis = new_redis(settings.REDIS_URL, most=2)
    return Checks(
        {
            "database": database.database,
            "migrations": database.migrations,
            "redis": redis_probe(redis),
            "deploy": DeployCheck(),
        }
    )


class HealthAnswers:
    """ASGI: answers GET and HEAD of `/health` and `/ready`, passes everything else on."""

    def __init__(self, app: App, *, in_flight: InFlight) -> None:
        self.app = app
        self._in_flight = in_flight
        self._identity = Identity(settings.SERVICE_VERSION, settings.ENVIRONMENT, time.monotonic())
        self._checks = _new_checks()
        self._drain = Drain(in_flight, notice_s=settings.DRAIN_NOTICE_S, grace_s=settings.DRAIN_GRACE_S)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of the server."""
        # Here, not at import: only now the loop runs and the server has set its own signal handlers.
        self._drain.listen()
        if scope["type"] == "http" and scope["method"] in {"GET", "HEAD"} and scope["path"] in {"/health", "/ready"}:
            status, body = await self._probe(scope["path"])
            await _send_json(send, status, body, with_body=scope["method"] == "GET")
            return
        await self.app(scope, receive, send)

    async def _probe(self, path: str) -> tuple[int, dict[str, Any]]:
        checks = await self._checks.answers()
        if path == "/health":
            return health_body(self._identity, checks)
        return ready_body(checks, is_draining=self._drain.is_draining, in_flight=self._in_flight.count)


async def _send_json(send: Send, status: int, body: dict[str, Any], *, with_body: bool) -> None:
    content = json.dumps(body).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(content)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content if with_body else b""})
