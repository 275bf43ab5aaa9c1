"""How does Django know this application? By its name, and what it registers when all are loaded."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class SignupsConfig(AppConfig):
    """The volunteer sign-ups."""

    name = "signups"
    verbose_name = "volunteer sign-ups"

    def ready(self) -> None:
        """Register the system checks, and what follows a migration."""
        from signups import checks  # noqa: F401, PLC0415 - importing registers them, once Django is ready
        from signups.access import grant_api_access  # noqa: PLC0415 - the same

        post_migrate.connect(grant_api_access, sender=self)
