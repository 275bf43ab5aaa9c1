"""How is a long list given? A page at a time, each with the cursor of the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Path, Query
from pydantic import BaseModel

from api.http.cursors import LONGEST, encode

T = TypeVar("T")
Id = Annotated[int, Path(ge=1, le=2**63 - 1)]
Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=LONGEST, description="`next` of the page before.")]


class Page(BaseModel, Generic[T]):
    """Some of a list; `next` is the cursor of what comes after, none at the end."""

    items: list[T]
    next: str | None


def page(rows: Sequence[dict[str, Any]], limit: int, *, by: Sequence[str]) -> dict[str, Any]:
    """Build a page of rows of which one more was read than fits; `by` are the columns that they are sorted by."""
    shown = rows[:limit]
    return {"items": shown, "next": encode([shown[-1][name] for name in by]) if len(rows) > limit else None}
