"""What must be in the database before anyone can use it? The administrator; in development, something to look at."""

from __future__ import annotations

import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from signups.demonstration import create_demonstration
from signups.models import Organization, User


class Command(BaseCommand):
    """Converge: run it as often as you like."""

    help = "Creates or updates the administrator; in development fills an empty database with events. Idempotent."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Do both parts and say what was done."""
        self.stdout.write(self._administrator())
        self.stdout.write(self._demonstration())

    def _administrator(self) -> str:
        name, password = os.environ.get("DJANGO_ADMIN_USER"), os.environ.get("DJANGO_ADMIN_PASSWORD")
        if not name or not password:
            return "administrator: DJANGO_ADMIN_USER and DJANGO_ADMIN_PASSWORD are not both set, none made"
        user, is_new = User.objects.get_or_create(
            username=name, defaults={"is_staff": True, "is_superuser": True, "password": "!"}
        )
        may = user.is_staff and user.is_superuser and user.is_active
        if not is_new and may and user.check_password(password):
            return f"administrator: {name} is up to date"
        # Saved only when something differs: a new hash each time would end every session of the administrator.
        user.is_staff = user.is_superuser = user.is_active = True
        user.set_password(password)
        user.save()
        return f"administrator: {name} {'created' if is_new else 'updated'}"

    def _demonstration(self) -> str:
        if settings.ENVIRONMENT != "development":
            return "demonstration: only with ENVIRONMENT=development, nothing made"
        if Organization.objects.exists():
            return "demonstration: the database has organizations already, nothing made"
        return f"demonstration: {create_demonstration()} events created"
