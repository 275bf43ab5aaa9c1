"""In which words does the pretended API of the coordinators' pages hear and answer?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.integration.front_end.manage_data import Item

Answer = tuple[int, Any]


@dataclass
class Request:
    """The numbers in the path, the query and the body."""

    numbers: list[int]
    query: dict[str, str]
    body: Any


def problem(status: int, detail: str | None, errors: list[Item] | None = None) -> Answer:
    """Build a problem as RFC 9457 has it."""
    return status, {"type": "about:blank", "title": "Problem", "status": status, "detail": detail, "errors": errors}


def listed(items: list[Item]) -> Answer:
    """Build a list that has one page."""
    return 200, {"items": items, "next": None}
