"""What has to be done for a message of each kind?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from signups.outbox import account_mails, announcements, exports, sign_up_mails
from signups.outbox.mails import Mail, rendered
from signups.outbox.outcome import SENT, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from signups.models import OutboxMessage
    from signups.outbox.mailer import Mailer

Composed = Mail | Outcome  # no mail: why there is none
COMPOSE: Mapping[str, Callable[[OutboxMessage], Composed]] = {
    "register": account_mails.registered,
    "reset": account_mails.reset,
    "invitation": account_mails.invited,
    "signed_up": sign_up_mails.signed_up,
    "promoted": sign_up_mails.promoted,
    "cancelled": sign_up_mails.cancelled,
    "moved": sign_up_mails.moved,
    "event_cancelled": sign_up_mails.event_cancelled,
    "removed": sign_up_mails.removed,
    "reminder": sign_up_mails.reminder,
    "announced": announcements.announced,
}
WORK: Mapping[str, Callable[[OutboxMessage], Outcome]] = {
    "announcement": announcements.fan_out,
    "export": exports.export,
}
GIVE_UP: Mapping[str, Callable[[OutboxMessage], None]] = {"export": exports.give_up}


class UnknownKindError(Exception):
    """A newer release wrote this message; it will be done by its worker."""


def handle(message: OutboxMessage, mailer: Mailer) -> Outcome:
    """Do what a message says, inside the transaction that marks it."""
    if message.kind in WORK:
        return WORK[message.kind](message)
    if message.kind not in COMPOSE:
        raise UnknownKindError
    composed = COMPOSE[message.kind](message)
    if isinstance(composed, Outcome):
        return composed
    mailer.send(rendered(composed, message))
    return SENT


def give_up(message: OutboxMessage) -> None:
    """Tell whoever waits for the result that there will be none."""
    if message.kind in GIVE_UP:
        GIVE_UP[message.kind](message)
