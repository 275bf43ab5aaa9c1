"""Who has a place? Decided by functions in the database, for the API, GraphQL, admin and the worker alike."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models.functions import Now

from signups.models import Event, Member, OutboxMessage, Shift, SignUp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NOT_OPEN = "SU001"  # the event is not published, or the shift is over
STRANGER = "SU002"  # the person is not in the organization of the shift


def settle(shift_id: int) -> int:
    """Count a shift and its event again and fill free places from the waiting list; return how many got one."""
    (promoted,) = _ask("SELECT signups_settle(%s)", shift_id)
    return int(promoted)


def sign_up(shift_id: int, member_id: int) -> int:
    """Sign a person up and return the id of the sign-up; raises InternalError, see `refusal`."""
    (sign_up_id,) = _ask("SELECT sign_up_id FROM signups_sign_up(%s, %s)", shift_id, member_id)
    return int(sign_up_id)


def cancel(sign_up_id: int) -> bool:
    """Take a sign-up back; return False when it was cancelled before."""
    (is_cancelled,) = _ask("SELECT signups_cancel(%s)", sign_up_id)
    return bool(is_cancelled)


def place(sign_up_id: int) -> int | None:
    """Return which one on the waiting list a sign-up is, counted from 1; None when it does not wait."""
    (found,) = _ask("SELECT signups_place(%s)", sign_up_id)
    return found if found is None else int(found)


def refusal(error: Exception) -> str:
    """Say why the database did not sign somebody up; empty when it was for another reason."""
    code = getattr(error.__cause__, "sqlstate", None)
    words = {
        NOT_OPEN: "This shift takes no sign-ups: its event is not published, or it is over.",
        STRANGER: "This person is not in the organization of the shift.",
    }
    return words.get(str(code), "")


@contextlib.contextmanager
def settled(event_ids: Iterable[int]) -> Iterator[None]:
    """Lock events, let the block change their shifts and sign-ups, then count everything again: one transaction.

    The events first and in one order, as the functions in the database do it: so nobody waits in a circle.
    """
    ids = sorted(set(event_ids))
    with transaction.atomic():
        list(Event.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk").values_list("pk"))
        yield
        for shift_id in Shift.objects.filter(event__in=ids).order_by("pk").values_list("pk", flat=True):
            settle(shift_id)
        for event_id in ids:  # one without a shift is settled by nothing above
            _ask("SELECT signups_count_event(%s)::text", event_id)


def publish(event_id: int) -> bool:
    """Let people sign up; False when the event has no shift, or is published already."""
    with settled([event_id]):
        events = Event.objects.filter(pk=event_id, shifts__isnull=False).exclude(state=Event.State.PUBLISHED)
        return bool(Event.objects.filter(pk__in=events.values("pk")).update(state=Event.State.PUBLISHED))


def call_off(event_id: int) -> bool:
    """Cancel an event and have everybody told who is signed up; False when it was cancelled already."""
    with settled([event_id]):
        is_new = Event.objects.filter(pk=event_id).exclude(state=Event.State.CANCELLED)
        if not is_new.update(state=Event.State.CANCELLED):
            return False
        active = SignUp.objects.filter(shift__event=event_id).exclude(state=SignUp.State.CANCELLED)
        OutboxMessage.objects.bulk_create(
            OutboxMessage(organization_id=organization_id, kind="event_cancelled", payload={"sign_up_id": pk})
            for pk, organization_id in active.order_by("pk").values_list("pk", "organization_id")
        )
    return True


def remove(member_ids: Iterable[int]) -> None:
    """Delete people with their sign-ups, give their places to the next, and tell them what they were taken off."""
    ids = list(member_ids)
    events = Event.objects.filter(shifts__sign_ups__member__in=ids)
    with settled(list(events.values_list("pk", flat=True))):
        members = Member.objects.filter(pk__in=ids).order_by("pk")
        for member in members:
            _say_goodbye(member)
        members.delete()


def _say_goodbye(member: Member) -> None:
    """Write the message while the sign-ups are still there; it says itself what there was."""
    left = SignUp.objects.filter(member=member, shift__ends_at__gt=Now()).exclude(state=SignUp.State.CANCELLED)
    shifts = [
        {
            "event_title": one.shift.event.title,
            "shift_title": one.shift.title,
            "starts_at": one.shift.starts_at.isoformat(),
        }
        for one in left.select_related("shift__event").order_by("shift__starts_at", "pk")
    ]
    if shifts and member.confirmed_at is not None:
        payload = {"email": member.email, "name": member.name, "shifts": shifts}
        OutboxMessage.objects.create(organization_id=member.organization_id, kind="removed", payload=payload)


def _ask(query: str, *parameters: int) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        row = cursor.fetchone()
    return tuple(row or ())
