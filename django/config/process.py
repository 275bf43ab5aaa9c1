"""Which of the services is this process? One image runs as the server, the worker, beat and the jobs."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def process_name(argv: Sequence[str]) -> str:
    """Name the process from its command line: django, worker, beat, or the management command."""
    words = list(argv)
    program = PurePath(words[0]) if words else PurePath("django")
    if program.name == "manage.py" and len(words) > 1:
        return words[1]
    if program.name == "celery" or program.parent.name == "celery":
        return next((word for word in words[1:] if word in {"worker", "beat"}), "celery")
    return "django"
