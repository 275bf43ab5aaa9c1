"""Do worker and beat still turn? They touch HEARTBEAT_FILE; `python -m config.heartbeat` exits 0 while it is fresh.

Standard library only: the check runs every few seconds, and importing Django or Celery would cost more than the work.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

BEAT_EVERY_S = 5
FRESH_S = 25


def touch(path: Path) -> None:
    """Say: still turning."""
    path.touch()


def age_s(path: Path) -> float:
    """Tell how old the last sign is, in seconds; infinite when there was none."""
    try:
        return max(0.0, time.time() - path.stat().st_mtime)
    except FileNotFoundError:
        return float("inf")


def heartbeat_file() -> Path | None:
    """Return where the environment wants the heartbeat, None when nowhere."""
    name = os.environ.get("HEARTBEAT_FILE")
    return Path(name) if name else None


def main() -> int:
    """Check the heartbeat; the exit code is the answer."""
    path = heartbeat_file()
    if path is None:
        sys.stderr.write("HEARTBEAT_FILE is not set\n")
        return 1
    age = age_s(path)
    if age <= FRESH_S:
        return 0
    sys.stderr.write(f"{path}: last heartbeat {age:.0f} s ago, more than {FRESH_S} s\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
