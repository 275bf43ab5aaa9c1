"""Who is logged in, and for how long? A session is a family of refresh tokens, of which only the newest is good.

Each refresh uses one up and gives the next. One that comes twice was stolen, from the browser or on the way to it:
nobody can tell which of the two is the thief, so the whole family ends.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog
from fastapi import HTTPException, Request, Response

from api.auth import sql
from api.auth.models import Session
from api.me import sql as me_sql
from api.me.models import Me
from api.shared.throttle import device_cookie
from api.shared.tokens import ACCESS_S, DEVICE_S
from api.tenancy import Transaction, unauthorized

if TYPE_CHECKING:
    from api.dependencies import Resources

log = structlog.stdlib.get_logger("slipway.sessions")
COOKIE: Final = "refresh"
IDLE = timedelta(days=30)
LONGEST = timedelta(days=90)


class SessionStarter:
    """Gives sessions to the browser that asks: the refresh token in a cookie, the rest as the answer."""

    def __init__(self, opened: Resources, request: Request, response: Response) -> None:
        self._opened = opened
        self._response = response
        self._user_agent = request.headers.get("user-agent", "")[:200]

    async def start(self, tx: Transaction, *, user_id: int, version: int) -> Session:
        """Begin a session in a transaction that is by nobody yet; 401 when it was just made impossible."""
        entered = await tx.row(sql.ENTER, user_id=user_id, version=version)
        if entered is None:
            raise unauthorized("Your account has changed meanwhile; log in again.")
        token = secrets.token_urlsafe(32)
        kept = {"token_hash": hash_of(token), "user_agent": self._user_agent}
        new = await tx.one(sql.NEW_FAMILY, user_id=user_id, idle=IDLE, **kept)
        self._set_cookie(token, new["seconds"])
        return await self._session(tx, user_id, version)

    async def renew(self, tx: Transaction, token: str) -> Session | None:
        """Use a refresh token up and give the next one; None when it is not good. Used before, it ends its family."""
        used_hash = hash_of(token)
        account = await tx.row(sql.LOCK_ACCOUNT_OF_SESSION, token_hash=used_hash)
        if account is None:
            return None
        if not await tx.run(sql.USE_SESSION, token_hash=used_hash):
            await _end_if_used_before(tx, used_hash, user_id=account["id"])
            return None
        following = secrets.token_urlsafe(32)
        kept = {"token_hash": hash_of(following), "user_agent": self._user_agent}
        limits = {"idle": IDLE, "longest": LONGEST}
        new = await tx.one(sql.NEXT_IN_FAMILY, used_hash=used_hash, **kept, **limits)
        self._set_cookie(following, new["seconds"])
        await tx.row(sql.MARK_USER, user_id=account["id"])
        return await self._session(tx, account["id"], account["token_version"])

    def remember_device(self, email: str) -> None:
        """Have the browser keep that this account logged in here: others who guess elsewhere then do not hold it up."""
        token = self._opened.tokens.issue_device(email)
        self._keep_cookie(device_cookie(email), token, DEVICE_S)

    def forget(self) -> None:
        """Take the cookie out of the browser."""
        self._set_cookie("", 0)

    async def _session(self, tx: Transaction, user_id: int, version: int) -> Session:
        me = Me.model_validate(await tx.one(me_sql.ME, user_id=user_id))
        return Session(access_token=self._opened.tokens.issue_access(user_id, version), expires_in=ACCESS_S, me=me)

    def _set_cookie(self, value: str, max_age_s: int) -> None:
        self._keep_cookie(COOKIE, value, max_age_s)
        self._response.headers["Cache-Control"] = "no-store"

    def _keep_cookie(self, name: str, value: str, max_age_s: int) -> None:
        path = f"{self._opened.settings.root_path}/auth"
        self._response.set_cookie(
            name, value, max_age=max_age_s, path=path, secure=True, httponly=True, samesite="strict"
        )


async def end_session(tx: Transaction, token: str) -> None:
    """End the session that a refresh token belongs to."""
    token_hash = hash_of(token)
    await tx.row(sql.LOCK_ACCOUNT_OF_SESSION, token_hash=token_hash)
    await tx.run(sql.END_FAMILY, token_hash=token_hash)


async def end_all_sessions(tx: Transaction, user_id: int) -> int:
    """Make every access and refresh token of an account void; return the version that new ones must have."""
    account = await tx.one(sql.END_ACCESS, user_id=user_id)
    await tx.run(sql.END_SESSIONS, user_id=user_id)
    return int(account["token_version"])


def hash_of(token: str) -> bytes:
    """Return what is kept of a token: who reads the database can log in with none of them."""
    return hashlib.sha256(token.encode()).digest()


def refuse_other_sites(request: Request) -> None:
    """Raise 403 when the browser says that another site makes this request: only a browser can be misled to that."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise HTTPException(403, "Another site may not do this.")


async def _end_if_used_before(tx: Transaction, token_hash: bytes, *, user_id: int) -> None:
    if await tx.row(sql.WAS_USED, token_hash=token_hash):
        ended = await tx.run(sql.END_FAMILY, token_hash=token_hash)
        log.warning("a refresh token came twice", user_id=user_id, sessions_ended=ended)
