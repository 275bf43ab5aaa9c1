"""How many have signed up? Counted in the database, so that counting again changes nothing."""

from __future__ import annotations

from typing import TypedDict

from django.db import transaction
from django.db.models.functions import Now

from signups.models import Event, SignUp


class Recount(TypedDict):
    """What a recount found."""

    event_id: int
    signed_up: int
    places: int


def recount_event(event_id: int) -> Recount:
    """Count the confirmed sign-ups of an event and store the number; raises Event.DoesNotExist."""
    with transaction.atomic():
        # Locked first, counted second: of two recounts at once the later one counts later.
        event = Event.objects.select_for_update().get(pk=event_id)
        event.signed_up = SignUp.objects.filter(event=event, state=SignUp.State.CONFIRMED).count()
        event.counted_at = Now()
        event.save(update_fields=["signed_up", "counted_at"])
    return Recount(event_id=event_id, signed_up=event.signed_up, places=event.places)


def recount_upcoming() -> int:
    """Recount every event that is not over, each in its own short transaction; return how many."""
    ids = list(Event.objects.filter(ends_at__gt=Now()).order_by("pk").values_list("pk", flat=True))
    for event_id in ids:
        recount_event(event_id)
    return len(ids)
