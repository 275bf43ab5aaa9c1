"""What must be said of a new event? The same, within the same limits, as the API asks."""

from __future__ import annotations

from datetime import datetime

import strawberry
from django.core.exceptions import ValidationError
from signups import models

from graph.refusals import bad_input
from graph.tenancy import row

MOST_SHIFTS = 50
LONGEST_DESCRIPTION = 5000


@strawberry.input
class ShiftInput:
    """A shift of a new event."""

    title: str
    starts_at: datetime
    ends_at: datetime
    capacity: int


@strawberry.input
class EventInput:
    """A new event: a draft."""

    title: str
    starts_at: datetime
    ends_at: datetime
    description: str = ""
    location: str = ""
    shifts: list[ShiftInput] = strawberry.field(default_factory=list)

    def create(self, organization_id: int) -> models.Event:
        """Store the event and its shifts; raises when something is not as it must be."""
        if len(self.shifts) > MOST_SHIFTS:
            raise bad_input(f"An event has at most {MOST_SHIFTS} shifts.")
        if len(self.description) > LONGEST_DESCRIPTION:
            raise bad_input(f"A description has at most {LONGEST_DESCRIPTION} characters.")
        event = models.Event(
            organization_id=organization_id,
            title=self.title.strip(),
            description=self.description,
            location=self.location.strip(),
            starts_at=self.starts_at,
            ends_at=self.ends_at,
        )
        _check(event, "organization")
        event.save()
        for shift in self.shifts:
            _add(shift, event)
        row("SELECT signups_count_event(%s)::text", event.pk)
        return event


def _add(shift: ShiftInput, event: models.Event) -> None:
    made = models.Shift(
        organization_id=event.organization_id,
        event=event,
        title=shift.title.strip(),
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        capacity=shift.capacity,
    )
    _check(made, "organization", "event")
    made.save()


def _check(one: models.Event | models.Shift, *known: str) -> None:
    """Apply the model's rules; what stands in `known` was looked up already."""
    for moment in (one.starts_at, one.ends_at):
        if moment.tzinfo is None:
            raise ValidationError("A time must say its zone.")
    one.full_clean(exclude=known)
