"""What is said of a shift, and what may be asked of it?"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from api.fields import Line, Moment

Capacity = Annotated[int, Field(ge=1, le=10_000, strict=True)]
EXAMPLE: Final[dict[str, JsonValue]] = {
    "title": "Morning",
    "starts_at": "2030-05-04T08:00:00Z",
    "ends_at": "2030-05-04T12:00:00Z",
    "capacity": 12,
}


class ShiftIn(BaseModel):
    """A new shift, within the times of its event."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    title: Line
    starts_at: Moment
    ends_at: Moment
    capacity: Capacity


class ShiftChange(BaseModel):
    """What is to be different; what is absent or null stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"capacity": 15}]})

    title: Line | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    capacity: Capacity | None = None


class Shift(BaseModel):
    """A shift as everyone may see it; `waiting` counts who comes when a place frees."""

    id: int
    title: str
    starts_at: datetime
    ends_at: datetime
    capacity: int
    taken: int
    free: int
    waiting: int
