"""Was this request made before? A caller who got no answer may ask again with the same `Idempotency-Key`.

    @router.post("/organizations", status_code=201, response_model=Organization)
    async def create(scope: SignedIn, once: Once, body: OrganizationIn) -> Response:
        async with scope.begin() as tx:
            return await once.do(tx, 201, lambda: _create(tx, body))

What was answered is stored in the transaction of the effect itself: after a crash there are both or neither. Whatever
is raised undoes the effect, so it is not remembered either, and the request may be made again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, LiteralString

from fastapi import Depends, Header, HTTPException, Request, Response
from pydantic_core import to_json

from api.shared import again

if TYPE_CHECKING:
    from api.tenancy import Transaction

REPLAYED = {"Idempotency-Replayed": "true"}
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=128,
        pattern=r"^[!-~]+$",
        description="Chosen by the caller, for one attempt and its repetitions. The answer is kept for a day.",
    ),
]

# Held until the transaction ends. Its own statement: the next one then sees what the one before us committed.
TRY_LOCK: LiteralString = "SELECT pg_try_advisory_xact_lock(%(lock)s::bigint) AS is_mine"
ANSWERED: LiteralString = """
    SELECT status, body, request_hash = %(request_hash)s AS is_same FROM signups_idempotencykey
     WHERE scope_hash = %(scope_hash)s
"""
KEEP: LiteralString = """
    INSERT INTO signups_idempotencykey (scope_hash, request_hash, status, body)
    VALUES (%(scope_hash)s, %(request_hash)s, %(status)s, %(body)s)
"""


@dataclass(frozen=True)
class Attempt:
    """One request that must not have its effect twice; without a key it is done as often as it is asked for."""

    key: str | None
    place: str
    address: str
    request_hash: bytes

    async def do(self, tx: Transaction, status: int, make: Callable[[], Awaitable[object]]) -> Response:
        """Do it and answer with JSON of what `make` returns, or answer as before.

        Raises 409 while the first attempt still runs, and 422 when the key came with another body.
        """
        if self.key is None:
            return _json(to_json(await make()), status)
        scope_hash = self._scope_hash(tx.user_id)
        before = await self._before(tx, scope_hash)
        if before is not None:
            return before
        body = to_json(await make())
        kept = {"request_hash": self.request_hash, "status": status, "body": body.decode()}
        await tx.run(KEEP, scope_hash=scope_hash, **kept)
        return _json(body, status)

    async def _before(self, tx: Transaction, scope_hash: bytes) -> Response | None:
        locked = await tx.one(TRY_LOCK, lock=int.from_bytes(scope_hash[:8], signed=True))
        if not locked["is_mine"]:
            raise HTTPException(409, "The first request with this Idempotency-Key is still running.")
        found = await tx.row(ANSWERED, scope_hash=scope_hash, request_hash=self.request_hash)
        if found is None:
            return None
        if not found["is_same"]:
            raise HTTPException(422, "This Idempotency-Key came with another request body.")
        return _json(found["body"].encode(), found["status"], REPLAYED)

    def _scope_hash(self, user_id: int | None) -> bytes:
        """Whose key it is: the same one of another caller, or for another route, is another key."""
        caller = f"address {self.address}" if user_id is None else f"user {user_id}"
        return hashlib.sha256("\n".join((caller, self.place, self.key or "")).encode()).digest()


def _json(body: bytes, status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(body, status, headers, "application/json")


async def _attempt(request: Request, key: Key = None) -> Attempt:
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    place = f"{request.method} {path}?{request.scope['query_string'].decode('latin-1')}"
    address = request.client.host if request.client else ""
    if key is not None:
        again.has_key()
    return Attempt(key, place, address, hashlib.sha256(await request.body()).digest())


Once = Annotated[Attempt, Depends(_attempt)]
