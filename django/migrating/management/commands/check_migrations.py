"""Could the running release live with what the pending migrations do? Prints one JSON object."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from migrating.check import check
from migrating.linter import LinterError

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Look, change nothing."""

    help = "Prints as JSON which migrations are pending, and what of them the running release could not live with."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take --wary."""
        parser.add_argument("--wary", action="store_true", help="the running release is older than the schema")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the answer; problems are no failure of the check."""
        try:
            answer = check(connection, wary=options["wary"])
        except LinterError as error:
            raise CommandError(f"the check could not look: {error}") from error
        self.stdout.write(json.dumps(answer))
