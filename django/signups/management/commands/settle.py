"""Does a task started by Django get done? Has a shift settled; with `--wait` prints what the worker returned."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from celery.exceptions import TimeoutError as ResultTimeoutError
from django.core.management.base import BaseCommand, CommandError

from signups.queue import QueueUnavailableError, queue_settling

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Prints one JSON object: task_id, state, result."""

    help = "Has the worker count a shift again and give its free places to those who wait."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the shift, and whether to wait."""
        parser.add_argument("--shift", type=int, required=True, help="id of the shift")
        parser.add_argument("--wait", action="store_true", help="wait for the result")
        parser.add_argument("--timeout", type=float, default=30.0, help="seconds to wait at most (default: 30)")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Queue, wait if asked, print; exit 1 when the task failed or did not end in time."""
        try:
            (task,) = queue_settling([options["shift"]])
        except QueueUnavailableError as error:
            raise CommandError(f"nothing was queued: {error}") from error
        if options["wait"]:
            try:
                task.get(timeout=options["timeout"], propagate=False)
            except ResultTimeoutError:
                raise CommandError(f"task {task.id} did not end within {options['timeout']:g} s") from None
        state = task.state
        result = task.result if state == "SUCCESS" else None
        self.stdout.write(json.dumps({"task_id": task.id, "state": state, "result": result}))
        if state == "FAILURE":
            raise CommandError(f"task {task.id} failed: {type(task.result).__name__}")
