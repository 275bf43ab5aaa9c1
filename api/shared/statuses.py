"""The words for HTTP's status codes, the same on every Python."""

from __future__ import annotations

from http import HTTPStatus

# Python 3.13 took RFC 9110's new words for these. Ours stand in the OpenAPI document and in answers: they stay.
_KEPT = {413: "Request Entity Too Large", 422: "Unprocessable Entity"}


def phrase(status: int) -> str:
    """Return what a status is called, such as `Not Found`; ValueError for a number that is none."""
    return _KEPT.get(status) or HTTPStatus(status).phrase


def component_name(status: int) -> str:
    """Return what a status is called in the OpenAPI document, such as `NotFound`."""
    return phrase(status).title().replace(" ", "").replace("-", "")
