"""Leaves the processors to the visitors of the stack beside a verification.

Where both share a machine, two seconds of checks would make visitors wait. Linux shares the processors between
sessions (sched_autogroup), where that is not turned off; niceness counts only within one.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

SESSION = Path("/proc/self/autogroup")
BEHIND = 15  # niceness of the session
STEP_BACK = "SLIPWAY_STEP_BACK"  # `no`: as for the engine's jobs, where several stacks share a machine


@contextlib.contextmanager
def stepping_back() -> Iterator[None]:
    """Let other sessions on this machine go first meanwhile. This one is the terminal's: it gets back what it had."""
    if os.environ.get(STEP_BACK) == "no":
        yield
        return
    before = _niceness()
    _set_niceness(BEHIND)
    try:
        yield
    finally:
        _set_niceness(before)


def _niceness() -> int:
    try:
        return int(SESSION.read_text(encoding="ascii").split()[-1])  # `/autogroup-25 nice 0`
    except (OSError, ValueError, IndexError):
        return 0


def _set_niceness(value: int) -> None:
    """Try for half a second: whoever is not root may ask ten times a second, all users together."""
    for _ in range(6):
        try:
            SESSION.write_text(str(value), encoding="ascii")
        except BlockingIOError:
            time.sleep(0.1)  # until the kernel takes the next one
        except OSError:  # this system has no such thing
            return
        else:
            return
