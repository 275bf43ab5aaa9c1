"""What is an organization's page made of? Its events with shifts and sign-ups, and its people."""

from __future__ import annotations

from typing import Annotated, cast

import strawberry
import strawberry_django
from django.db.models import Q
from django.utils import timezone
from signups import models
from strawberry import auto

from graph.limits import FIRST
from graph.paging import page
from graph.tenancy import whole
from graph.types import Event, EventState, Info, Person, Role

First = Annotated[int, strawberry.argument(description="How many, 1 to 100.")]
After = Annotated[strawberry.ID | None, strawberry.argument(description="The id of the last one of the page before.")]


def _events(
    info: Info,
    state: EventState | None = None,  # type: ignore[valid-type]
    past: bool = False,  # noqa: FBT001, FBT002 - an argument of the field
    first: First = FIRST,
    after: After = None,
) -> list[Event]:
    """List the events that are not over, or with `past` those that are, by their start."""
    over = Q(ends_at__lt=timezone.now())
    rows = Event.get_queryset(models.Event.objects.filter(over if past else ~over), info)
    rows = rows if state is None else rows.filter(state=state)
    return cast("list[Event]", page(rows, "starts_at", first=first, after=after))


def _event(id: strawberry.ID) -> Event | None:  # noqa: A002 - an argument of the field
    """Return an event of the organization in any state that the caller may see."""
    return cast("Event", models.Event.objects.filter(pk=whole(id)))


def _people(
    info: Info,
    search: str = "",
    role: Role | None = None,  # type: ignore[valid-type]
    first: First = FIRST,
    after: After = None,
) -> list[Person]:
    """List the people by name; `search` looks in names and addresses. Coordinators only."""
    info.context.must_coordinate()
    rows = Person.get_queryset(models.Member.objects.all(), info)
    rows = rows if role is None else rows.filter(role=role)
    rows = rows.filter(Q(name__icontains=search) | Q(email__icontains=search)) if search else rows
    return cast("list[Person]", page(rows, "name", first=first, after=after))


@strawberry_django.type(models.Organization)
class Organization:
    """Who holds events."""

    id: auto
    slug: auto
    name: auto
    description: auto
    created_at: auto
    events: list[Event] = strawberry_django.field(resolver=_events)
    event: Event | None = strawberry_django.field(resolver=_event)
    people: list[Person] | None = strawberry_django.field(resolver=_people)
