"""What is there to help at, when, and who helps?

`taken`, `waiting` and an event's totals are counted by the database functions of `migrations/sql/`, which the API,
admin and GraphQL all call: nothing else writes them.
"""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now

from signups.models.organizations import Member, Organization


class Event(models.Model):
    """A day, or some days, of helping: made of shifts."""

    class State(models.TextChoices):
        """Only a published event takes sign-ups; a draft is not shown to the public."""

        DRAFT = "draft"
        PUBLISHED = "published"
        CANCELLED = "cancelled"

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="events", db_index=False)
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True, max_length=5000, db_default="")
    location = models.CharField(max_length=200, blank=True, db_default="")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    state = models.CharField(max_length=20, choices=State.choices, default=State.DRAFT, db_default="draft")
    capacity = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    taken = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    free = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        """The public lists read what is published, the coordinator's list reads all of an organization."""

        ordering: ClassVar = ["starts_at", "id"]
        indexes: ClassVar = [
            models.Index(
                fields=["starts_at", "id", "ends_at"], condition=models.Q(state="published"), name="event_by_start"
            ),
            models.Index(
                fields=["organization", "starts_at", "id", "ends_at"],  # what is over is skipped within the index
                condition=models.Q(state="published"),
                name="event_public_by_org",
            ),
            models.Index(fields=["organization", "starts_at", "id"], name="event_by_organization"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="event_ends_after_start"
            ),
            # The lists begin reading so long before now: what is not over has begun since.
            models.CheckConstraint(
                condition=models.Q(ends_at__lte=models.F("starts_at") + timedelta(days=31)), name="event_not_endless"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["draft", "published", "cancelled"]), name="event_state_known"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Shift(models.Model):
    """What people sign up for: a task, a time, a number of places."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="shifts")
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="shifts", db_index=False)
    title = models.CharField(max_length=200)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    capacity = models.PositiveIntegerField(validators=[MinValueValidator(1), MaxValueValidator(10_000)])
    taken = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    waiting = models.PositiveIntegerField(default=0, db_default=0, editable=False)

    class Meta:
        """Read with its event, and by the reminders."""

        ordering: ClassVar = ["starts_at", "id"]
        indexes: ClassVar = [
            models.Index(fields=["event", "starts_at", "id"], name="shift_by_event"),
            models.Index(fields=["starts_at"], name="shift_by_start"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="shift_ends_after_start"
            ),
            models.CheckConstraint(condition=models.Q(capacity__gte=1, capacity__lte=10_000), name="shift_capacity"),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.event})"


class SignUp(models.Model):
    """A person in a shift. Who waits is served in the order of `created_at`, then `id`."""

    class State(models.TextChoices):
        """Only a confirmed sign-up takes a place."""

        CONFIRMED = "confirmed"
        WAITING = "waiting"
        CANCELLED = "cancelled"

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="sign_ups")
    shift = models.ForeignKey(Shift, on_delete=models.CASCADE, related_name="sign_ups", db_index=False)
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="sign_ups")
    state = models.CharField(max_length=20, choices=State.choices, default=State.WAITING, db_default="waiting")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    cancelled_at = models.DateTimeField(null=True, blank=True, editable=False)
    attended = models.BooleanField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        """The same person is once in a shift; a cancelled sign-up does not stand in the way."""

        verbose_name = "sign-up"
        ordering: ClassVar = ["shift", "created_at", "id"]
        indexes: ClassVar = [models.Index(fields=["shift", "state", "created_at", "id"], name="sign_up_by_shift")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["shift", "member"], condition=~models.Q(state="cancelled"), name="sign_up_once"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["confirmed", "waiting", "cancelled"]), name="sign_up_state_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member}: {self.shift}"
