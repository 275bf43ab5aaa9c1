"""How does a person get into a shift, and out of it again?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
from fastapi import HTTPException

from api.sign_ups import sql

if TYPE_CHECKING:
    from api.tenancy import Transaction

# What the database's functions raise.
REFUSALS = {
    "SU001": (409, "This shift takes no sign-ups: it is over, or the event is not open."),
    "SU002": (404, "There is no such person in this organization."),
}


async def place(tx: Transaction, shift_id: int, person_id: int) -> dict[str, Any]:
    """Sign a person up: {id, state, place, is_new}. Raises 404 without person or shift, 409 when it takes nobody."""
    await tx.one(sql.KEEP_PERSON, person_id=person_id)
    try:
        done = await tx.one(sql.SIGN_UP, shift_id=shift_id, person_id=person_id)
    except psycopg.DatabaseError as error:
        if error.sqlstate not in REFUSALS:
            raise
        raise HTTPException(*REFUSALS[error.sqlstate]) from error
    tx.tell()
    return done


async def cancel(tx: Transaction, sign_up_id: int) -> None:
    """Cancel for the person themselves, as long as the shift has not begun; twice is once."""
    found = await tx.one(sql.MANAGED, sign_up_id=sign_up_id)
    if found["state"] == "cancelled":
        return
    if not found["can_cancel"]:
        raise HTTPException(409, "It is too late: the shift has begun, or the event is cancelled.")
    await tx.run(sql.CANCEL, sign_up_id=sign_up_id)
    tx.tell()
