"""How does GraphQL say no? With a code that programs read and a sentence that people read; never with a stack trace."""

from __future__ import annotations

from typing import Any

import structlog
from django.core.exceptions import ValidationError
from django.db import DataError, InterfaceError, OperationalError
from graphql import GraphQLError

from api.shared.again import failed

UNAVAILABLE = "The data store does not answer; try again."
log = structlog.stdlib.get_logger("slipway.graphql")


class RefusedError(GraphQLError):
    """The caller may not, or asked for what is not there."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message, extensions={"code": code})


def not_found() -> RefusedError:
    """Build the answer to what is not there and to what the caller may not know of: the same."""
    return RefusedError("NOT_FOUND", "There is no such thing, or it is not for you to see.")


def bad_input(message: str) -> RefusedError:
    """Build the answer to a value that cannot be right."""
    return RefusedError("BAD_INPUT", message)


def as_json(error: GraphQLError) -> dict[str, Any]:
    """Return what the caller is told; what nobody foresaw goes to the log alone."""
    cause = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    failed(cause)
    told: dict[str, Any] = {**error.formatted}
    if isinstance(cause, ValidationError):
        return told | {"message": " ".join(cause.messages), "extensions": {"code": "BAD_INPUT"}}
    if isinstance(cause, DataError):
        return told | {"message": "A value cannot be stored.", "extensions": {"code": "BAD_INPUT"}}
    if isinstance(cause, OperationalError | InterfaceError):
        log.warning("unavailable", error=f"{type(cause).__name__}: {cause}")
        return told | {"message": UNAVAILABLE, "extensions": {"code": "UNAVAILABLE"}}
    if cause is not None and not isinstance(cause, GraphQLError):
        log.error("field failed", path=error.path, exc_info=cause)
        return told | {"message": "Something went wrong.", "extensions": {"code": "INTERNAL"}}
    return told if "extensions" in told else told | {"extensions": {"code": "BAD_REQUEST"}}
