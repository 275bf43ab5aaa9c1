"""Which accounts does a seed make? The administrator, and in development one of each role to try things out with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import Group, Permission
from django.utils import timezone

from signups.models import User

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COORDINATORS = "Coordinators"
MAY: Mapping[str, Sequence[str]] = {
    "organization": ("view", "change"),
    "member": ("view", "add", "change", "delete"),
    "invitation": ("view", "add", "change"),
    "event": ("view", "add", "change", "delete"),
    "shift": ("view", "add", "change", "delete"),
    "signup": ("view", "add", "change"),
    "announcement": ("view", "add"),
    "export": ("view",),
    "outboxmessage": ("view",),
}


def converge_account(
    email: str, password: str, *, name: str, is_superuser: bool = False, is_staff: bool = False
) -> str:
    """Make an account, or make it what is asked; return what was done: created, updated, up to date."""
    wanted = {"is_active": True, "is_staff": is_staff or is_superuser, "is_superuser": is_superuser}
    user, is_new = User.objects.get_or_create(
        email=email.lower(), defaults={"name": name, "password": "!", "confirmed_at": timezone.now(), **wanted}
    )
    if (
        not is_new
        and user.check_password(password)
        and all(getattr(user, key) == value for key, value in wanted.items())
    ):
        return "up to date"
    # Saved only when something differs: a new hash each time would end every session of the account.
    for key, value in wanted.items():
        setattr(user, key, value)
    user.set_password(password)
    user.token_version += 0 if is_new else 1
    user.confirmed_at = user.confirmed_at or timezone.now()
    user.save()
    return "created" if is_new else "updated"


def converge_group() -> Group:
    """Make the group of those who work in admin for their organization, with just these rights."""
    group, _ = Group.objects.get_or_create(name=COORDINATORS)
    names = [f"{right}_{model}" for model, rights in MAY.items() for right in rights]
    group.permissions.set(Permission.objects.filter(content_type__app_label="signups", codename__in=names))
    return group
