"""Is Django well, and its schema, and its queue? Everything that a verification asks, while Django starts once."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from config.celery import app
from django.core.management.base import BaseCommand

from signups.examination import examine, parts

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Look, and have the worker look into the outbox: that shows that tasks get done."""

    help = "Runs `check --deploy`, `schema_check`, a ping through Celery and a look into the outbox, all at once."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take how strict to be, what else to look at, and how to print."""
        parser.add_argument("--fail-level", default="ERROR", help="from which level on `check` fails (default: ERROR)")
        parser.add_argument("--migrations", action="store_true", help="list the migrations too")
        parser.add_argument("--limit", type=float, default=5.0, help="seconds that a part may take (default: 5)")
        parser.add_argument("--json", action="store_true", help="print one JSON object on one line")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do all parts, print what each said; exit 1 when one failed."""
        _ = app.amqp, app.backend  # imported before there are threads: two that import them at once may deadlock
        asked = parts(fail_level=options["fail_level"], with_migrations=options["migrations"], limit_s=options["limit"])
        seen = examine(asked, limit_s=options["limit"])
        if options["json"]:
            self.stdout.write(json.dumps({"parts": seen}))
        else:
            for name, one in seen.items():
                self.stdout.write(f"{name}: exit code {one['exit_code']}, {one['seconds']:.2f} s\n{one['output']}")
        if any(one["exit_code"] for one in seen.values()):
            sys.exit(1)
