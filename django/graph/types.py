"""What do the things look like that GraphQL gives? A tree without a way back up, so that no query can run in circles.

`get_queryset` of each type is applied wherever rows of it are read, at the root and below: there the organization is
set, and what of it the caller may see.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, cast

import strawberry
import strawberry_django
from django.db.models import QuerySet
from signups import models
from strawberry import auto

from graph.paging import Limited
from graph.tenancy import Caller, own

if TYPE_CHECKING:
    Info: TypeAlias = strawberry.Info[Caller, None]
else:
    Info = strawberry.Info

EventState = strawberry.enum(models.Event.State, name="EventState")
SignUpState = strawberry.enum(models.SignUp.State, name="SignUpState")
Role = strawberry.enum(models.Role, name="Role")


def _address(root: strawberry.Parent[Any], info: Info) -> str | None:
    return cast("str", root.email) if _may_know(root, info.context) else None


def _phone(root: strawberry.Parent[Any], info: Info) -> str | None:
    return cast("str", root.phone) if _may_know(root, info.context) else None


def _may_know(person: models.Member, caller: Caller) -> bool:
    return caller.is_coordinator or person.pk == caller.member_id


def _has_account(root: strawberry.Parent[Any]) -> bool:
    return root.user_id is not None


def _free(root: strawberry.Parent[Any]) -> int:
    return max(0, int(root.capacity) - int(root.taken))


@strawberry_django.type(models.Member)
class Person:
    """Somebody in the organization; addresses are for coordinators, and one's own."""

    id: auto
    name: auto
    role: Role  # type: ignore[valid-type]
    joined_at: auto
    email: str | None = strawberry_django.field(resolver=_address, only=["email"])
    phone: str | None = strawberry_django.field(resolver=_phone, only=["phone"])
    has_account: bool = strawberry_django.field(resolver=_has_account, only=["user_id"])

    @classmethod
    def get_queryset(cls, queryset: QuerySet[models.Member], info: Info) -> QuerySet[models.Member]:
        """Give coordinators everyone, and others themselves."""
        caller = info.context
        seen = own(queryset, caller)
        return seen if caller.is_coordinator else seen.filter(pk=caller.myself)


@strawberry_django.type(models.SignUp)
class SignUp:
    """A person in a shift."""

    id: auto
    state: SignUpState  # type: ignore[valid-type]
    created_at: auto
    attended: auto
    member: Person

    @classmethod
    def get_queryset(cls, queryset: QuerySet[models.SignUp], info: Info) -> QuerySet[models.SignUp]:
        """Give coordinators all that are not cancelled, and others their own."""
        caller = info.context
        seen = own(queryset, caller).order_by("created_at", "pk")
        return seen if caller.is_coordinator else seen.filter(member_id=caller.myself)


@strawberry_django.type(models.Shift)
class Shift:
    """What people sign up for."""

    id: auto
    title: auto
    starts_at: auto
    ends_at: auto
    capacity: auto
    taken: auto
    waiting: auto
    free: int = strawberry_django.field(resolver=_free, only=["capacity", "taken"])
    sign_ups: list[SignUp] = strawberry_django.field(pagination=True, field_cls=Limited)

    @classmethod
    def get_queryset(cls, queryset: QuerySet[models.Shift], info: Info) -> QuerySet[models.Shift]:
        """Give those of the organization; whether their event may be seen is decided there."""
        return own(queryset, info.context).order_by("starts_at", "pk")


@strawberry_django.type(models.Event)
class Event:
    """A day, or some days, of helping."""

    id: auto
    title: auto
    description: auto
    location: auto
    starts_at: auto
    ends_at: auto
    state: EventState  # type: ignore[valid-type]
    capacity: auto
    taken: auto
    free: auto
    created_at: auto
    shifts: list[Shift] = strawberry_django.field(pagination=True, field_cls=Limited)

    @classmethod
    def get_queryset(cls, queryset: QuerySet[models.Event], info: Info) -> QuerySet[models.Event]:
        """Give drafts to coordinators alone."""
        seen = own(queryset, info.context)
        return seen if info.context.is_coordinator else seen.exclude(state=models.Event.State.DRAFT)
