"""What can be changed? Events are made and published, people sign up, cancel, and are seen to have come.

Each mutation is a savepoint of its own: one that is refused leaves nothing behind and does not touch the others.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, cast

import strawberry
import strawberry_django
from django.db import DatabaseError, transaction
from signups import models, places
from signups.queue import tell_after_commit

from graph.inputs import EventInput
from graph.refusals import RefusedError, not_found
from graph.tenancy import Caller, own, row, whole
from graph.types import Event, Info, SignUp

ORGANIZATION_OF_SIGN_UP = "SELECT signups_organization_of_sign_up(%s)"
PLACE = "SELECT signups_place(%s)"
# An address that was proven is that of the person whom the organization may know by it already.
BECOME_MEMBER = """
    INSERT INTO signups_member (organization_id, user_id, name, email)
    SELECT %s, id, name, email FROM signups_user WHERE id = %s AND confirmed_at IS NOT NULL
    ON CONFLICT (organization_id, email) DO UPDATE SET user_id = excluded.user_id WHERE signups_member.user_id IS NULL
    RETURNING id
"""

# Who signs up has said yes to the organization that wrote them down.
CONFIRM = "SELECT signups_confirm(id) FROM signups_member WHERE organization_id = %s AND id = %s"


def _signed_up(root: strawberry.Parent[Any]) -> SignUp:
    return _read_sign_up(root.sign_up_id)


@strawberry.type
class SignedUp:
    """What came of it: a place, or a place on the waiting list."""

    sign_up_id: strawberry.Private[int]
    place: int | None
    sign_up: SignUp = strawberry_django.field(resolver=_signed_up)


@contextlib.contextmanager
def _change() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except DatabaseError as error:
        said = places.refusal(error)
        if not said:
            raise
        raise RefusedError("CONFLICT", said) from error


def _create_event(info: Info, organization: str, event: EventInput) -> Event:
    """Make an event with its shifts, as a draft. Coordinators only."""
    caller = _coordinating(info, organization)
    with _change():
        made = event.create(cast("int", caller.organization_id))
    return _read_event(made.pk)


def _publish_event(info: Info, organization: str, id: strawberry.ID) -> Event:  # noqa: A002 - an argument of the field
    """Open an event for sign-ups. Coordinators only; it needs a shift."""
    caller = _coordinating(info, organization)
    found = own(models.Event.objects.filter(pk=whole(id)), caller)
    with _change():
        if not found.exists():
            raise not_found()
        if not places.publish(whole(id)) and not found.filter(state=models.Event.State.PUBLISHED).exists():
            raise RefusedError("CONFLICT", "An event without a shift cannot be published.")
    tell_after_commit()
    return _read_event(whole(id))


def _sign_up(info: Info, shift_id: strawberry.ID) -> SignedUp:
    """Sign oneself up; whoever is not in the organization yet becomes a volunteer there."""
    caller = info.context
    caller.must_be_signed_in()
    shift = models.Shift.objects.filter(pk=whole(shift_id)).exclude(event__state=models.Event.State.DRAFT)
    caller.enter_by_id(shift.values_list("organization_id", flat=True).first())
    with _change():
        if caller.member_id is None:
            _become_member(caller)
        row(CONFIRM, caller.organization_id, caller.member_id)
        done = places.sign_up(whole(shift_id), cast("int", caller.member_id))
    tell_after_commit()
    (place,) = row(PLACE, done) or (None,)
    return SignedUp(sign_up_id=done, place=place)


def _become_member(caller: Caller) -> None:
    caller.join()
    found = row(BECOME_MEMBER, caller.organization_id, caller.user_id)
    if found is None:
        raise RefusedError("CONFLICT", "The organization knows your address under another account.")
    caller.member_id, caller.role = found[0], models.Role.VOLUNTEER


def _cancel_sign_up(info: Info, id: strawberry.ID) -> SignUp:  # noqa: A002 - an argument of the field
    """Take one's own sign-up back; coordinators also somebody else's."""
    found = _known_sign_up(info.context, id)
    with _change():
        places.cancel(found.pk)
    tell_after_commit()
    return _read_sign_up(found.pk)


def _set_attendance(info: Info, id: strawberry.ID, attended: bool | None = None) -> SignUp:  # noqa: A002, FBT001 - arguments of the field
    """Note that somebody came, did not come, or that nobody knows. Coordinators only."""
    found = _known_sign_up(info.context, id)
    info.context.must_coordinate()
    with _change():
        mine = own(models.SignUp.objects.filter(pk=found.pk), info.context)
        if not mine.filter(state=models.SignUp.State.CONFIRMED).update(attended=attended):
            raise RefusedError("CONFLICT", "Only a confirmed sign-up can be attended.")
    return _read_sign_up(found.pk)


def _coordinating(info: Info, organization: str) -> Caller:
    info.context.must_be_signed_in()
    info.context.enter(organization)
    info.context.must_coordinate()
    return info.context


def _known_sign_up(caller: Caller, id: strawberry.ID) -> models.SignUp:  # noqa: A002 - as the argument of the fields
    """Find a sign-up, in whichever organization; one that the caller may not see is not there."""
    caller.must_be_signed_in()
    (organization_id,) = row(ORGANIZATION_OF_SIGN_UP, whole(id)) or (None,)
    caller.enter_by_id(organization_id)
    seen = own(models.SignUp.objects.filter(pk=whole(id)), caller)
    found = (seen if caller.is_coordinator else seen.filter(member_id=caller.myself)).first()
    if found is None:
        raise not_found()
    return found


def _read_event(pk: int) -> Event:
    return cast("Event", models.Event.objects.filter(pk=pk))


def _read_sign_up(pk: int) -> SignUp:
    return cast("SignUp", models.SignUp.objects.filter(pk=pk))


@strawberry.type
class Mutation:
    """Changes, one after the other."""

    create_event: Event | None = strawberry_django.field(resolver=_create_event)
    publish_event: Event | None = strawberry_django.field(resolver=_publish_event)
    sign_up: SignedUp | None = strawberry_django.field(resolver=_sign_up)
    cancel_sign_up: SignUp | None = strawberry_django.field(resolver=_cancel_sign_up)
    set_attendance: SignUp | None = strawberry_django.field(resolver=_set_attendance)
