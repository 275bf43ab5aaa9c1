"""What may each operation answer? Completes the OpenAPI document by the refusals that follow from an operation's form.

A route names the refusals that are its own (`responses=documented(409)`); who may not, what is not there, what is
malformed and what is away can be read from its parameters, its body and who may use it.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from api.http.problems import MEDIA_TYPE, Problem
from api.shared.statuses import component_name, phrase

ANYONE = "anyone"  # the scope of what takes a token and does not need one
KEY = "Idempotency-Key"
HEADERS = {
    401: {"WWW-Authenticate": "`Bearer`: what would be taken."},
    429: {"Retry-After": "After so many seconds it may be tried again."},
    503: {"Retry-After": "After so many seconds it may be tried again."},
}


REFUSALS = (400, 401, 403, 404, 409, 410, 413, 415, 422, 429, 503)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe refusals for the OpenAPI document, each an RFC 9457 problem."""
    return {status: {"description": phrase(status)} for status in statuses}


def _reference(status: int) -> dict[str, Any]:
    return {"$ref": f"#/components/responses/{component_name(status)}"}


def _refusal(status: int) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    described: dict[str, Any] = {"description": phrase(status), "content": content}
    headers = HEADERS.get(status, {})
    if headers:
        described["headers"] = {
            name: {"description": text, "schema": {"type": "string"}} for name, text in headers.items()
        }
    return described


def operation_id(route: APIRoute) -> str:
    """Name an operation by its function: clients that are made from the document call it that, wherever it moves."""
    return route.name


class DocumentedAPI(FastAPI):
    """FastAPI with a complete document."""

    def openapi(self) -> dict[str, Any]:
        """Return the document; it is made once."""
        if self.openapi_schema is None:
            document = super().openapi()
            document["components"]["schemas"]["Problem"] = Problem.model_json_schema()
            document["components"]["responses"] = {component_name(status): _refusal(status) for status in REFUSALS}
            for path, operations in document["paths"].items():
                for operation in operations.values():
                    _complete(operation, path)
        return self.openapi_schema or {}


def _complete(operation: dict[str, Any], path: str) -> None:
    answers = operation["responses"]
    answers.pop("default", None)  # it kept FastAPI from describing 422 as it does by itself
    own = {int(status) for status, answer in answers.items() if int(status) in REFUSALS and "content" not in answer}
    for status in own | _implied(operation, path):
        if "content" not in answers.get(str(status), {}):  # the probes have a 503 of their own
            answers[str(status)] = _reference(status)
    operation["responses"] = dict(sorted(answers.items()))
    who = operation.get("security", ())
    if any(ANYONE in scopes for one in who for scopes in one.values()):
        operation["security"] = [{}, *({name: [] for name in one} for one in who)]


def _implied(operation: dict[str, Any], path: str) -> set[int]:
    parameters = {(one["in"], one["name"]) for one in operation.get("parameters", ())}
    takes_key = ("header", KEY) in parameters
    statuses = {503}
    if parameters or "requestBody" in operation:
        statuses |= {422}
    if "requestBody" in operation or takes_key:
        statuses |= {413}
    if "application/json" in operation.get("requestBody", {}).get("content", {}):
        statuses |= {400}
    if takes_key:
        statuses |= {409}
    if "{" in path:
        statuses |= {404}
    if "security" in operation:
        statuses |= {401, 403} if ("path", "slug") in parameters else {401}
    return statuses
