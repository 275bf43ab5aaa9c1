"""Who may change whom? Coordinators look after volunteers and themselves, owners after everybody; one owner stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import HTTPException

from api.people import sql
from api.tenancy import Role

if TYPE_CHECKING:
    from api.tenancy import Transaction


async def lock_person(tx: Transaction, person_id: int) -> dict[str, Any]:
    """Lock somebody whom the caller may change, and return them; raises 404 and 403."""
    person = await tx.one(sql.LOCK_PERSON, person_id=person_id)
    if tx.role is not Role.OWNER and person["role"] != Role.VOLUNTEER and person_id != tx.member_id:
        raise HTTPException(403, "Only an owner may change owners and coordinators.")
    return person


async def lock_ownership(tx: Transaction) -> None:
    """Begin a change of roles: one at a time, by who is an owner still. Raises 403."""
    if tx.role is not Role.OWNER:
        raise HTTPException(403, "Only an owner may change roles.")
    await tx.run(sql.LOCK_OWNERSHIP)
    mine = await tx.row(sql.MY_ROLE)
    if mine is None or mine["role"] != Role.OWNER:
        raise HTTPException(403, "You are no longer an owner.")


async def check_another_owner(tx: Transaction, person_id: int) -> None:
    """Raise 409 when without this owner there would be none who can log in."""
    others = await tx.one(sql.OTHER_OWNERS, person_id=person_id)
    if others["count"] == 0:
        raise HTTPException(409, "An organization needs an owner with an account: make somebody else one first.")
