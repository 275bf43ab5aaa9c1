"""What is asked, and how is it answered?"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import urlencode

from rehearsal.cloud.faults import NO_FAULT, Fault

Body: TypeAlias = dict[str, Any]
MOST_PER_PAGE = 200


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request: `named` are the parts of the path that its route names."""

    method: str
    path: str
    named: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    base: str = ""
    fault: Fault = NO_FAULT


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One answer; without a body there is no content."""

    status: int
    body: Body | None = None
    retry_after: str = ""


class ApiError(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, code: str, message: str, *, retry_after: str = "") -> None:
        super().__init__(message)
        body = {"id": code, "message": message, "request_id": str(uuid.uuid4())}
        self.reply = Reply(status=status, body=body, retry_after=retry_after)


def not_found() -> ApiError:
    """Build the 404."""
    return ApiError(404, "not_found", "The resource you requested could not be found.")


def unprocessable(message: str) -> ApiError:
    """Build the 422."""
    return ApiError(422, "unprocessable_entity", message)


_BY_STATUS = {
    400: ("bad_request", "The request could not be understood."),
    401: ("unauthorized", "Unable to authenticate you."),
    403: ("forbidden", "You are not authorized to perform this operation"),
    404: ("not_found", "The resource you requested could not be found."),
    409: ("conflict", "The request could not be completed due to a conflict."),
    422: ("unprocessable_entity", "The request was well-formed but could not be followed."),
    429: ("too_many_requests", "API Rate limit exceeded."),
    500: ("server_error", "Unexpected server-side error"),
    503: ("service_unavailable", "Service Unavailable"),
}


def error(status: int, *, retry_after: str = "") -> ApiError:
    """Build the usual error of a status."""
    return ApiError(status, *_BY_STATUS.get(status, ("server_error", "Server Error.")), retry_after=retry_after)


def text(request: Request, name: str) -> str:
    """Return a text of the request's body; empty when it is not there."""
    value = request.body.get(name, "")
    if not isinstance(value, str):
        raise unprocessable(f"{name} must be a string")
    return value


def listing(request: Request, key: str, items: Sequence[Body]) -> Reply:
    """Answer with one page of a list, and with links to the other pages."""
    page, size = _number(request, "page", 1), min(_number(request, "per_page", 20), MOST_PER_PAGE)
    last = max(1, -(-len(items) // size))
    pages: dict[str, str] = {}
    if page > 1:
        pages |= {"first": _link(request, 1), "prev": _link(request, page - 1)}
    if page < last:
        pages |= {"next": _link(request, page + 1), "last": _link(request, last)}
    links = {"pages": pages} if pages else {}
    shown = list(items[(page - 1) * size : page * size])
    return Reply(status=200, body={key: shown, "links": links, "meta": {"total": len(items)}})


def _number(request: Request, name: str, default: int) -> int:
    value = request.query.get(name, str(default))
    if not value.isdigit() or int(value) < 1:
        raise unprocessable(f"{name} must be a positive number")
    return int(value)


def _link(request: Request, page: int) -> str:
    return f"{request.base}{request.path}?{urlencode({**request.query, 'page': page})}"


Handler: TypeAlias = Callable[[Any, Request], Reply]
