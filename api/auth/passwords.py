"""Is this the password of that account, and may it be a password at all?

Argon2id in the format of Django, `argon2$argon2id$v=19$...`, with the parameters of django/signups/hashing.py. Hashes
of another kind (PBKDF2, which accounts of an older Django have) are refused like a wrong password, and at the same
cost: their owners choose a new password by a mailed link, or log in to the admin once, which renews the hash.
"""

from __future__ import annotations

import asyncio
import base64
import os
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from api.auth.common_passwords import COMMON
from api.errors import UnavailableError

T = TypeVar("T")
SHORTEST, LONGEST = 10, 200
LONGEST_TRIED = 4096  # what Django's forms take: an administrator's password may be longer than we ask for
PREFIX: Final = "argon2"
SALT_BYTES, HASH_BYTES = 22, 32
FEWEST_CHARACTERS = 4  # different ones
LOCAL_PART_COUNTS_FROM = 4  # shorter ones are found in many words


def refusal(password: str, email: str) -> str | None:
    """Say why this may not be the password of that account; None when it may."""
    if not SHORTEST <= len(password) <= LONGEST:
        return f"must have {SHORTEST} to {LONGEST} characters"
    plain, (local_part, _, _) = password.casefold(), email.casefold().rpartition("@")
    if len(local_part) >= LOCAL_PART_COUNTS_FROM and local_part in plain:
        return "must not contain your e-mail address"
    if plain in COMMON or len(set(plain)) < FEWEST_CHARACTERS:
        return "is among those that are guessed first"
    return None


async def hash_password(password: str) -> str:
    """Hash a password as Django stores it. Raises UnavailableError when too many wait for a hash."""
    return await threads.run(lambda: PREFIX + HASHER.hash(password))


def unusable() -> str:
    """Return what Django stores where there is no password."""
    return f"!{secrets.token_urlsafe(30)}"


async def is_right(password: str, stored: str | None) -> bool:
    """Compare a password with what is stored, at the same cost when nothing is, or no hash of ours.

    Raises UnavailableError when too many wait for a hash.
    """
    is_ours = stored is not None and stored.startswith(f"{PREFIX}$argon2id$")
    phc = stored.removeprefix(PREFIX) if stored is not None and is_ours else NOBODYS
    return await threads.run(lambda: _verify(phc, password)) and is_ours


def _verify(phc: str, password: str) -> bool:
    try:
        return HASHER.verify(phc, password)
    except (VerificationError, InvalidHashError):
        return False


class HashingThreads:
    """As many threads as there are cores, and a queue that ends: a hash is 16 ms of one core, whoever asks for it."""

    def __init__(self, *, cores: int, longest_queue: int) -> None:
        self._executor = ThreadPoolExecutor(cores, "argon2")
        self._most = cores + longest_queue
        self._count = 0

    async def run(self, work: Callable[[], T]) -> T:
        """Do it in its turn. Work whose request went away meanwhile is not begun."""
        if self._count >= self._most:
            raise UnavailableError("Too many are logging in at this moment; try again.")
        self._count += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, work)
        finally:
            self._count -= 1


def _unpadded(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


# 22 bytes of salt: fewer would look weak to Django, which counts characters, and hash anew at each login to the admin.
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, hash_len=HASH_BYTES, salt_len=SALT_BYTES)
# No password has this hash: it was never computed.
NOBODYS = "$".join(
    ("", "argon2id", "v=19", "m=19456,t=2,p=1", _unpadded(secrets.token_bytes(22)), _unpadded(secrets.token_bytes(32)))
)
CORES = os.cpu_count() or 1
# A full queue is about a second: whoever comes then is told so at once instead of waiting longer.
threads = HashingThreads(cores=CORES, longest_queue=50 * CORES)
