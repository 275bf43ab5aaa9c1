"""How does one sign up, see what one signed up for, and take it back?"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response

from api.http.cursors import decode, invalid
from api.http.pages import Cursor, Id, Limit, page
from api.http.rate_limit import RateLimit, place_of
from api.http.responses import documented
from api.idempotency import Once
from api.shared.quota import guests_a_day
from api.shared.tokens import TokenError
from api.sign_ups import roster, sql
from api.sign_ups.models import ManageLink, MySignUp, MySignUps, SignedUp, SignUpIn
from api.sign_ups.placement import cancel, place
from api.tenancy import Anyone, Scope, SignedIn, Transaction

router = APIRouter(tags=["sign-ups"])
router.include_router(roster.router)

# A mail goes out for each: few to one mailbox, and not many for one caller, behind whom a whole school may sit.
TO_ONE_MAILBOX = RateLimit("guest-mailbox", most=10, window_s=3600)
FROM_ONE_ADDRESS = RateLimit("guest-address", most=300, window_s=600)


@router.post("/shifts/{shift_id}/sign-ups", status_code=201, response_model=SignedUp, responses=documented(429))
async def sign_up(scope: Anyone, once: Once, request: Request, shift_id: Id, body: SignUpIn) -> Response:
    """Sign oneself up: by one's account, or by a name and an address when not signed in.

    Without an account the answer is the same whether one was signed up before or not; the mail tells.
    """
    if scope.access is None:
        await _check_guest(scope, request, body)
    elif body.model_fields_set:
        raise invalid("name", "is known from the account: send an empty object", where="body")
    async with scope.begin() as tx:
        shift = await tx.one(sql.VISIBLE_SHIFT, shift_id=shift_id)
        await tx.enter(shift["organization_id"])
        if scope.access is None:
            most = guests_a_day(shift["organization_days"], shift["granted"])
            of_organization = RateLimit("guest-organization", most=most, window_s=86_400)
            await of_organization.count(scope.opened.redis, str(shift["organization_id"]))
            return await once.do(tx, 201, lambda: _sign_up_guest(tx, shift_id, body))
        return await once.do(tx, 201, lambda: _sign_up_account(tx, shift_id))


async def _check_guest(scope: Scope, request: Request, body: SignUpIn) -> None:
    for name in ("name", "email"):
        if getattr(body, name) is None:
            raise invalid(name, "is needed of who is not signed in", where="body")
    await FROM_ONE_ADDRESS.count(scope.opened.redis, place_of(request))
    await TO_ONE_MAILBOX.count(scope.opened.redis, body.email or "")


async def _sign_up_guest(tx: Transaction, shift_id: int, guest: SignUpIn) -> SignedUp:
    await tx.run(sql.ADD_GUEST, name=guest.name, email=guest.email, phone=guest.phone or "")
    person = await tx.one(sql.MEMBER_OF_EMAIL, email=guest.email)
    await tx.row(sql.CONFIRM, person_id=person["id"])
    done = await place(tx, shift_id, person["id"])
    if not done["is_new"]:
        await tx.run(sql.TELL_AGAIN, sign_up_id=done["id"])
        done = await tx.one(sql.NEWCOMER, shift_id=shift_id)
    return SignedUp(id=None, state=done["state"], place=done["place"])


async def _sign_up_account(tx: Transaction, shift_id: int) -> SignedUp:
    person = await tx.row(sql.MEMBER_OF_ACCOUNT)
    if person is None:
        await tx.run(sql.ADD_ACCOUNT)
        person = await tx.row(sql.MEMBER_OF_ACCOUNT)
    if person is None:
        raise HTTPException(409, "The address of this account is not confirmed, or is somebody else's here.")
    await tx.row(sql.CONFIRM, person_id=person["id"])
    return SignedUp.model_validate(await place(tx, shift_id, person["id"]))


@router.get("/me/sign-ups", response_model=MySignUps)
async def list_my_sign_ups(
    scope: SignedIn, *, past: bool = False, limit: Limit = 50, cursor: Cursor = None
) -> dict[str, Any]:
    """List what one signed up for and did not cancel: what comes, the next first, or what is past."""
    after_start, after_id = decode(cursor, (datetime, int))
    query = sql.MINE_PAST if past else sql.MINE_UPCOMING
    async with scope.begin() as tx:
        if cursor is None:
            await tx.run(sql.LINK_MEMBERS)  # a coordinator may have written this address down since the log-in
        rows = await tx.rows(query, after_start=after_start, after_id=after_id, limit=limit + 1)
    return page(rows, limit, by=("starts_at", "id"))


@router.delete("/me/sign-ups/{sign_up_id}", status_code=204, responses=documented(409))
async def cancel_my_sign_up(scope: SignedIn, sign_up_id: Id) -> None:
    """Take one's own sign-up back before the shift begins."""
    async with scope.begin() as tx:
        found = await tx.one(sql.ORGANIZATION_OF_MINE, sign_up_id=sign_up_id)
        await tx.enter(found["organization_id"])
        await cancel(tx, sign_up_id)


@router.post("/sign-ups/read", response_model=MySignUp, responses=documented(404, 410))
async def read_sign_up(scope: Anyone, body: ManageLink) -> dict[str, Any]:
    """Read the sign-up of a mailed link."""
    sign_up_id = _managed_by(scope, body.token)
    async with scope.begin() as tx:
        await _enter(tx, sign_up_id)
        return await tx.one(sql.MANAGED, sign_up_id=sign_up_id)


@router.post("/sign-ups/cancel", status_code=204, responses=documented(404, 409, 410))
async def cancel_sign_up(scope: Anyone, body: ManageLink) -> None:
    """Take the sign-up of a mailed link back before the shift begins."""
    sign_up_id = _managed_by(scope, body.token)
    async with scope.begin() as tx:
        await _enter(tx, sign_up_id)
        await cancel(tx, sign_up_id)


def _managed_by(scope: Scope, token: str) -> int:
    try:
        return scope.opened.tokens.read_manage(token)
    except TokenError as error:
        raise HTTPException(410, f"This link is no longer good: {error}.") from error


async def _enter(tx: Transaction, sign_up_id: int) -> None:
    found = await tx.one(sql.ORGANIZATION_OF_SIGN_UP, sign_up_id=sign_up_id)
    if found["organization_id"] is None:
        raise HTTPException(410, "This sign-up is gone: the person or the shift was removed.")
    await tx.enter(found["organization_id"])
