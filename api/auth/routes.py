"""How does one get an account, log in, stay logged in and log out?"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Cookie, Depends, HTTPException, Request, Response

from api.auth import passwords, sql
from api.auth.attempts import begin_attempt, may_mail
from api.auth.models import Accepted, ChangedPassword, ChosenPassword, Forgotten, Login, Registration, Session
from api.auth.sessions import SessionStarter, end_all_sessions, end_session, hash_of, refuse_other_sites
from api.database.pool import fetch
from api.dependencies import Opened
from api.http.cursors import invalid
from api.http.responses import documented
from api.tenancy import Scope, SignedIn, Transaction, unauthorized

MAIL_IS_COMING = "If that address can be written to, a mail with a link is on its way."
LINK_IS_BAD = "This link is not good any more: it was used, or it is too old. Ask for a new one."


async def _same_origin(request: Request) -> None:
    refuse_other_sites(request)


async def _starter(opened: Opened, request: Request, response: Response) -> SessionStarter:
    return SessionStarter(opened, request, response)


Starter = Annotated[SessionStarter, Depends(_starter)]
RefreshCookie = Annotated[str, Cookie(alias="refresh")]


router = APIRouter(prefix="/auth", tags=["auth"], dependencies=[Depends(_same_origin)], responses=documented(403))


@router.post("/register", status_code=202, responses=documented(429))
async def register(opened: Opened, request: Request, body: Registration) -> Accepted:
    """Ask for an account. The answer is the same for everybody; the mail says the rest."""
    if await may_mail(opened, request, "register", body.email):
        async with Scope(opened).begin() as tx:
            await tx.run(sql.REGISTER, email=body.email, name=body.name, password=passwords.unusable())
            tx.tell()
    return Accepted(detail=MAIL_IS_COMING)


@router.post("/forgot", status_code=202, responses=documented(429))
async def forgot(opened: Opened, request: Request, body: Forgotten) -> Accepted:
    """Ask for a link to choose a new password. The answer is the same for everybody."""
    if await may_mail(opened, request, "forgot", body.email):
        async with Scope(opened).begin() as tx:
            await tx.run(sql.FORGOT, email=body.email)
            tx.tell()
    return Accepted(detail=MAIL_IS_COMING)


@router.post("/password", responses=documented(410))
async def choose_password(opened: Opened, starter: Starter, body: ChosenPassword) -> Session:
    """Choose a password by a mailed link. That proves the address, and ends what was open before."""
    token_hash = hash_of(body.token)
    found = await fetch(opened.pool, sql.ACCOUNT_OF_LINK, token_hash=token_hash)
    if not found:
        raise HTTPException(410, LINK_IS_BAD)
    user_id = found[0]["id"]
    hashed = await _hash_of_new("password", body.password, email=found[0]["email"])
    async with Scope(opened).begin() as tx:
        account = await tx.row(sql.LOCK_ACCOUNT, user_id=user_id)
        if account is None or not await tx.run(sql.USE_LINK, token_hash=token_hash):
            raise HTTPException(410, LINK_IS_BAD)
        await tx.row(sql.BRING_LINK, token=body.token)
        version = await _set_password(tx, hashed, user_id=user_id, version=account["token_version"])
        await tx.run(sql.CONFIRM, user_id=user_id)
        await tx.row(sql.LINK_MEMBERS, user_id=user_id)
        session = await starter.start(tx, user_id=user_id, version=version)
    starter.remember_device(found[0]["email"])
    return session


@router.post("/login", responses=documented(401, 429))
async def log_in(opened: Opened, request: Request, starter: Starter, body: Login) -> Session:
    """Log in. What is not right, the address or the password, is not said."""
    attempt = await begin_attempt(opened, request, body.email)
    found = await fetch(opened.pool, sql.ACCOUNT_OF_EMAIL, email=body.email)
    stored = found[0]["password"] if found else None
    if not await passwords.is_right(body.password, stored):
        await attempt.failed()
        raise unauthorized("The e-mail address or the password is not right.")
    await attempt.succeeded()
    async with Scope(opened).begin() as tx:
        session = await starter.start(tx, user_id=found[0]["id"], version=found[0]["token_version"])
    starter.remember_device(body.email)
    return session


@router.post("/refresh", responses=documented(401))
async def refresh(opened: Opened, starter: Starter, token: RefreshCookie = "") -> Session:
    """Get a new access token, and the next refresh token in place of this one."""
    session = None
    if token:
        async with Scope(opened).begin() as tx:
            session = await starter.renew(tx, token)
    if session is None:  # raised here, behind the commit: a family that ended stays ended
        raise unauthorized("There is no session; log in.")
    return session


@router.post("/logout", status_code=204)
async def log_out(opened: Opened, starter: Starter, token: RefreshCookie = "") -> None:
    """Log out of this browser. Without a session there is nothing to do."""
    if token:
        async with Scope(opened).begin() as tx:
            await end_session(tx, token)
    starter.forget()


@router.post("/logout-everywhere", status_code=204, responses=documented(401))
async def log_out_everywhere(scope: SignedIn, starter: Starter) -> None:
    """Log out of every browser: all access and refresh tokens are void at once."""
    async with scope.begin() as tx:
        await end_all_sessions(tx, _user_id(tx))
    starter.forget()


@router.put("/password", responses=documented(401, 429))
async def change_password(
    opened: Opened, request: Request, scope: SignedIn, starter: Starter, body: ChangedPassword
) -> Session:
    """Change one's password; every other session ends. Staff do so in admin, or by a mailed link."""
    async with scope.begin() as tx:
        account = await tx.one(sql.ACCOUNT)
    attempt = await begin_attempt(opened, request, account["email"])
    if not await passwords.is_right(body.current, account["password"]):
        await attempt.failed()
        raise invalid("current", "is not your password", where="body")
    await attempt.succeeded()
    hashed = await _hash_of_new("new", body.new, email=account["email"])
    async with scope.begin() as tx:
        user_id = _user_id(tx)
        version = await _set_password(tx, hashed, user_id=user_id, version=account["token_version"])
        return await starter.start(tx, user_id=user_id, version=version)


async def _hash_of_new(field: str, password: str, *, email: str) -> str:
    """Hash outside of a transaction: while one waits for a thread, no connection does."""
    why = passwords.refusal(password, email)
    if why is not None:
        raise invalid(field, why, where="body")
    return await passwords.hash_password(password)


async def _set_password(tx: Transaction, hashed: str, *, user_id: int, version: int) -> int:
    if not await tx.run(sql.REPLACE_HASH, password=hashed, user_id=user_id, version=version):
        raise unauthorized("Your account has changed meanwhile; log in again.")
    await tx.run(sql.END_LINKS, user_id=user_id)
    return await end_all_sessions(tx, user_id)


def _user_id(tx: Transaction) -> int:
    assert tx.user_id is not None  # noqa: S101 - who is signed in has an account
    return tx.user_id
