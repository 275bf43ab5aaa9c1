"""How is a GraphQL request taken and answered? One JSON object by POST, one transaction, one JSON object back.

No cookie counts here, only the Bearer token of the API: nothing that a browser adds by itself can act for anyone, so
there is nothing that a CSRF token would protect. There is no GET, no upload, no batch, and no page to type queries in.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult

from api.shared.again import failed
from api.shared.statuses import phrase
from api.shared.tokens import Access, TokenError, Tokens
from graph.refusals import UNAVAILABLE, as_json
from graph.schema import schema
from graph.tenancy import begin

MOST_BYTES = 65_536
KNOWN = frozenset({"query", "variables", "operationName", "extensions"})
log = structlog.stdlib.get_logger("slipway.graphql")


class BadRequestError(Exception):
    """The request cannot be taken: the status, and the sentence that the caller is told."""

    def __init__(self, status: HTTPStatus, detail: str, **headers: str) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, headers


@csrf_exempt
def graphql(request: HttpRequest) -> JsonResponse:
    """Answer one request."""
    try:
        asked, access = _read(request), _access(request)
        found = _execute(asked, access)
    except BadRequestError as error:
        return _problem(error.status, error.detail, **error.headers)
    except (OperationalError, InterfaceError) as error:
        failed(error)
        log.warning("unavailable", error=f"{type(error).__name__}: {error}")
        return _problem(HTTPStatus.SERVICE_UNAVAILABLE, UNAVAILABLE, **{"Retry-After": "1"})
    answer: dict[str, Any] = {"data": found.data}
    if found.errors:
        answer["errors"] = [as_json(error) for error in found.errors]
    # What was not executed at all is the caller's mistake; what was refused within an answer is told within it.
    is_executed = found.data is not None or not found.errors or any(error.path for error in found.errors)
    return JsonResponse(answer, status=HTTPStatus.OK if is_executed else HTTPStatus.BAD_REQUEST, headers=_plain())


def _read(request: HttpRequest) -> dict[str, Any]:
    if request.method != "POST":
        raise BadRequestError(HTTPStatus.METHOD_NOT_ALLOWED, "Send a POST.", Allow="POST")
    if request.content_type != "application/json":
        raise BadRequestError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send `application/json`.")
    body = request.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise BadRequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"At most {MOST_BYTES} bytes are taken.")
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequestError(HTTPStatus.BAD_REQUEST, "The body is not JSON.") from None
    if not isinstance(asked, dict) or not isinstance(asked.get("query"), str) or set(asked) - KNOWN:
        raise BadRequestError(HTTPStatus.BAD_REQUEST, "Send one object with `query`, `variables` and `operationName`.")
    if not isinstance(asked.get("variables") or {}, dict) or not isinstance(asked.get("operationName") or "", str):
        raise BadRequestError(HTTPStatus.BAD_REQUEST, "`variables` is an object, and `operationName` a string.")
    return asked


def _access(request: HttpRequest) -> Access | None:
    given = request.headers.get("Authorization")
    if given is None:
        return None
    scheme, _, token = given.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise _unauthorized("The Authorization header must hold a Bearer token.")
    try:
        return Tokens(settings.TOKEN_SECRET_KEY).read_access(token)
    except TokenError as error:
        raise _unauthorized(f"The access token is not good: {error}.") from error


def _execute(asked: dict[str, Any], access: Access | None) -> ExecutionResult:
    with transaction.atomic():
        caller = begin(access.user_id if access else None, access.version if access else None)
        if caller is None:
            raise _unauthorized("The access token is no longer good.")
        try:
            return schema.execute_sync(
                asked["query"],
                variable_values=asked.get("variables"),
                operation_name=asked.get("operationName") or None,
                context_value=caller,
            )
        except (MissingQueryError, CannotGetOperationTypeError, InvalidOperationTypeError):
            raise BadRequestError(HTTPStatus.BAD_REQUEST, "There is no such operation in `query`.") from None
        except RecursionError:
            raise BadRequestError(HTTPStatus.BAD_REQUEST, "`query` is nested too deeply.") from None


def _unauthorized(detail: str) -> BadRequestError:
    return BadRequestError(HTTPStatus.UNAUTHORIZED, detail, **{"WWW-Authenticate": "Bearer"})


def _problem(status: HTTPStatus, detail: str, **headers: str) -> JsonResponse:
    """Answer as the API does, as RFC 9457 says."""
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    body = {
        "type": "about:blank",
        "title": phrase(status),
        "status": status,
        "detail": detail,
        "request_id": request_id,
    }
    return JsonResponse(body, status=status, headers=_plain() | headers, content_type="application/problem+json")


def _plain() -> dict[str, str]:
    return {"Cache-Control": "no-store"}
