"""What can be read? One's own account, an organization's page, and one event by its public link."""

from __future__ import annotations

from typing import cast

import strawberry
import strawberry_django
from signups import models

from graph.organizations import Organization
from graph.tenancy import whole
from graph.types import Event, Info, Role


@strawberry.type
class Membership:
    """An organization that one belongs to."""

    slug: str
    name: str
    role: Role  # type: ignore[valid-type]
    member_id: strawberry.ID


@strawberry.type
class Me:
    """One's own account."""

    id: strawberry.ID
    name: str
    email: str
    organizations: list[Membership]


def _me(info: Info) -> Me | None:
    """Return the account of the access token; null without one."""
    user_id = info.context.user_id
    if user_id is None:
        return None
    account = models.User.objects.only("name", "email").get(pk=user_id)
    found = models.Member.objects.filter(user_id=user_id).select_related("organization").order_by("organization__name")
    memberships = [
        Membership(
            slug=one.organization.slug, name=one.organization.name, role=models.Role(one.role), member_id=_id(one)
        )
        for one in found
    ]
    return Me(id=strawberry.ID(str(user_id)), name=account.name, email=account.email, organizations=memberships)


def _id(one: models.Member) -> strawberry.ID:
    return strawberry.ID(str(one.pk))


def _organization(info: Info, slug: str) -> Organization:
    """Look at an organization; what of it is given depends on the caller's role there."""
    info.context.enter(slug)
    return cast("Organization", models.Organization.objects.filter(slug=slug))


def _event(info: Info, id: strawberry.ID) -> Event:  # noqa: A002 - an argument of the field
    """Return an event that was published, whoever asks; drafts are found in their organization."""
    public = models.Event.objects.filter(pk=whole(id)).exclude(state=models.Event.State.DRAFT)
    info.context.enter_by_id(public.values_list("organization_id", flat=True).first())
    return cast("Event", public)


@strawberry.type
class Query:
    """Reads; each field of the root stands for itself."""

    me: Me | None = strawberry.field(resolver=_me)
    organization: Organization | None = strawberry_django.field(resolver=_organization)
    event: Event | None = strawberry_django.field(resolver=_event)
