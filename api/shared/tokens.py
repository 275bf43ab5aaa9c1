"""Who says this request is theirs? Signed tokens, issued by the API and the worker, read by the API and by GraphQL.

An access token proves an account for minutes; a manage token, from a mail, lets somebody without an account see and
cancel one sign-up; a device token says that an account logged in from there before, and opens nothing. Each has its own
`typ` and audience, so that one never passes for the other.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from dataclasses import dataclass
from typing import Any

import jwt

ALGORITHM = "HS256"
ISSUER = "slipway"
ACCESS_S = 600
DEVICE_S = 365 * 24 * 3600
LEEWAY_S = 5


class TokenError(Exception):
    """The token is not good; the text says no more than that."""


@dataclass(frozen=True)
class Access:
    """What an access token says: the account, and the version of its tokens at that time."""

    user_id: int
    version: int


class Tokens:
    """Issues and reads tokens with one secret key."""

    def __init__(self, secret: str) -> None:
        if len(secret) < 32:  # noqa: PLR2004 - as many bytes as the hash has
            raise ValueError("TOKEN_SECRET_KEY must have at least 32 characters")
        self._secret = secret

    def issue_access(self, user_id: int, version: int) -> str:
        """Issue a token that is good for `ACCESS_S` seconds."""
        return self._issue("access", str(user_id), int(time.time()) + ACCESS_S, ver=version)

    def read_access(self, token: str) -> Access:
        """Read an access token; raises TokenError."""
        claims = self._read("access", token)
        return Access(_whole(claims["sub"]), _version(claims.get("ver")))

    def issue_manage(self, sign_up_id: int, expires_at: float) -> str:
        """Issue the token of a mailed link; `expires_at` in seconds since 1970."""
        return self._issue("manage", str(sign_up_id), int(expires_at))

    def read_manage(self, token: str) -> int:
        """Read a manage token and return the id of its sign-up; raises TokenError."""
        return _whole(self._read("manage", token)["sub"])

    def issue_device(self, email: str) -> str:
        """Issue what a browser keeps after a log-in."""
        return self._issue("device", _fingerprint(email), int(time.time()) + DEVICE_S)

    def read_device(self, token: str, email: str) -> str:
        """Return which device this is, when that account logged in from it before; raises TokenError."""
        claims = self._read("device", token)
        if claims["sub"] != _fingerprint(email):
            raise TokenError("not a token of ours")
        return str(claims["jti"])

    def _issue(self, kind: str, subject: str, expires_at: int, **more: int) -> str:
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": f"slipway-{kind}", "typ": kind, "sub": subject, "iat": now, "exp": expires_at}
        return jwt.encode({**claims, "jti": uuid.uuid4().hex, **more}, self._secret, algorithm=ALGORITHM)

    def _read(self, kind: str, token: str) -> dict[str, Any]:
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                audience=f"slipway-{kind}",
                leeway=LEEWAY_S,
                options={"require": ["exp", "iat", "iss", "aud", "sub", "jti"]},
            )
        except jwt.ExpiredSignatureError as error:
            raise TokenError("expired") from error
        except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError) as error:  # a claim of the wrong type
            raise TokenError("not a token of ours") from error
        if claims.get("typ") != kind:
            raise TokenError("not a token of ours")
        return claims


def _fingerprint(email: str) -> str:
    return hashlib.sha256(email.lower().encode()).hexdigest()


def _version(value: object) -> int:
    """Read a version as PostgreSQL's integer holds it; `true` is an int to Python, and none to PostgreSQL."""
    if type(value) is not int or not 0 <= value < 2**31:
        raise TokenError("not a token of ours")
    return value


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:  # noqa: PLR2004 - what bigint surely holds
        raise TokenError("not a token of ours")
    return int(text)
