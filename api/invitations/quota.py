"""May this organization write to so many people today? The numbers stand in api/shared/quota.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fastapi import HTTPException

from api.shared.quota import INVITE_WAITING, STANDING, Standing

if TYPE_CHECKING:
    from api.tenancy import Transaction

ASK_AGAIN_S: Final = 3600


async def take(tx: Transaction, wanted: int) -> None:
    """Raise 429 unless so many more mails may go out; until the transaction ends, nobody else takes any."""
    left = await _left(tx)
    if wanted > left:
        detail = (
            f"These would be {wanted} mails, and {left} more may go out today. It grows with time and with the people "
            "who confirm; ask whoever runs this site for more."
        )
        raise HTTPException(429, detail, {"Retry-After": str(ASK_AGAIN_S)})


async def invite_waiting(tx: Transaction) -> None:
    """Invite who was written down and not asked yet, as many as may be today; the worker goes on another day."""
    left = await _left(tx)
    if left and (await tx.one(INVITE_WAITING, most=left))["count"]:
        tx.tell()


async def _left(tx: Transaction) -> int:
    return Standing(**await tx.one(STANDING)).left
