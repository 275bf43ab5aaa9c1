"""How does a command open its target, speak, ask, and end?"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from ops.engine.errors import INTERRUPTED
from ops.errors import OpsError, UsageError
from ops.redact import Redactor
from ops.targets import Request, Target, open_target


class Talk:
    """Tells on stderr what a target does, outside of a run, without secrets."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Say nothing of a step that works."""
        del name
        yield

    def say(self, text: str) -> None:
        """Show progress."""
        say(self._redactor.text(text))

    def warn(self, text: str) -> None:
        """Show a warning."""
        self.say(f"warning: {text}")

    def changed(self, what: str, action: str, why: str) -> None:
        """Show a change."""
        self.say(f"{action} {what}: {why}")


def guarded(root: Path, request: Request, act: Callable[[Target], int]) -> int:
    """Open the target, act, and turn what goes wrong into words and an exit code."""
    redactor = Redactor({})  # an error in the settings names no value
    try:
        opened = open_target(root, request)
        redactor = opened.redactor
        try:
            for notice in opened.settings.notices:
                say(f"warning: {notice}")
            return act(opened)
        finally:
            opened.close()
    except OpsError as error:
        say(redactor.text(str(error)))
        return error.exit_code
    except (KeyboardInterrupt, BrokenPipeError):
        return INTERRUPTED


def confirmed(question: str, again: str) -> bool:
    """Ask the operator; raises UsageError without a terminal, naming the command that does not ask."""
    if not sys.stdin.isatty():
        raise UsageError("cannot ask without a terminal", why=question, fix=again)
    return input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}


def say(text: str) -> None:
    """Print a line of talk to stderr."""
    print(text, file=sys.stderr)  # noqa: T201 - talk goes to stderr
