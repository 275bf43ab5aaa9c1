"""What is said of an event, and what may be asked of it?"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from api.fields import Line, Moment, Text
from api.shifts.models import EXAMPLE as SHIFT
from api.shifts.models import Shift, ShiftIn

State = Literal["draft", "published", "cancelled"]
Location = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
MOST_SHIFTS = 50
EXAMPLE: Final[dict[str, JsonValue]] = {
    "title": "Beach clean-up",
    "location": "North harbour",
    "starts_at": "2030-05-04T08:00:00Z",
    "ends_at": "2030-05-04T16:00:00Z",
    "state": "published",
    "shifts": [SHIFT],
}


class EventIn(BaseModel):
    """A new event with its shifts; a draft may have none yet."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    title: Line
    description: Text = ""
    location: Location = ""
    starts_at: Moment
    ends_at: Moment
    state: Literal["draft", "published"] = "draft"
    shifts: Annotated[list[ShiftIn], Field(max_length=MOST_SHIFTS)] = []


class EventChange(BaseModel):
    """What is to be different; what is absent or null stays.

    An event that is moved as a whole, start and end by the same time, takes its shifts along.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"state": "published"}]})

    title: Line | None = None
    description: Text | None = None
    location: Location | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    state: State | None = None


class EventCard(BaseModel):
    """An event in a list that everyone may see."""

    id: int
    title: str
    location: str
    starts_at: datetime
    ends_at: datetime
    organization: str
    organization_slug: str
    capacity: int
    taken: int
    free: int


class EventCards(BaseModel):
    """Upcoming events, the next one first; `next` is the cursor of the page after this one."""

    items: list[EventCard]
    next: str | None


class Event(EventCard):
    """An event with all that is known of it."""

    description: str
    state: State
    shifts: list[Shift]


class OverviewEvent(BaseModel):
    """An event as its coordinators look at it: who is needed where, and who waits."""

    id: int
    title: str
    location: str
    starts_at: datetime
    ends_at: datetime
    state: State
    capacity: int
    taken: int
    free: int
    waiting: int
    shifts: list[Shift]


class Overview(BaseModel):
    """An organization's events in every state; `next` is the cursor of the page after this one."""

    items: list[OverviewEvent]
    next: str | None
