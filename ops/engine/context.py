"""What does every step of a deploy have at hand?"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

from ops.engine.fetch import Fetch
from ops.engine.journal import Journal
from ops.engine.model import Release
from ops.engine.runtime import Runtime
from ops.engine.state import Store
from ops.engine.waiting import Waiter


@dataclass(frozen=True, kw_only=True)
class Engine:
    """The world a deploy works in; a simulation puts its own in every place."""

    runtime: Runtime
    store: Store
    journal: Journal
    waiter: Waiter
    fetch: Fetch
    workers: int = 4

    def shielded(self) -> Engine:
        """Return an engine that no cancel stops: for an undo, and for what follows the commit."""
        self.journal.forgive()
        return dataclasses.replace(self, waiter=self.waiter.shielded())

    def say(self, step: str) -> Callable[[str], None]:
        """Return a function that puts progress of a step in the journal, and ends the step after a cancel."""

        def say(text: str) -> None:
            self.waiter.check()
            self.journal.write("progress", step=step, text=text)

        return say


@dataclass(frozen=True, kw_only=True)
class Goal:
    """The release that shall run, and those that may still run beside it (how their replicas are stopped)."""

    release: Release
    others: tuple[Release, ...] = ()

    @property
    def releases(self) -> tuple[Release, ...]:
        """Return every release that a running replica may be from."""
        return (self.release, *self.others)
