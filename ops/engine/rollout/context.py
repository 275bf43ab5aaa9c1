"""What every step of a rollout has at hand: engine, order, goal."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from ops.engine.host.journal import Journal
from ops.engine.host.state import Store
from ops.engine.http import Fetch
from ops.engine.model import Release
from ops.engine.runtime import Runtime
from ops.engine.waiter import Waiter
from ops.redact import KeyLines


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
        keys = KeyLines()  # a build tells its output line by line

        def say(text: str) -> None:
            self.waiter.check()
            self.journal.write("progress", step=step, text=keys.text(text))

        return say


class Comparison(Protocol):
    """What the operator's side says about its questions to the live release."""

    def is_over(self) -> bool:
        """Tell whether they are answered."""

    def silent_s(self) -> float:
        """Return for how long nothing was heard of them."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What was asked for, and what it may cost.

    `past`: releases that can be gone back to afterwards, None for the live one and those before it; `scale`: numbers
    of replicas that hold from now on, None for those that hold already; `comparison`: what tells whether the operator's
    side is still asking the live release, before anything of it is touched.
    """

    word: str = "deploy"
    allow_interruption: bool = False
    allow_breaking_migration: bool = False
    skip_dump: bool = False
    past: tuple[str, ...] | None = None
    scale: Mapping[str, int] | None = None
    comparison: Comparison | None = None

    @property
    def is_return(self) -> bool:
        """Tell whether an older release comes back: its schema is there already."""
        return self.word == "rollback"


@dataclass(frozen=True, kw_only=True)
class Goal:
    """The release that shall run, the order, and the releases that may still run beside it.

    Of those it is known how their replicas are stopped.
    """

    release: Release
    others: tuple[Release, ...] = ()
    order: Order = field(default_factory=Order)

    @property
    def releases(self) -> tuple[Release, ...]:
        """Return every release that a running replica may be from."""
        return (self.release, *self.others)
