"""What happens when somebody opens the link of an invitation, and accepts?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import HTTPException

from api.auth import sql as auth_sql
from api.auth.sessions import hash_of
from api.invitations import sql
from api.tenancy import Role

if TYPE_CHECKING:
    from api.tenancy import Transaction

GONE = {
    "accepted": "This invitation was accepted before.",
    "revoked": "This invitation was taken back.",
    "expired": "This invitation has run out: ask for another one.",
}


async def held_invitation(tx: Transaction, token: str) -> dict[str, Any]:
    """Enter the organization of a link and lock its invitation. Raises 404 for no link of ours, 410 for a past one."""
    token_hash = hash_of(token)
    found = await tx.one(sql.ORGANIZATION_OF_LINK, token_hash=token_hash)
    if found["organization_id"] is None:
        raise HTTPException(404, "There is no such invitation.")
    await tx.enter(found["organization_id"])
    invitation = await tx.one(sql.HELD, token_hash=token_hash)
    if invitation["state"] in GONE:
        raise HTTPException(410, GONE[invitation["state"]])
    return {**invitation, **await tx.one(sql.ORGANIZATION)}


async def has_account(tx: Transaction, email: str) -> bool:
    """Ask whether somebody can log in by this address; only who holds a link to it may know."""
    account = await tx.row(sql.ACCOUNT, email=email)
    return account is not None and account["is_real"]


async def is_mine(tx: Transaction, email: str) -> bool:
    """Ask whether who is signed in is who was invited."""
    account = await tx.row(sql.ACCOUNT, email=email)
    return account is not None and account["id"] == tx.user_id


async def make_account(tx: Transaction, *, email: str, name: str, password_hash: str) -> dict[str, Any]:
    """Make the account that the link proves, {id, token_version}, with all that was done under its address."""
    made = await tx.row(sql.MAKE_ACCOUNT, email=email, name=name, password=password_hash)
    if made is None:
        raise HTTPException(409, "Somebody made an account with this address a moment ago: sign in.")
    await tx.run(sql.CONFIRM, account_id=made["id"])
    await tx.run(auth_sql.LINK_MEMBERS, user_id=made["id"])
    return made


async def join(tx: Transaction, invitation: dict[str, Any], account_id: int) -> None:
    """Give the account its role; who has a higher one keeps it. The invitation is used up."""
    role = invitation["role"]
    member = await tx.row(sql.MEMBER, account_id=account_id, email=invitation["email"])
    if member is not None:
        await confirm(tx, member["id"])
        await tx.run(sql.RAISE_ROLE, account_id=account_id, role=role, person_id=member["id"])
    elif not await tx.run(sql.JOIN, account_id=account_id, role=role):
        raise HTTPException(409, "In this organization that address belongs to another account.")
    await tx.run(sql.ACCEPTED, invitation_id=invitation["id"])


async def confirm(tx: Transaction, person_id: int) -> None:
    """Note that somebody said yes; who did not before is told now what they were signed up for."""
    confirmed = await tx.row(sql.CONFIRM_PERSON, person_id=person_id)
    if confirmed is not None and confirmed["is_new"]:
        tx.tell()


async def listed(tx: Transaction, invitation: dict[str, Any]) -> int | None:
    """Return whom the organization has written down under the invited address, when that person needs no account."""
    person = await tx.row(sql.LISTED, email=invitation["email"])
    return person["id"] if person is not None and invitation["role"] == Role.VOLUNTEER else None
