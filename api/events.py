"""Which events are there? The public reads of the sign-up application."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query
from pydantic import BaseModel

from api import queries
from api.database import fetch
from api.dependencies import Pool

router = APIRouter(tags=["events"])
EventId = Annotated[int, Path(ge=1, le=2**63 - 1)]


class Event(BaseModel):
    """An event as the public sees it."""

    id: int
    title: str
    description: str
    starts_at: datetime
    ends_at: datetime
    location: str
    organization: str
    organization_slug: str
    places: int
    signed_up: int
    free_places: int


class EventList(BaseModel):
    """Upcoming events, the next one first."""

    events: list[Event]


@router.get("/events")
async def list_events(pool: Pool, limit: Annotated[int, Query(ge=1, le=100)] = 50) -> EventList:
    """List the events of all organizations that are not over."""
    return EventList.model_validate({"events": await fetch(pool, queries.UPCOMING_EVENTS, limit)})


@router.get("/events/{event_id}")
async def read_event(event_id: EventId, pool: Pool) -> Event:
    """Read one event, also a past one."""
    rows = await fetch(pool, queries.EVENT_BY_ID, event_id)
    if not rows:
        raise HTTPException(404, "There is no such event.")
    return Event.model_validate(rows[0])
