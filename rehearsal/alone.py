"""Who rehearses a checkout right now? One process at a time, which holds the lock on a file for as long as it lives."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from ops.errors import HostError, PreflightError

_END_TIMEOUT_S = 60.0


@contextlib.contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Hold the lock; raises PreflightError when another process does."""
    import fcntl  # noqa: PLC0415 - Windows has none, and there this module has to be importable

    lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with lock.open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise PreflightError(
                "this checkout is being rehearsed already",
                why=f"by process {lock.read_text(encoding='ascii')}",
                fix="invoke rehearse --end",
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def end_holder(lock: Path) -> None:
    """Ask the process that holds the lock to end, and wait for it; raises HostError after the deadline."""
    pid = _holder(lock)
    if not pid:
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _END_TIMEOUT_S
    while _holder(lock) == pid:
        if time.monotonic() > deadline:
            why = f"process {pid} was asked {_END_TIMEOUT_S:.0f} s ago"
            raise HostError("the rehearsal did not end", why=why, fix=f"kill -9 {pid}")
        time.sleep(0.2)


@contextlib.contextmanager
def terminated_as_interrupted() -> Iterator[None]:
    """Let SIGTERM clean up as Ctrl-C does."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def wait_until_interrupted() -> None:
    """Wait for Ctrl-C. A signal that comes just before a long wait begins would wake nobody: no wait is long."""
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            time.sleep(1)


def _holder(lock: Path) -> int:
    """Return the process that holds the lock, 0 when there is none."""
    import fcntl  # noqa: PLC0415 - as above

    with contextlib.suppress(FileNotFoundError), lock.open("r", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(file.read() or 0)
    return 0
