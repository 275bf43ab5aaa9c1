"""What does a process of a race for the lock do? A line on stdin tells it when to take it; it says how that went."""

from __future__ import annotations

import contextlib
import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

from ops.engine.errors import EngineError
from ops.engine.host.lock import hold_lock
from ops.engine.waiter import Waiter


def main() -> None:
    """Race until stdin is closed."""
    for line in sys.stdin:
        race(json.loads(line))


def race(asked: dict[str, Any]) -> None:
    """Take the lock at the instant that was told, or say why not."""
    waiter = Waiter(threading.Event())
    while time.monotonic() < asked["at"]:
        pass  # all begin at the same instant: a sleep would spread them
    lock = hold_lock(Path(asked["root"]), run=asked["run"], wait_s=asked["wait_s"], say=lambda _: None, waiter=waiter)
    try:
        with lock:
            tell(held=time.monotonic())
            if asked.get("is_until_told"):
                sys.stdin.readline()
            else:
                time.sleep(asked["hold_s"])
            released = time.monotonic()
        tell(released=released)
    except EngineError as refused:
        tell(refused=refused.why)


def tell(**said: Any) -> None:
    """Write one line, at once."""
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError, KeyboardInterrupt):
        main()
