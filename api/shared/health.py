"""Is this replica well? Database, migrations and Redis, asked at the same time and remembered for a moment."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    Probe = Callable[[], Awaitable[str]]

log = structlog.stdlib.get_logger("slipway.health")

TIMEOUT_S = 1.0
FRESH_S = 0.5
USABLE_S = 3.0
PATIENCE_S = 0.1


@dataclass(frozen=True)
class Check:
    """What one probe saw; `detail` is public and so names kinds of failure, never addresses."""

    ok: bool
    seconds: float
    detail: str
    is_held: bool = False


class CheckError(Exception):
    """The probe got an answer, and it is bad; the text is the public detail."""


class HeldError(CheckError):
    """What was asked is away for a moment, and whoever needs it waits: no reason to take a replica out."""


async def run_check(name: str, probe: Probe) -> Check:
    """Run one probe to its end, its failure, or `TIMEOUT_S`; a probe that ignores its cancellation is left behind."""
    started = time.perf_counter()
    task = asyncio.ensure_future(probe())
    done, _ = await asyncio.wait({task}, timeout=TIMEOUT_S)
    seconds = round(time.perf_counter() - started, 4)
    if not done:
        task.cancel()
        return Check(ok=False, seconds=seconds, detail=f"no answer within {TIMEOUT_S:g} s")
    error = task.exception()
    if error is None:
        return Check(ok=True, seconds=seconds, detail=task.result())
    if isinstance(error, CheckError):
        return Check(ok=False, seconds=seconds, detail=str(error), is_held=isinstance(error, HeldError))
    log.warning("check failed", check=name, error=f"{type(error).__name__}: {error}")
    return Check(ok=False, seconds=seconds, detail=f"not reachable ({type(error).__name__})")


class Checks:
    """The newest answers of all probes.

    Younger than `FRESH_S`: given as they are. Older: asked again, once for all who wait. Who has waited `PATIENCE_S`
    gets the last answers if they are younger than `USABLE_S`, so that a database that hangs does not make this hang.
    """

    def __init__(self, probes: Mapping[str, Probe]) -> None:
        self._probes = probes
        self._answers: dict[str, Check] = {}
        self._asked_at = float("-inf")
        self._asking: asyncio.Task[None] | None = None

    async def answers(self) -> dict[str, Check]:
        """Return one `Check` for each probe."""
        age_s = time.monotonic() - self._asked_at
        if age_s <= FRESH_S:
            return self._answers
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        await asyncio.wait({self._asking}, timeout=PATIENCE_S if age_s <= USABLE_S else None)
        return self._answers

    async def _ask(self) -> None:
        checks = await asyncio.gather(*(run_check(name, probe) for name, probe in self._probes.items()))
        self._answers = dict(zip(self._probes, checks, strict=True))
        self._asked_at = time.monotonic()


def health_status(checks: Mapping[str, Check]) -> str:
    """Judge: without Redis, and while something is held, the service is degraded, without anything else unhealthy."""
    failed = {name: check for name, check in checks.items() if not check.ok}
    if not failed:
        return "healthy"
    is_lost = any(name != "redis" and not check.is_held for name, check in failed.items())
    return "unhealthy" if is_lost else "degraded"


@dataclass(frozen=True)
class Identity:
    """Who answers: what `/health` says besides the checks."""

    version: str
    environment: str
    started_at_s: float  # of time.monotonic()


def health_body(identity: Identity, checks: Mapping[str, Check]) -> tuple[int, dict[str, Any]]:
    """Build the answer of `GET /health`: HTTP status and JSON body."""
    status = health_status(checks)
    body = {
        "status": status,
        "version": identity.version,
        "uptime_s": round(time.monotonic() - identity.started_at_s, 1),
        "environment": identity.environment,
        "checks": {name: {"ok": c.ok, "seconds": c.seconds, "detail": c.detail} for name, c in checks.items()},
    }
    return (503 if status == "unhealthy" else 200), body


def ready_body(checks: Mapping[str, Check], *, is_draining: bool, in_flight: int) -> tuple[int, dict[str, Any]]:
    """Build the answer of `GET /ready`: a replica that leaves, or has no usable database, gets no new requests."""
    if is_draining:
        return 503, {"status": "draining", "in_flight": in_flight}
    if health_status(checks) == "unhealthy":
        return 503, {"status": "unready", "in_flight": in_flight}
    return 200, {"status": "ready", "in_flight": in_flight}
