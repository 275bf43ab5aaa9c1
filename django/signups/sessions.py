"""When do logins end early? When an account is locked, and when its password changes, wherever that is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from signups.models import RefreshToken, User

if TYPE_CHECKING:
    from django.db.models import QuerySet


def end_sessions(users: QuerySet[User]) -> int:
    """Make every access and refresh token of these accounts void; return how many accounts."""
    ids = list(users.values_list("pk", flat=True))
    with transaction.atomic():
        RefreshToken.objects.filter(user__in=ids, revoked_at=None).update(revoked_at=Now())
        return User.objects.filter(pk__in=ids).update(token_version=F("token_version") + 1)


class EndSessions:
    """Stands among the password validators: Django tells those of every password that was changed."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Have no opinion on passwords."""

    def get_help_text(self) -> str:
        """Say what happens."""
        return "Whoever is signed in with the old password is signed out."

    def password_changed(self, password: str, user: User | None = None) -> None:
        """End what began with the old one."""
        del password
        if user is not None and user.pk:
            end_sessions(User.objects.filter(pk=user.pk))
