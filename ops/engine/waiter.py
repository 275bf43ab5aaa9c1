"""How the engine waits, and stops waiting when it is told to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ops.engine.errors import CancelledError


class Waiter:
    """Wait with a deadline; when `cancelled` is set, every wait ends with `CancelledError`."""

    def __init__(
        self,
        cancelled: threading.Event,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        self.now = now
        self._cancelled = cancelled
        self._sleep = sleep

    def shielded(self) -> Waiter:
        """Return a waiter that nobody can cancel: for an undo, and for what follows the commit."""
        return Waiter(threading.Event(), now=self.now, sleep=self._sleep)

    def check(self) -> None:
        """Raise `CancelledError` when the operator asked to stop."""
        if self._cancelled.is_set():
            raise CancelledError(
                "the run was cancelled",
                why="the engine was asked to stop before the new release was live",
                fix="run the same command again",
            )

    def pause(self, seconds: float) -> None:
        """Let that much time pass."""
        self.check()
        (self._sleep or self._cancelled.wait)(seconds)
        self.check()

    def until(self, is_done: Callable[[], bool], *, timeout_s: float, every_s: float = 0.1) -> bool:
        """Ask again and again; return False when the time is over and the answer never was True."""
        deadline = self.now() + timeout_s
        while True:
            self.check()
            if is_done():
                return True
            if self.now() >= deadline:
                return False
            self.pause(every_s)
