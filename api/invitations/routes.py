"""How does somebody who was invited accept?"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException, Request

from api.auth import passwords
from api.auth.routes import Starter
from api.auth.sessions import refuse_other_sites
from api.http.cursors import invalid
from api.http.responses import documented
from api.invitations import inviting, sql
from api.invitations.accepting import confirm, has_account, held_invitation, is_mine, join, listed, make_account
from api.invitations.models import Acceptance, InvitationLink, InvitationRead, Joined, JoinedAnew
from api.tenancy import Anyone, Scope, unauthorized

router = APIRouter(tags=["invitations"])
router.include_router(inviting.router)


@router.post("/invitations/read", response_model=InvitationRead, responses=documented(404, 410))
async def read_invitation(scope: Anyone, body: InvitationLink) -> dict[str, Any]:
    """Read what a mailed link invites to."""
    async with scope.begin() as tx:
        invitation = await held_invitation(tx, body.token)
        is_listed = await listed(tx, invitation) is not None
        return {**invitation, "has_account": await has_account(tx, invitation["email"]), "is_listed": is_listed}


@router.post("/invitations/confirm", responses=documented(404, 409, 410))
async def confirm_invitation(scope: Anyone, body: InvitationLink) -> Joined:
    """Say yes to being on an organization's list, without an account."""
    async with scope.begin() as tx:
        invitation = await held_invitation(tx, body.token)
        person_id = await listed(tx, invitation)
        if person_id is None:
            raise HTTPException(409, "This needs an account: accept with a name and a password.")
        await confirm(tx, person_id)
        await tx.run(sql.ACCEPTED, invitation_id=invitation["id"])
        return Joined(organization_slug=invitation["organization_slug"])


@router.post("/invitations/accept", responses=documented(403, 404, 409, 410))
async def accept_invitation(scope: Anyone, request: Request, starter: Starter, body: Acceptance) -> JoinedAnew | Joined:
    """Accept: signed in as who was invited, or, without an account, by choosing a name and a password."""
    refuse_other_sites(request)  # it may begin a session
    async with scope.begin() as tx:
        invitation = await held_invitation(tx, body.token)
        if await has_account(tx, invitation["email"]):
            if tx.user_id is None or not await is_mine(tx, invitation["email"]):
                raise unauthorized(f"Sign in as {invitation['email']} to accept.")
            await join(tx, invitation, tx.user_id)
            return Joined(organization_slug=invitation["organization_slug"])
    name, password_hash = await _chosen(body, invitation["email"])
    async with Scope(scope.opened).begin() as tx:  # as nobody: whoever is signed in has another address
        invitation = await held_invitation(tx, body.token)
        account = await make_account(tx, email=invitation["email"], name=name, password_hash=password_hash)
        await join(tx, invitation, account["id"])
        session = await starter.start(tx, user_id=account["id"], version=account["token_version"])
        return JoinedAnew(**session.model_dump(), organization_slug=invitation["organization_slug"])


async def _chosen(body: Acceptance, email: str) -> tuple[str, str]:
    """Return name and hashed password: hashed between two transactions, because it takes a while."""
    if body.name is None:
        raise invalid("name", "is needed to make the account", where="body")
    if body.password is None:
        raise invalid("password", "is needed to make the account", where="body")
    why = passwords.refusal(body.password, email)
    if why is not None:
        raise invalid("password", why, where="body")
    return body.name, await passwords.hash_password(body.password)
