"""What do people read about a sign-up of theirs?"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from signups import places
from signups.models import Event, OutboxMessage, SignUp
from signups.outbox.calendar_file import calendar_file
from signups.outbox.links import manage_link, page
from signups.outbox.mails import Mail, one_line, span
from signups.outbox.outcome import NOT_CONFIRMED, Outcome, dropped
from signups.reminders import AHEAD_S

if TYPE_CHECKING:
    from collections.abc import Callable

    Told = Callable[[SignUp], Mail | Outcome]

State = SignUp.State
GONE = "the sign-up is not there any more"
CHANGED = "the sign-up has changed since"


def signed_up(message: OutboxMessage) -> Mail | Outcome:
    """Tell where somebody stands: a place, or which one on the waiting list."""
    sign_up = _find(message)
    if sign_up is None or sign_up.state == State.CANCELLED:
        return dropped(GONE if sign_up is None else CHANGED)
    if sign_up.state == State.WAITING:
        return _mail(sign_up, "waiting.txt", place=places.place(sign_up.pk))
    return _mail(sign_up, "confirmed.txt", calendar_of=message)


def promoted(message: OutboxMessage) -> Mail | Outcome:
    """Tell that a place became free."""
    sign_up = _find(message)
    if sign_up is None or sign_up.state != State.CONFIRMED:
        return dropped(GONE if sign_up is None else CHANGED)
    return _mail(sign_up, "promoted.txt", calendar_of=message)


def cancelled(message: OutboxMessage) -> Mail | Outcome:
    """Tell that a sign-up is taken back."""
    sign_up = _find(message)
    return dropped(GONE) if sign_up is None else _mail(sign_up, "cancelled.txt")


def moved(message: OutboxMessage) -> Mail | Outcome:
    """Tell that a shift is at another time, or its event at another place; the message holds what was before."""
    sign_up = _find(message)
    if sign_up is None or sign_up.state == State.CANCELLED:
        return dropped(GONE if sign_up is None else CHANGED)
    shift, event = sign_up.shift, sign_up.shift.event
    old_start, old_end = (datetime.fromisoformat(message.payload[name]) for name in ("starts_at", "ends_at"))
    if event.state != Event.State.PUBLISHED or max(old_end, shift.ends_at) <= timezone.now():
        return dropped("the shift is over, or does not take place")
    says: dict[str, Any] = {"old_when": span(old_start, old_end), "old_where": one_line(message.payload["location"])}
    says["has_new_time"] = says["old_when"] != span(shift.starts_at, shift.ends_at)
    says["has_new_place"] = says["old_where"] != one_line(event.location)
    if not says["has_new_time"] and not says["has_new_place"]:
        return dropped("it is where it was before")
    if sign_up.state == State.WAITING:
        return _mail(sign_up, "moved.txt", place=places.place(sign_up.pk), **says)
    return _mail(sign_up, "moved.txt", calendar_of=message, **says)


def event_cancelled(message: OutboxMessage) -> Mail | Outcome:
    """Tell that an event does not take place."""
    sign_up = _find(message)
    if sign_up is None:
        return dropped(GONE)
    if sign_up.shift.event.state != Event.State.CANCELLED:
        return dropped("the event takes place after all")
    return _mail(sign_up, "event_cancelled.txt")


def reminder(message: OutboxMessage) -> Mail | Outcome:
    """Remind of a shift that begins soon."""
    sign_up = _find(message)
    if sign_up is None or sign_up.state != State.CONFIRMED:
        return dropped(GONE if sign_up is None else CHANGED)
    if sign_up.shift.event.state != Event.State.PUBLISHED or sign_up.shift.starts_at <= timezone.now():
        return dropped("the shift has begun, or does not take place")
    if sign_up.shift.starts_at > timezone.now() + timedelta(seconds=AHEAD_S):
        return dropped("the shift has moved; there is a reminder when it is near")
    return _mail(sign_up, "reminder.txt")


def removed(message: OutboxMessage) -> Mail | Outcome:
    """Tell somebody who was taken off the list which shifts went with it; their rows are gone."""
    if message.organization is None:
        return dropped("the organization is not there any more")
    organization = one_line(message.organization.name)
    shifts = [
        {
            "event": one_line(one["event_title"]),
            "shift": one_line(one["shift_title"]),
            "starts_at": datetime.fromisoformat(one["starts_at"]),
        }
        for one in message.payload["shifts"]
    ]
    name, address = message.payload["name"], message.payload["email"]
    says = {"organization": organization, "shifts": shifts}
    return Mail(to_name=name, to_address=address, template="removed.txt", says=says, sender=organization)


def _find(message: OutboxMessage) -> SignUp | None:
    found = SignUp.objects.select_related("organization", "member", "shift__event")
    return found.filter(pk=message.payload["sign_up_id"]).first()


def _mail(sign_up: SignUp, template: str, *, calendar_of: OutboxMessage | None = None, **more: Any) -> Mail | Outcome:
    if sign_up.member.confirmed_at is None:
        return dropped(NOT_CONFIRMED)
    shift, event = sign_up.shift, sign_up.shift.event
    organization = one_line(sign_up.organization.name)
    says = {
        "organization": organization,
        "event": one_line(event.title),
        "shift": one_line(shift.title),
        "when": span(shift.starts_at, shift.ends_at),
        "where": one_line(event.location),
        "event_link": page(f"/events/{event.pk}"),
        "manage_link": manage_link(sign_up),
        **more,
    }
    return Mail(
        to_name=sign_up.member.name,
        to_address=sign_up.member.email,
        template=template,
        says=says,
        sender=organization,
        calendar=calendar_file(sign_up, calendar_of) if calendar_of else b"",
    )
