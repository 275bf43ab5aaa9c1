"""May this be tried here and now? What one place, one device and the whole world may do about an account.

The numbers for log-ins, and where they are from, stand in api/shared/throttle.py: admin counts the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from api.http.rate_limit import RateLimit, place_of
from api.shared import throttle
from api.shared.tokens import TokenError

if TYPE_CHECKING:
    from fastapi import Request

    from api.dependencies import Resources

ACCOUNT_HERE, ACCOUNT, DEVICE = map(RateLimit.of, (throttle.ACCOUNT_HERE, throttle.ACCOUNT, throttle.DEVICE))
PLACE: Final = tuple(map(RateLimit.of, throttle.PLACE))

# For each mailbox and place: nobody needs more than a few links in an hour.
MAILBOX_HERE: Final = RateLimit("mail", most=5, window_s=3600)
# For each place, to strangers of any number: an evening on which a whole school of thirty joins behind one address.
MAILS_OF_PLACE: Final = 30
# For each mailbox from everywhere. Above it one mail in five minutes still goes out: whoever asks then finds a link in
# the mailbox that is not older than that, however many others ask. So nobody can keep a mail from arriving.
MAILS_TO_MAILBOX: Final = 15
OVERFLOW_S: Final = 300


@dataclass(frozen=True)
class Attempt:
    """One try of a password, for an account, from somewhere."""

    opened: Resources
    place: str
    email: str
    device: str  # empty: nobody knows it

    async def failed(self) -> None:
        """Count it for the place; raises 429 when there were too many: then nothing is said of the password."""
        if not self.device:
            for limit in PLACE:
                await limit.count(self.opened.redis, self.place)

    async def succeeded(self) -> None:
        """Take it back. Raises 429 when the place has failed too often meanwhile: many at once find out no more."""
        redis = self.opened.redis
        if self.device:
            await DEVICE.give_back(redis, self.device)
            return
        for limit in PLACE:
            await limit.look(redis, self.place)
        await ACCOUNT_HERE.give_back(redis, f"{self.place} {self.email}")
        await ACCOUNT.give_back(redis, self.email)


async def begin_attempt(opened: Resources, request: Request, email: str) -> Attempt:
    """Count a try of a password; raises 429 when there were too many. A device that is known has tries of its own."""
    redis, place = opened.redis, place_of(request)
    device = known_device(opened, request, email)
    if device and not await DEVICE.is_full(redis, device):
        return Attempt(opened, place, email, device)
    for limit in PLACE:
        await limit.look(redis, place)
    await ACCOUNT_HERE.count(redis, f"{place} {email}")
    await ACCOUNT.count(redis, email)
    return Attempt(opened, place, email, "")


def known_device(opened: Resources, request: Request, email: str) -> str:
    """Return which device this is, if the account logged in from it before; else nothing."""
    try:
        return opened.tokens.read_device(request.cookies.get(throttle.device_cookie(email), ""), email)
    except TokenError:
        return ""


async def may_mail(opened: Resources, request: Request, kind: str, email: str) -> bool:
    """Count a mail to an address; raises 429 when this place asks too often. False: one has gone out just now."""
    redis, place, device = opened.redis, place_of(request), known_device(opened, request, email)
    await MAILBOX_HERE.count(redis, f"{device or place} {email}")
    if device:
        return True
    await RateLimit(f"mail-place-{kind}", most=MAILS_OF_PLACE, window_s=3600).count(redis, place)
    if not await RateLimit(f"mail-all-{kind}", most=MAILS_TO_MAILBOX, window_s=3600).is_full(redis, email):
        return True
    return not await RateLimit(f"mail-overflow-{kind}", most=1, window_s=OVERFLOW_S).is_full(redis, email)
