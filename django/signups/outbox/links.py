"""Where do the links in mails lead? Tokens stand behind `#`: browsers keep that part to themselves, no log sees it.

The token of a message is derived from it, with a key. A mail that is sent twice, because its worker died before it
could note the first time, so carries the same link twice, and both work. What is stored is a hash.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings

from api.shared.tokens import Tokens

if TYPE_CHECKING:
    from signups.models import OutboxMessage, SignUp

MANAGED_AFTER = timedelta(days=1)


def page(path: str, token: str = "") -> str:
    """Return the address of a page of the front-end."""
    return f"{settings.SITE_URL}{path}" + (f"#{token}" if token else "")


def token_of(message: OutboxMessage) -> str:
    """Return the token that this message hands out."""
    about = f"outbox {message.pk} {message.kind} {message.created_at.timestamp():.6f}"
    derived = hmac.digest(settings.TOKEN_SECRET_KEY.encode(), about.encode(), "sha256")
    return base64.urlsafe_b64encode(derived).rstrip(b"=").decode()


def hash_of(token: str) -> bytes:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).digest()


def manage_link(sign_up: SignUp) -> str:
    """Return the link with which a person sees and cancels this sign-up without logging in."""
    expires_at = (sign_up.shift.ends_at + MANAGED_AFTER).timestamp()
    return page("/my-sign-up", Tokens(settings.TOKEN_SECRET_KEY).issue_manage(sign_up.pk, expires_at))
