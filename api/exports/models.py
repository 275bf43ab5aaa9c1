"""What does one see of an export?"""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from api.http.pages import Page


class Export(BaseModel):
    """A file of the organization's people: ready, failed, or neither yet. It is kept for a day."""

    id: int
    created_at: datetime
    ready_at: datetime | None
    rows: int | None
    error: str | None


class Exports(Page[Export]):
    """The newest first."""
