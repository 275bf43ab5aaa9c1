"""What may become of an event, and what follows from it?"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fastapi import HTTPException

from api.events import models, sql, times

if TYPE_CHECKING:
    from api.tenancy import Transaction

IS_FINAL = "This event is cancelled; that is final."
NEEDS_A_SHIFT = "An event needs a shift before it is published."


def refusal(old: str, new: str, *, shifts: int, sign_ups: int, are_over: bool) -> str | None:
    """Return why an event in the state `old` may not get the state `new`, or None when it may.

    `are_over`: all of its shifts are.
    """
    becomes = new if new != old else None
    rules = (
        (old == "cancelled", IS_FINAL),
        (becomes == "published" and not shifts, NEEDS_A_SHIFT),
        (becomes == "published" and are_over, "All shifts are over: nobody could sign up."),
        (becomes == "cancelled" and old == "draft", "A draft is deleted, not cancelled: nobody has seen it."),
        (becomes == "draft" and sign_ups > 0, "People have signed up: this event cannot be a draft again."),
    )
    return next((why for is_broken, why in rules if is_broken), None)


async def change(tx: Transaction, event_id: int, body: models.EventChange) -> None:
    """Change an event behind its lock. Raises 404, 409 when its state forbids it, 422 when its times do not fit."""
    event = await tx.one(sql.LOCKED, event_id=event_id)
    if event["state"] == "cancelled":
        raise HTTPException(409, IS_FINAL)
    shifts = await tx.one(sql.SPAN_OF_SHIFTS, event_id=event_id)
    old = times.Span(event["starts_at"], event["ends_at"])
    new = times.Span(body.starts_at or old.starts_at, body.ends_at or old.ends_at)
    if new != old:
        shifts = await _move(tx, event_id, (old, new), shifts)
    state = body.state or event["state"]
    are_over = shifts["number"] > 0 and shifts["ends_at"] <= datetime.now(UTC)
    counts = {"shifts": shifts["number"], "sign_ups": shifts["sign_ups"]}
    why = refusal(event["state"], state, **counts, are_over=are_over)
    if why is not None:
        raise HTTPException(409, why)
    await tx.run(sql.CHANGE, event_id=event_id, **body.model_dump())
    await _follow(tx, event_id, is_cancelled=state == "cancelled")


async def _move(
    tx: Transaction, event_id: int, spans: tuple[times.Span, times.Span], shifts: dict[str, Any]
) -> dict[str, Any]:
    old, new = spans
    by = times.shift_by(old, new)
    if by and shifts["number"]:
        times.refuse(times.faults_of_event(new))
        await tx.run(sql.MOVE_SHIFTS, event_id=event_id, by=by)
        return {**shifts, "starts_at": shifts["starts_at"] + by, "ends_at": shifts["ends_at"] + by}
    span = times.Span(shifts["starts_at"], shifts["ends_at"]) if shifts["number"] else None
    times.refuse(times.faults_of_move(new, span))
    return shifts


async def _follow(tx: Transaction, event_id: int, *, is_cancelled: bool) -> None:
    if is_cancelled:
        told = await tx.run(sql.TELL_CANCELLED, event_id=event_id)
    else:
        told = (await tx.one(sql.SETTLE, event_id=event_id))["promoted"]
    if told:
        tx.tell()
