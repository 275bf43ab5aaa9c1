"""How does a person leave an organization? Their places go to who waits, and they are told once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

from api.people import sql
from api.people.rights import check_another_owner, lock_ownership, lock_person
from api.tenancy import Role

if TYPE_CHECKING:
    from api.tenancy import Transaction


async def remove(tx: Transaction, person_id: int) -> None:
    """Remove a person and all of their sign-ups."""
    if tx.role is Role.OWNER:
        await lock_ownership(tx)
    person = await lock_person(tx, person_id)
    if person["role"] == Role.OWNER:
        await check_another_owner(tx, person_id)
    sign_ups = await tx.rows(sql.SIGN_UPS, person_id=person_id)
    upcoming = [one for one in sign_ups if one["is_upcoming"]]
    await tx.run(sql.CANCEL, sign_up_ids=[one["id"] for one in upcoming])
    await tx.run(sql.REMOVE, person_id=person_id)
    past = [one["shift_id"] for one in sign_ups if not one["is_upcoming"]]
    await tx.run(sql.SETTLE, shift_ids=past)
    if upcoming and person["is_confirmed"]:
        await tx.run(sql.TELL_REMOVED, payload=Jsonb(_removed(person, upcoming)))
        tx.tell()


def _removed(person: dict[str, Any], sign_ups: list[dict[str, Any]]) -> dict[str, Any]:
    shifts = [
        {
            "event_title": one["event_title"],
            "shift_title": one["shift_title"],
            "starts_at": one["starts_at"].isoformat(),
        }
        for one in sign_ups
    ]
    return {"email": person["email"], "name": person["name"], "shifts": shifts}
