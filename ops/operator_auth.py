"""How does Traefik know the operator's password without being told it? By its bcrypt hash."""

from __future__ import annotations

import hashlib
import hmac

import bcrypt

COST = 8  # asked at every request behind the lock, and the password is long: 16 characters or more
SALT_LENGTH = 22


def htpasswd_line(user: str, password: str, *, key: str) -> str:
    """Return `user:hash`, the same one for the same password; `key` is a secret that only this site has.

    A random salt would make another release of the same settings. This one comes from the key, so it is as hard to
    guess, and two sites with one password have two hashes.
    """
    digest = hmac.new(key.encode(), f"{user}:{password}".encode(), hashlib.sha256).hexdigest()
    salt = digest[: SALT_LENGTH - 1] + "."  # the last character carries two bits only
    hashed = bcrypt.hashpw(password.encode()[:72], f"$2b${COST:02}${salt}".encode())
    return f"{user}:{hashed.decode()}"
