"""How is the schema brought up to date beside a release that runs? All or nothing, and never waiting long."""

from __future__ import annotations

import os
import traceback
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error

from migrating.migrator import Migrator
from migrating.runner import MigrationFailedError, migrate_safely


class Command(BaseCommand):
    """Migrate, or leave everything as it was."""

    help = "Applies all pending migrations; when one fails, the schema is as it was."
    requires_system_checks = ()

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Say what happened; the exit code is 1 when not all is applied."""
        lock_timeout_s = float(os.environ.get("MIGRATION_LOCK_TIMEOUT") or "5")
        migrator = Migrator(lock_timeout_s=lock_timeout_s, stdout=self.stdout._out, stderr=self.stderr._out)  # noqa: SLF001 - a wrapper in a wrapper would end each line twice
        try:
            migrate_safely(migrator, self.stdout.write)
        except MigrationFailedError as error:
            if not isinstance(error.__cause__, Error):
                traceback.print_exception(error.__cause__, file=self.stderr)
            raise CommandError(str(error)) from error
