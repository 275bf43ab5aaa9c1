"""How does the API say no? As RFC 9457 problem details, whatever went wrong."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import psycopg
import structlog
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

import redis
from api.errors import UnavailableError
from api.shared import again
from api.shared.statuses import phrase

if TYPE_CHECKING:
    from fastapi import FastAPI, Request

log = structlog.stdlib.get_logger("slipway.problems")
MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 1
UNCERTAIN = "The data store went away while this was being saved: look whether it was before you try again."
# What triggers raise, whichever route met them.
REFUSALS = {"SU003": "This account belongs to staff: it gets another password in admin, or by “Forgot password?”."}


class Problem(BaseModel):
    """The body of every answer that is an error."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str | None = None
    request_id: str | None = None
    errors: list[dict[str, Any]] | None = None


def problem(status: int, *, detail: str | None = None, errors: list[dict[str, Any]] | None = None) -> JSONResponse:
    """Build the answer."""
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    title = phrase(status)
    body = Problem(title=title, status=status, detail=detail, request_id=request_id, errors=errors)
    headers = {"Retry-After": str(RETRY_AFTER_S)} if status == HTTPStatus.SERVICE_UNAVAILABLE else None
    return JSONResponse(body.model_dump(exclude_none=True), status, headers, MEDIA_TYPE)


async def _http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class alone
    detail = error.detail if error.detail != HTTPStatus(error.status_code).phrase else None
    answer = problem(error.status_code, detail=detail)
    answer.headers.update(error.headers or {})
    return answer


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class alone
    # Only where and what: `input` would send back, and log, whatever was sent.
    errors = [{"location": [str(part) for part in e["loc"]], "message": e["msg"]} for e in error.errors()]
    return problem(
        HTTPStatus.UNPROCESSABLE_ENTITY, detail="The request does not have the form it must have.", errors=errors
    )


async def _unstorable(_request: Request, error: Exception) -> JSONResponse:
    """Answer what passed every check of form and still cannot be stored: a NUL in a text, a number out of range."""
    log.info("not storable", error=type(error).__name__)
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail="A value in the request cannot be stored.")


async def _changed_meanwhile(_request: Request, error: Exception) -> JSONResponse:
    """Answer what a constraint refused: somebody else deleted what this refers to, or made the same."""
    log.info("refused by a constraint", constraint=getattr(getattr(error, "diag", None), "constraint_name", None))
    detail = "What this refers to was changed a moment ago; look again."
    return problem(HTTPStatus.CONFLICT, detail=detail)


async def _refused(_request: Request, error: Exception) -> JSONResponse:
    """Answer what the database's own rules refuse; any other error of it is a mistake of ours, and a 500."""
    detail = REFUSALS.get(str(getattr(error, "sqlstate", None)))
    if detail is None:
        raise error
    return problem(HTTPStatus.FORBIDDEN, detail=detail)


async def _unavailable(_request: Request, error: Exception) -> JSONResponse:
    log.warning("unavailable", error=f"{type(error).__name__}: {error}")
    again.failed(error)
    detail = str(error) if isinstance(error, UnavailableError) else "The data store does not answer; try again."
    if again.is_uncertain():
        detail = UNCERTAIN
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, detail=detail)


def register(app: FastAPI) -> None:
    """Give the application its error answers; what is not named here is the request middleware's 500."""
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(psycopg.DataError, _unstorable)
    app.add_exception_handler(psycopg.IntegrityError, _changed_meanwhile)
    app.add_exception_handler(psycopg.DatabaseError, _refused)
    for kind in (
        UnavailableError,
        psycopg.OperationalError,
        psycopg.InterfaceError,
        psycopg.errors.ReadOnlySqlTransaction,
        redis.RedisError,
    ):
        app.add_exception_handler(kind, _unavailable)
