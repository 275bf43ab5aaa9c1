"""How is a recount asked for, and what came of it? The one job the public API starts."""

from __future__ import annotations

import uuid
from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel

from api import queries
from api.database import fetch
from api.dependencies import Pool, Recounts
from api.events import EventId

router = APIRouter(tags=["recounts"])


class Queued(BaseModel):
    """A task that will run."""

    task_id: str


class Task(BaseModel):
    """A task and what it returned: {event_id, signed_up, places} of a recount."""

    task_id: str
    state: str
    result: dict[str, Any] | None


@router.post("/events/{event_id}/recount", status_code=202)
async def recount_event(event_id: EventId, pool: Pool, recounts: Recounts) -> Queued:
    """Have the sign-ups of an event counted again; asked twice within seconds, it is the same task."""
    if not await fetch(pool, queries.EVENT_EXISTS, event_id):
        raise HTTPException(404, "There is no such event.")
    return Queued(task_id=await recounts.put(event_id))


@router.get("/tasks/{task_id}")
async def read_task(task_id: uuid.UUID, recounts: Recounts) -> Task:
    """Read the state and the result of a task, for an hour after it ran."""
    seen = await recounts.state(task_id)
    if seen is None:
        raise HTTPException(404, "There is no such task, or it is long over.")
    return Task(task_id=seen.task_id, state=seen.state, result=seen.result)
