"""How do coordinators invite, and take an invitation back?"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter, HTTPException, Response

from api.http.cursors import decode
from api.http.pages import Cursor, Id, Limit, page
from api.http.rate_limit import RateLimit
from api.http.responses import documented
from api.idempotency import Once
from api.invitations import quota, sql
from api.invitations.models import Invitation, InvitationIn, Invitations
from api.tenancy import Coordinator, Role, Transaction

router = APIRouter(prefix="/organizations/{slug}/invitations")
OF_ONE_ORGANIZATION = RateLimit("invitations", most=200, window_s=3600)
RANK = (Role.OWNER, Role.COORDINATOR, Role.VOLUNTEER)


@router.get("", response_model=Invitations)
async def list_invitations(scope: Coordinator, limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
    """List who was invited, the newest first."""
    after_time, after_id = decode(cursor, (datetime, int))
    async with scope.begin() as tx:
        rows = await tx.rows(sql.INVITATIONS, after_time=after_time, after_id=after_id, limit=limit + 1)
    return page(rows, limit, by=("created_at", "id"))


@router.post("", status_code=201, response_model=Invitation, responses=documented(429))
async def invite(scope: Coordinator, once: Once, body: InvitationIn) -> Response:
    """Invite somebody by mail; the link is good for a week. Only owners make owners and coordinators."""
    async with scope.begin() as tx:
        _check_may_give(tx, body.role)
        await OF_ONE_ORGANIZATION.count(scope.opened.redis, str(tx.organization_id))
        return await once.do(tx, 201, lambda: _invite(tx, body))


async def _invite(tx: Transaction, body: InvitationIn) -> Invitation:
    member = await tx.row(sql.MEMBER_WITH_ACCOUNT, email=body.email)
    if member is not None and RANK.index(member["role"]) <= RANK.index(body.role):
        raise HTTPException(409, "This person has that role here already.")
    await quota.take(tx, 1)
    await tx.run(sql.CLOSE_EXPIRED, email=body.email)
    made = await tx.row(sql.INVITE, email=body.email, role=body.role)
    if made is None:
        raise HTTPException(409, "This address is invited already: revoke that invitation first.")
    tx.tell()
    return Invitation.model_validate(await tx.one(sql.INVITATION, invitation_id=made["id"]))


def _check_may_give(tx: Transaction, role: str) -> None:
    if role != Role.VOLUNTEER and tx.role is not Role.OWNER:
        raise HTTPException(403, "Only an owner may invite owners and coordinators.")


@router.delete("/{invitation_id}", status_code=204, responses=documented(409))
async def revoke_invitation(scope: Coordinator, invitation_id: Id) -> None:
    """Take an invitation back: its link is no longer good."""
    async with scope.begin() as tx:
        invitation = await tx.one(sql.LOCK_INVITATION, invitation_id=invitation_id)
        _check_may_give(tx, invitation["role"])
        if invitation["state"] == "accepted":
            raise HTTPException(409, "This invitation was accepted: change the person's role instead.")
        await tx.run(sql.REVOKE, invitation_id=invitation_id)
