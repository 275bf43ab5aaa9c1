"""Is this replica of the API well, and may it get requests? `/health` and `/ready` say."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from api.dependencies import Opened
from api.shared.health import health_body, ready_body

router = APIRouter(tags=["health"])


class CheckResult(BaseModel):
    """What one check saw."""

    ok: bool
    seconds: float
    detail: str


class Health(BaseModel):
    """healthy; degraded (Redis is lost, reads work); unhealthy (database lost or migrations pending)."""

    status: str
    version: str
    uptime_s: float
    environment: str
    checks: dict[str, CheckResult]


class Readiness(BaseModel):
    """ready, unready or draining, and how many requests run now."""

    status: str
    in_flight: int


@router.head("/health", include_in_schema=False)
@router.get("/health", response_model=Health, responses={503: {"model": Health}})
async def health(opened: Opened) -> JSONResponse:
    """Tell how this replica and what it needs are doing."""
    status, body = health_body(opened.identity, await opened.checks.answers())
    return JSONResponse(body, status, {"Cache-Control": "no-store"})


@router.head("/ready", include_in_schema=False)
@router.get("/ready", response_model=Readiness, responses={503: {"model": Readiness}})
async def ready(opened: Opened) -> JSONResponse:
    """Tell whether this replica may get requests."""
    checks = await opened.checks.answers()
    status, body = ready_body(checks, is_draining=opened.drain.is_draining, in_flight=opened.in_flight.count)
    return JSONResponse(body, status, {"Cache-Control": "no-store"})
