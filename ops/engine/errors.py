"""What stops the engine, as the operator's side is told of it."""

from __future__ import annotations

EXIT_CODES = {"preflight": 4, "host": 6, "build": 7, "release": 8}  # of the engine, by the family of its error
BROKEN_PIPE = 141  # the exit code of the engine when nobody reads its answer any more
INTERRUPTED = 130  # the exit code of whatever Ctrl-C ended, as a shell reports it


class EngineError(Exception):
    """A step failed. `family` is `build`, `release`, `host` or `preflight`; it becomes the exit code."""

    def __init__(self, what: str, *, why: str, fix: str, family: str = "release") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.fix = fix
        self.family = family


class CancelledError(EngineError):
    """The operator asked to stop; what was begun is undone."""


class RefusedError(EngineError):
    """What was asked for would do what nobody said it may; nothing was changed."""
