"""Who comes to an event? What coordinators see and do about the sign-ups of others."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Response

from api.http.cursors import decode
from api.http.pages import Cursor, Id, Limit, page
from api.http.responses import documented
from api.idempotency import Once
from api.sign_ups import sql
from api.sign_ups.models import Attendance, MemberSignUpIn, Roster, RosterEntry, SignedUp
from api.sign_ups.placement import place
from api.tenancy import Coordinator, Transaction

router = APIRouter(prefix="/organizations/{slug}")
OfShift = Annotated[int | None, Query(ge=1, le=2**63 - 1)]


@router.get("/events/{event_id}/sign-ups", response_model=Roster)
async def list_sign_ups(
    scope: Coordinator, event_id: Id, shift_id: OfShift = None, limit: Limit = 50, cursor: Cursor = None
) -> dict[str, Any]:
    """List who has a place in an event's shifts, and who waits."""
    after_shift, after_time, after_id = decode(cursor, (int, datetime, int))
    after = {"after_shift": after_shift, "after_time": after_time, "after_id": after_id}
    async with scope.begin() as tx:
        await tx.one(sql.EVENT, event_id=event_id)
        rows = await tx.rows(sql.ROSTER, event_id=event_id, shift_id=shift_id, limit=limit + 1, **after)
    return page(rows, limit, by=("shift_id", "created_at", "id"))


@router.post("/shifts/{shift_id}/sign-ups", status_code=201, response_model=SignedUp)
async def sign_person_up(scope: Coordinator, once: Once, shift_id: Id, body: MemberSignUpIn) -> Response:
    """Sign a person of the organization up; who is already in gets the sign-up that they have."""
    async with scope.begin() as tx:
        return await once.do(tx, 201, lambda: _sign_up(tx, shift_id, body.member_id))


async def _sign_up(tx: Transaction, shift_id: int, person_id: int) -> SignedUp:
    return SignedUp.model_validate(await place(tx, shift_id, person_id))


@router.delete("/sign-ups/{sign_up_id}", status_code=204, responses=documented(409))
async def cancel_sign_up_of_person(scope: Coordinator, sign_up_id: Id) -> None:
    """Cancel somebody's sign-up; of a shift that is over, who came and who did not stays as it was."""
    async with scope.begin() as tx:
        found = await tx.one(sql.SIGN_UP_IN_SHIFT, sign_up_id=sign_up_id)
        if found["is_over"] and found["state"] != "cancelled":
            raise HTTPException(409, "The shift is over: mark whether the person came instead.")
        await tx.run(sql.CANCEL, sign_up_id=sign_up_id)
        tx.tell()


@router.put("/sign-ups/{sign_up_id}/attendance", response_model=RosterEntry, responses=documented(409))
async def mark_attendance(scope: Coordinator, sign_up_id: Id, body: Attendance) -> dict[str, Any]:
    """Mark whether somebody came."""
    async with scope.begin() as tx:
        marked = await tx.row(sql.MARK, sign_up_id=sign_up_id, attended=body.attended)
        if marked is None:
            await tx.one(sql.SIGN_UP_IN_SHIFT, sign_up_id=sign_up_id)
            raise HTTPException(409, "Only who has a place can be marked.")
        return marked
