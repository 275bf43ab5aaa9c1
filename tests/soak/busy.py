"""A machine that has too much to do: processes that this program starts, and ends by itself."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator

SPIN = "import os\nparent = os.getppid()\nwhile os.getppid() == parent:\n    sum(range(100_000))\n"
GONE_S = 10.0


@contextlib.contextmanager
def busy(processes: int) -> Iterator[None]:
    """Keep so many processes computing until the block ends; they end by themselves when this program is killed."""
    started = [subprocess.Popen((sys.executable, "-c", SPIN)) for _ in range(processes)]
    try:
        yield
    finally:
        for one in started:
            one.kill()
        for one in started:
            one.wait(GONE_S)
