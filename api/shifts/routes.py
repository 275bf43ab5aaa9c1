"""How are shifts added to an event, changed and taken away?"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException, Response

from api.events import sql as events_sql
from api.events.models import MOST_SHIFTS
from api.events.times import Span, faults_of_shift, refuse
from api.events.transitions import IS_FINAL
from api.http.pages import Id
from api.http.responses import documented
from api.idempotency import Once
from api.shifts import models, sql
from api.tenancy import Coordinator, Transaction

router = APIRouter(tags=["shifts"])


@router.post("/organizations/{slug}/events/{event_id}/shifts", status_code=201, response_model=models.Shift)
async def add_shift(scope: Coordinator, once: Once, event_id: Id, body: models.ShiftIn) -> Response:
    """Add a shift to an event that is not cancelled."""
    async with scope.begin() as tx:
        return await once.do(tx, 201, lambda: _add(tx, event_id, body))


async def _add(tx: Transaction, event_id: int, body: models.ShiftIn) -> dict[str, Any]:
    event = await tx.one(events_sql.LOCKED, event_id=event_id)
    _refuse_cancelled(event)
    refuse(faults_of_shift(body, Span(event["starts_at"], event["ends_at"])))
    shifts = await tx.one(events_sql.SPAN_OF_SHIFTS, event_id=event_id)
    if shifts["number"] >= MOST_SHIFTS:
        raise HTTPException(409, f"An event has {MOST_SHIFTS} shifts at most.")
    columns = {"titles": [body.title], "starts": [body.starts_at], "ends": [body.ends_at]}
    added = await tx.one(sql.ADD, event_id=event_id, capacities=[body.capacity], **columns)
    await tx.run(sql.COUNT_EVENT, event_id=event_id)
    return await tx.one(sql.SHIFT, shift_id=added["id"])


@router.patch("/organizations/{slug}/shifts/{shift_id}", response_model=models.Shift, responses=documented(409))
async def change_shift(scope: Coordinator, shift_id: Id, body: models.ShiftChange) -> dict[str, Any]:
    """Change a shift. More places go to those who wait; with fewer places than taken ones, nobody is thrown out."""
    async with scope.begin() as tx:
        event = await tx.one(sql.EVENT_OF_SHIFT_LOCKED, shift_id=shift_id)
        _refuse_cancelled(event)
        old = await tx.one(sql.SHIFT, shift_id=shift_id)
        if body.starts_at or body.ends_at:
            new = Span(body.starts_at or old["starts_at"], body.ends_at or old["ends_at"])
            refuse(faults_of_shift(new, Span(event["starts_at"], event["ends_at"])))
        await tx.run(sql.CHANGE, shift_id=shift_id, **body.model_dump())
        if (await tx.one(sql.SETTLE, shift_id=shift_id))["promoted"]:
            tx.tell()
        return await tx.one(sql.SHIFT, shift_id=shift_id)


@router.delete("/organizations/{slug}/shifts/{shift_id}", status_code=204, responses=documented(409))
async def delete_shift(scope: Coordinator, shift_id: Id) -> None:
    """Delete a shift that nobody is signed up for; a published event keeps one."""
    async with scope.begin() as tx:
        event = await tx.one(sql.EVENT_OF_SHIFT_LOCKED, shift_id=shift_id)
        _refuse_cancelled(event)
        use = await tx.one(sql.IN_USE, shift_id=shift_id, event_id=event["id"])
        if use["has_sign_ups"]:
            raise HTTPException(409, "People are signed up for this shift.")
        if event["state"] == "published" and use["shifts"] == 1:
            raise HTTPException(409, "A published event keeps at least one shift.")
        await tx.run(sql.DELETE, shift_id=shift_id)
        await tx.run(sql.COUNT_EVENT, event_id=event["id"])


def _refuse_cancelled(event: dict[str, Any]) -> None:
    if event["state"] == "cancelled":
        raise HTTPException(409, IS_FINAL)
