"""How do the stories get into an empty database?"""

from __future__ import annotations

import random
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.utils import timezone

from signups import places
from signups.models import Event, Member, Organization, Role, Shift, SignUp, User
from signups.seeding.accounts import COORDINATORS, converge_account
from signups.seeding.stories import PEOPLE, STORIES, PlannedEvent, PlannedShift, Story

if TYPE_CHECKING:
    from collections.abc import Sequence

ACCOUNTS = {
    Role.OWNER: ("owner@example.org", "Robin Ferry"),
    Role.COORDINATOR: ("coordinator@example.org", "Kim Sandoval"),
    Role.VOLUNTEER: ("volunteer@example.org", "Sam Okafor"),
}
CAME = (True, True, True, True, False, None)  # who came, who did not, and who was not ticked off


def create_accounts(password: str) -> list[str]:
    """Make an account for each role, with this password; return what was done."""
    done = []
    for role, (email, name) in ACCOUNTS.items():
        is_staff = role != Role.VOLUNTEER
        done.append(f"{email} {converge_account(email, password, name=name, is_staff=is_staff)}")
        user = User.objects.get(email=email)
        if is_staff:
            user.groups.add(Group.objects.get(name=COORDINATORS))
        with connection.cursor() as cursor:  # when the organizations were there first
            cursor.execute("SELECT signups_link_members(%s)", (user.pk,))
    return done


@transaction.atomic
def create_demonstration() -> int:
    """Create the organizations that are not there yet, with all they have; return how many."""
    known = set(Organization.objects.filter(slug__in=[one.slug for one in STORIES]).values_list("slug", flat=True))
    missing = [one for one in STORIES if one.slug not in known]
    for story in missing:
        _create(story)
    return len(missing)


def _create(story: Story) -> None:
    organization = Organization.objects.create(name=story.name, slug=story.slug, description=story.description)
    chance = random.Random(story.slug)  # noqa: S311 - the same people every time, no secret
    people = _people(organization, chance, story.people)
    for planned in story.events:
        _create_event(organization, planned, people, chance)


def _people(organization: Organization, chance: random.Random, count: int) -> list[Member]:
    """Let those who have an account be members, each in their role, and others beside them."""
    users = {one.email: one for one in User.objects.filter(email__in=[email for email, _ in ACCOUNTS.values()])}
    people = [
        Member(organization=organization, user=users.get(email), name=name, email=email, role=role)
        for role, (email, name) in ACCOUNTS.items()
    ]
    people += [
        Member(organization=organization, name=name, email=f"{name.lower().replace(' ', '.')}@example.org", phone=phone)
        for name in chance.sample(PEOPLE, count - len(people))
        for phone in [chance.choice(("", f"+44 20 7946 0{chance.randrange(100, 999)}"))]
    ]
    return Member.objects.bulk_create(people)


def _create_event(
    organization: Organization, planned: PlannedEvent, people: Sequence[Member], chance: random.Random
) -> None:
    times = [_times(planned, shift) for shift in planned.shifts]
    event = Event.objects.create(
        organization=organization,
        title=planned.title,
        description=planned.description,
        location=planned.location,
        starts_at=min(starts_at for starts_at, _ in times),
        ends_at=max(ends_at for _, ends_at in times),
        state=planned.state,
    )
    for one, (starts_at, ends_at) in zip(planned.shifts, times, strict=True):
        shift = Shift.objects.create(
            organization=organization,
            event=event,
            title=one.title,
            starts_at=starts_at,
            ends_at=ends_at,
            capacity=one.capacity,
        )
        _fill(shift, one, people, chance)
        places.settle(shift.pk)


def _fill(shift: Shift, planned: PlannedShift, people: Sequence[Member], chance: random.Random) -> None:
    count = planned.confirmed + planned.waiting
    chosen = chance.sample(people[2:], min(count, len(people) - 2))  # who runs the organization does not sign up
    is_over = shift.ends_at < timezone.now()
    since = min(timezone.now(), shift.starts_at) - timedelta(days=6)
    SignUp.objects.bulk_create(
        SignUp(
            organization=shift.organization,
            shift=shift,
            member=member,
            state=SignUp.State.CONFIRMED if number < planned.confirmed else SignUp.State.WAITING,
            created_at=since + timedelta(hours=5 * number, minutes=chance.randrange(60)),
            attended=chance.choice(CAME) if is_over else None,
        )
        for number, member in enumerate(chosen)
    )


def _times(event: PlannedEvent, shift: PlannedShift) -> tuple[datetime, datetime]:
    day = timezone.localdate() + timedelta(days=event.in_days + int(shift.from_hour // 24))
    starts_at = datetime.combine(day, time()) + timedelta(hours=shift.from_hour % 24)
    return timezone.make_aware(starts_at), timezone.make_aware(starts_at + timedelta(hours=shift.hours))
