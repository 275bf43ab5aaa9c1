"""What is to be told to people, and what has the worker still to do?"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Now

from signups.models.events import Event
from signups.models.organizations import Member, Organization


class Announcement(models.Model):
    """A mail to many; `recipients` is known when the worker has made one message for each of them."""

    class Audience(models.TextChoices):
        """Everyone in the organization (or of the event), or who has that state at the event."""

        EVERYONE = "everyone"
        CONFIRMED = "confirmed"
        WAITING = "waiting"

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="announcements", db_index=False
    )
    event = models.ForeignKey(Event, on_delete=models.SET_NULL, null=True, blank=True, related_name="announcements")
    author = models.ForeignKey(Member, on_delete=models.SET_NULL, null=True, blank=True, related_name="announcements")
    audience = models.CharField(max_length=20, choices=Audience.choices, default=Audience.EVERYONE)
    subject = models.CharField(max_length=200)
    body = models.TextField(max_length=5000)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    recipients = models.PositiveIntegerField(null=True, blank=True, editable=False)
    expected = models.PositiveIntegerField(null=True, blank=True, editable=False)  # as many as when it was written

    class Meta:
        """The newest first."""

        ordering: ClassVar = ["-created_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["organization", "-created_at", "-id"], name="announcement_by_age")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(audience__in=["everyone", "confirmed", "waiting"]), name="announcement_audience"
            )
        ]

    def __str__(self) -> str:
        return self.subject


class Export(models.Model):
    """A CSV file of an organization's people, made by the worker and kept for a day."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="exports", db_index=False)
    requested_by = models.ForeignKey(Member, on_delete=models.SET_NULL, null=True, related_name="exports")
    created_at = models.DateTimeField(db_default=Now(), db_index=True, editable=False)
    ready_at = models.DateTimeField(null=True, editable=False)
    content = models.BinaryField(null=True)
    rows = models.PositiveIntegerField(null=True, editable=False)
    error = models.CharField(max_length=200, null=True, editable=False)  # noqa: DJ001 - none: it did not fail

    class Meta:
        """The newest first."""

        ordering: ClassVar = ["-created_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["organization", "-created_at", "-id"], name="export_by_age")]

    def __str__(self) -> str:
        return f"{self.organization}, {self.created_at:%Y-%m-%d %H:%M}"


class OutboxMessage(models.Model):
    """Something to do, written in the transaction that made it necessary; done by the worker, at least once.

    `payload` holds ids and addresses, never a token: the worker makes tokens when it sends.
    """

    class State(models.TextChoices):
        """dropped: there was nobody to tell any more. failed: given up after many attempts."""

        PENDING = "pending"
        SENT = "sent"
        DROPPED = "dropped"
        FAILED = "failed"

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, null=True, blank=True, related_name="outbox"
    )
    kind = models.CharField(max_length=40)
    payload = models.JSONField(default=dict)
    key = models.CharField(max_length=200, null=True, blank=True, unique=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    due_at = models.DateTimeField(db_default=Now())
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    state = models.CharField(max_length=20, choices=State.choices, default=State.PENDING, db_default="pending")
    last_error = models.TextField(blank=True, db_default="")
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """The worker reads what is pending and due; who moves a shift, what still waits to tell of the move before."""

        verbose_name = "outbox message"
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["due_at", "id"], condition=models.Q(state="pending"), name="outbox_due"),
            models.Index(fields=["done_at"], name="outbox_by_end"),
            models.Index(
                Cast(KT("payload__sign_up_id"), models.BigIntegerField()),
                condition=models.Q(kind="moved", state="pending"),
                name="outbox_moved",
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=["pending", "sent", "dropped", "failed"]), name="outbox_state_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}: {self.state}"


class Tick(models.Model):
    """A moment of beat's schedule whose work is done: it is not done again. Kept for a week."""

    entry = models.CharField(max_length=40)
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        """Each once."""

        constraints: ClassVar = [models.UniqueConstraint(fields=["entry", "due_at"], name="tick_once")]

    def __str__(self) -> str:
        return f"{self.entry} of {self.due_at:%Y-%m-%d %H:%M:%S}"
