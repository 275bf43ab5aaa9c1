"""Who am I, and what am I called?"""

from __future__ import annotations

from fastapi import APIRouter

from api.me import sql
from api.me.models import Me, MeChange
from api.tenancy import SignedIn

router = APIRouter(tags=["me"])


@router.get("/me")
async def read_me(scope: SignedIn) -> Me:
    """Read one's own account and its organizations."""
    async with scope.begin() as tx:
        return Me.model_validate(await tx.one(sql.ME))


@router.patch("/me")
async def change_me(scope: SignedIn, body: MeChange) -> Me:
    """Change one's own name; how organizations call one is theirs."""
    async with scope.begin() as tx:
        await tx.run(sql.RENAME, name=body.name)
        return Me.model_validate(await tx.one(sql.ME))
