"""What must be said of a new event? The same, within the same limits, as the API asks."""

from __future__ import annotations

from datetime import datetime

import strawberry
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

    def to_shift(self, event: models.Event) -> models.Shift:
        """Build the shift, not stored yet; raises when something is not as it must be."""
        shift = models.Shift(
            organization_id=event.organization_id,
            event=event,
            title=self.title.strip(),
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            capacity=self.capacity,
        )
        _check(shift, "organization", "event")
        return shift


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
        shifts = [one.to_shift(event) for one in self.shifts]
        event.save()
        models.Shift.objects.bulk_create(shifts)
        row("SELECT signups_count_event(%s)::text", event.pk)
        return event


def _check(one: models.Event | models.Shift, *known: str) -> None:
    """Apply the rules of the model's fields; what stands in `known` was looked up already."""
    if one.starts_at.tzinfo is None or one.ends_at.tzinfo is None:
        raise bad_input("A time must say its zone.")
    if one.ends_at <= one.starts_at:
        raise bad_input("The end must be after the start.")
    one.clean_fields(exclude=known)
