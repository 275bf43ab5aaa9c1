"""Who can log in, and by which tokens?"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower, Now

from signups.models.addresses import AddressField
from signups.models.names import no_link


class UserManager(BaseUserManager["User"]):
    """Makes accounts; the e-mail address is kept in lower case."""

    def create_user(self, email: str, password: str | None = None, **more: Any) -> User:
        """Make an account; without a password nobody can log in to it."""
        user = self.model(email=email.lower(), **more)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **more: Any) -> User:
        """Make an administrator."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **more)

    def get_by_natural_key(self, username: str | None) -> User:
        """Find who logs in, however they write their address."""
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser, PermissionsMixin):
    """An account. `token_version` is in every access token: one more, and all of them are void."""

    email = AddressField(unique=True)
    name = models.CharField(max_length=200, validators=[no_link])
    is_active = models.BooleanField(default=True, db_default=True)
    is_staff = models.BooleanField(default=False, db_default=False)
    is_superuser = models.BooleanField(default=False, db_default=False)
    token_version = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    confirmed_at = models.DateTimeField(null=True, blank=True, editable=False)
    date_joined = models.DateTimeField(db_default=Now(), editable=False)

    objects = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar = ["name"]

    class Meta:
        """Addresses are compared as they stand, so they stand in one way."""

        ordering: ClassVar = ["email"]
        indexes: ClassVar = [
            models.Index(fields=["date_joined"], condition=models.Q(confirmed_at=None), name="user_unconfirmed")
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_lower"),
        ]

    def __str__(self) -> str:
        return str(self.email)


class RefreshToken(models.Model):
    """One use of a login. A family is a login: when a token comes twice, all of the family end."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="refresh_tokens")
    family = models.UUIDField(db_index=True)
    token_hash = models.BinaryField(max_length=32, unique=True)
    issued_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    user_agent = models.CharField(max_length=200, blank=True, db_default="")

    def __str__(self) -> str:
        return f"{self.user} since {self.issued_at:%Y-%m-%d %H:%M}"


class OneTimeToken(models.Model):
    """A mailed link with which a password is chosen, once."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="one_time_tokens")
    token_hash = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"for {self.user} until {self.expires_at:%Y-%m-%d %H:%M}"


class IdempotencyKey(models.Model):
    """What was answered to a request that must not happen twice; without a status it still runs."""

    scope_hash = models.BinaryField(max_length=32, primary_key=True)
    request_hash = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.TextField(null=True)  # noqa: DJ001 - none is not the same as an empty answer
    created_at = models.DateTimeField(db_default=Now(), db_index=True, editable=False)

    def __str__(self) -> str:
        return f"{bytes(self.scope_hash).hex()[:12]}: {self.status or 'running'}"
