"""What is stored? Organizations with their members, events with their places, and who signed up."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Lower, Now


class User(AbstractUser):
    """An account. Ours from the first migration on, because it cannot be exchanged later without pain."""


class Organization(models.Model):
    """A tenant: who holds events."""

    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=80, unique=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    members = models.ManyToManyField(User, through="Membership", related_name="organizations")

    class Meta:
        """Order in lists."""

        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """What a user may do in an organization."""

    class Role(models.TextChoices):
        """From all rights to few."""

        OWNER = "owner"
        COORDINATOR = "coordinator"
        MEMBER = "member"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.MEMBER)

    class Meta:
        """One role for each user and organization."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "organization"], name="membership_once"),
            models.CheckConstraint(
                condition=models.Q(role__in=["owner", "coordinator", "member"]), name="membership_role_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.organization}: {self.role}"


class Event(models.Model):
    """Something to help at. `signed_up` is a counter, kept by `signups.recounting`."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="events")
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    location = models.CharField(max_length=200, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    places = models.PositiveIntegerField(validators=[MinValueValidator(1)])
    signed_up = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    counted_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        """The API lists by end and start, admin by organization."""

        ordering: ClassVar = ["starts_at", "id"]
        indexes: ClassVar = [
            models.Index(fields=["starts_at", "id"], name="event_by_start"),
            models.Index(fields=["ends_at"], name="event_by_end"),
            models.Index(fields=["organization", "starts_at"], name="event_by_organization"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="event_ends_after_start"
            ),
            models.CheckConstraint(condition=models.Q(places__gte=1), name="event_has_places"),
        ]

    def __str__(self) -> str:
        return self.title


class SignUp(models.Model):
    """A volunteer at an event: a user, or a name and an e-mail address."""

    class State(models.TextChoices):
        """Only a confirmed sign-up takes a place."""

        CONFIRMED = "confirmed"
        WAITING = "waiting"
        CANCELLED = "cancelled"

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="sign_ups")
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="sign_ups")
    name = models.CharField(max_length=200, blank=True)
    email = models.EmailField(blank=True)
    state = models.CharField(max_length=20, choices=State.choices, default=State.CONFIRMED)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        """The same person is not twice at one event; a cancelled sign-up does not stand in the way."""

        verbose_name = "sign-up"
        ordering: ClassVar = ["event", "created_at", "id"]
        indexes: ClassVar = [models.Index(fields=["event", "state"], name="sign_up_by_event_state")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["event", "user"],
                condition=models.Q(user__isnull=False) & ~models.Q(state="cancelled"),
                name="sign_up_user_once",
            ),
            models.UniqueConstraint(
                "event",
                Lower("email"),
                condition=~models.Q(email="") & ~models.Q(state="cancelled"),
                name="sign_up_email_once",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["confirmed", "waiting", "cancelled"]), name="sign_up_state_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name or self.user or self.email} at {self.event}"
