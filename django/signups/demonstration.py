"""What does a developer see on the first day? Two organizations, their next events, and people who signed up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db import transaction
from django.utils import timezone

from signups.models import Event, Organization, SignUp
from signups.recounting import recount_event


@dataclass(frozen=True)
class Planned:
    """An event, so many days from today."""

    title: str
    description: str
    location: str
    in_days: int
    from_hour: int
    hours: int
    places: int
    confirmed: int


PLAN: dict[tuple[str, str], tuple[Planned, ...]] = {
    ("Tidy Coast", "tidy-coast"): (
        Planned("Beach clean-up", "Gloves and bags are there; bring boots.", "North pier", 3, 9, 4, 20, 12),
        Planned("Dune planting", "Marram grass against the winter storms.", "Dune path, gate 2", 10, 10, 3, 12, 12),
        Planned("Litter count", "We count what the sea brings, for the yearly report.", "South beach", 24, 8, 2, 6, 1),
    ),
    ("Harbour Kitchen", "harbour-kitchen"): (
        Planned("Soup for sixty", "Cooking and serving; no experience needed.", "Quay 4", 1, 16, 4, 8, 7),
        Planned("Food collection", "A round of the markets with two cargo bikes.", "Market square", 6, 7, 3, 4, 2),
        Planned("Kitchen deep clean", "Once a season, everything shines.", "Quay 4", 17, 13, 5, 10, 3),
    ),
}


@transaction.atomic
def create_demonstration() -> int:
    """Create the organizations, events and sign-ups; return how many events."""
    return sum(_create_organization(name, slug, planned) for (name, slug), planned in PLAN.items())


def _create_organization(name: str, slug: str, planned: tuple[Planned, ...]) -> int:
    organization = Organization.objects.create(name=name, slug=slug)
    for one in planned:
        event = Event.objects.create(
            organization=organization,
            title=one.title,
            description=one.description,
            location=one.location,
            starts_at=_at(one.in_days, one.from_hour),
            ends_at=_at(one.in_days, one.from_hour) + timedelta(hours=one.hours),
            places=one.places,
        )
        SignUp.objects.bulk_create(
            SignUp(event=event, name=f"Volunteer {number}", email=f"volunteer{number}@example.org")
            for number in range(1, one.confirmed + 1)
        )
        recount_event(event.pk)
    return len(planned)


def _at(in_days: int, hour: int) -> datetime:
    day = timezone.localdate() + timedelta(days=in_days)
    return timezone.make_aware(datetime.combine(day, time(hour)))
