"""Who holds events, who belongs to them, and who is asked to join?"""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import MinLengthValidator
from django.db import models
from django.db.models.functions import Lower, Now

from signups.models.accounts import User
from signups.models.addresses import AddressField
from signups.models.names import no_link


class Role(models.TextChoices):
    """From all rights to few."""

    OWNER = "owner"
    COORDINATOR = "coordinator"
    VOLUNTEER = "volunteer"


def role_is_known(name: str) -> models.CheckConstraint:
    """Return the constraint that a table's `role` is one of `Role`."""
    return models.CheckConstraint(condition=models.Q(role__in=["owner", "coordinator", "volunteer"]), name=name)


class Organization(models.Model):
    """A tenant: who holds events."""

    name = models.CharField(max_length=200, validators=[no_link])
    slug = models.SlugField(max_length=80, unique=True, validators=[MinLengthValidator(3)])
    description = models.TextField(blank=True, max_length=5000, db_default="")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    daily_mails = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="How many invitations and announced mails may go out in a day. Empty: it grows with age and people.",
    )

    class Meta:
        """Order in lists."""

        ordering: ClassVar = ["name", "id"]
        indexes: ClassVar = [models.Index(fields=["name", "id"], name="organization_by_name")]

    def __str__(self) -> str:
        return self.name


class Member(models.Model):
    """A person in an organization, with an account or without.

    `confirmed_at` is empty while somebody was written down by others and has not said yes: nothing but an invitation
    reaches them.
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="members", db_index=False)
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="members")
    name = models.CharField(max_length=200, validators=[no_link])
    email = AddressField()
    phone = models.CharField(max_length=50, blank=True, db_default="")
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.VOLUNTEER, db_default="volunteer")
    joined_at = models.DateTimeField(db_default=Now(), editable=False)
    confirmed_at = models.DateTimeField(null=True, blank=True, db_default=Now(), editable=False)

    class Meta:
        """The same address, and the same account, once in each organization."""

        ordering: ClassVar = ["name", "id"]
        indexes: ClassVar = [
            models.Index(fields=["organization", "name", "id"], name="member_by_name"),
            models.Index(fields=["email"], name="member_by_email"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "email"], name="member_email_once"),
            models.UniqueConstraint(fields=["organization", "user"], name="member_user_once"),
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="member_email_lower"),
            role_is_known("member_role_known"),
        ]

    def __str__(self) -> str:
        return self.name


class Invitation(models.Model):
    """Somebody is asked to join. The worker makes the token when it mails the link, and keeps its hash."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="invitations", db_index=False)
    email = AddressField()
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.VOLUNTEER, db_default="volunteer")
    invited_by = models.ForeignKey(Member, on_delete=models.SET_NULL, null=True, blank=True, related_name="invited")
    token_hash = models.BinaryField(max_length=32, null=True, unique=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """One open invitation for each address."""

        ordering: ClassVar = ["-created_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["organization", "-created_at", "-id"], name="invitation_by_age")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "email"],
                condition=models.Q(accepted_at=None, revoked_at=None),
                name="invitation_open_once",
            ),
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="invitation_email_lower"),
            role_is_known("invitation_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.email} to {self.organization}"
