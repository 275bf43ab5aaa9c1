"""How does a command open its target, speak, ask, and end?"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO, cast

from rich.cells import cell_len
from rich.console import Console as Terminal
from rich.table import Table

from ops import screen
from ops.engine.errors import INTERRUPTED
from ops.errors import OpsError, UsageError
from ops.redact import Redactor
from ops.targets import Request, Target, open_target

REDIRECTED = 1000  # columns: nobody reads along, and whoever reads it later has their own screen


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
    except KeyboardInterrupt:
        return INTERRUPTED


def confirmed(question: str, again: str) -> bool:
    """Ask the operator; raises UsageError without a terminal, naming the command that does not ask."""
    if not sys.stdin.isatty():
        raise UsageError("cannot ask without a terminal", why=question, fix=again)
    return ask(f"{question} [y/N] ").lower() in {"y", "yes"}


def ask(question: str) -> str:
    """Return what the operator types."""
    return input(question).strip()


def print_table(table: Table) -> None:
    """Print a table as data: as wide as the screen, and as it needs where that is redirected.

    No word is ever cut or broken, be the screen as narrow as it may: addresses and names are there to be copied.
    """
    door = screen.out()
    terminal = _terminal(door, width=None if door.isatty() else REDIRECTED)
    for column in table.columns:
        column.min_width = max(_least_width(str(cell), whole=column.no_wrap) for cell in (column.header, *column.cells))
    pads = 2 * len(table.columns)
    terminal = _terminal(door, width=max(terminal.width, pads + sum(column.min_width or 0 for column in table.columns)))
    with terminal.capture() as captured:
        terminal.print(table)
    screen.data("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()), end="")


def _least_width(cell: str, *, whole: bool) -> int:
    parts = cell.splitlines() if whole else cell.split()
    return max((cell_len(part) for part in parts), default=0)


def screen_width() -> int:
    """Return how many columns a table on stdout may have."""
    door = screen.out()
    return _terminal(door, width=None).width if door.isatty() else REDIRECTED


def _terminal(door: screen.Door, *, width: int | None) -> Terminal:
    """Return rich's side of the door; what it is given is text, never markup: a subject may hold `[/]`."""
    return Terminal(file=cast("TextIO", door), width=width, markup=False, emoji=False, highlight=False)


def say(text: str) -> None:
    """Print a line of talk to stderr."""
    screen.talk(text)
