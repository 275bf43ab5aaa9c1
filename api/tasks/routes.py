"""Do tasks get done? Anyone may ask for one that is harmless, and see what became of it: a verification does."""

from __future__ import annotations

import uuid

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel

from api.dependencies import Opened

router = APIRouter(tags=["tasks"])


class Queued(BaseModel):
    """A task that will run."""

    task_id: str


class Task(BaseModel):
    """A task: PENDING, STARTED, RETRY, SUCCESS or FAILURE."""

    task_id: str
    state: str


@router.post("/tasks", status_code=202)
async def queue_delivery(opened: Opened) -> Queued:
    """Have the worker look whether there is mail to send; whoever asks within seconds gets the same task."""
    return Queued(task_id=await opened.tasks.put())


@router.get("/tasks/{task_id}")
async def read_task(task_id: uuid.UUID, opened: Opened) -> Task:
    """Read the state of a task that was queued here, for an hour after it ran."""
    seen = await opened.tasks.state(task_id)
    if seen is None:
        raise HTTPException(404, "There is no such task, or it is long over.")
    return Task(task_id=seen.task_id, state=seen.state)
