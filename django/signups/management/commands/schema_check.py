"""Does the schema match the code? Exit 0 when it does, 1 when not; with `--json` a program can read why."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand

from signups.schema_state import read_schema_state

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Look, change nothing."""

    help = "Tells pending migrations, model changes without a migration, and the newest migration of each application."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take --json."""
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print what is so; exit 1 when something must be done."""
        state = read_schema_state()
        if options["json"]:
            self.stdout.write(json.dumps(state))
        else:
            for key in ("pending", "unknown", "drift"):
                self.stdout.write(f"{key}: {state[key] or 'none'}")
        if not state["ok"]:
            sys.exit(1)
