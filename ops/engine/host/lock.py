"""The lock of this host: one run at a time.

The lock is the kernel's: it dies with its holder. What is written in the file only makes the message useful.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from ops.engine.errors import EngineError
from ops.engine.host.formats import check_format
from ops.engine.model import known_fields
from ops.engine.runtime import Say
from ops.engine.waiter import Waiter


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Who holds the lock: a run, its process, and since when (UTC)."""

    run: str
    pid: int
    since: str


@contextlib.contextmanager
def hold_lock(root: Path, *, run: str, wait_s: float, say: Say, waiter: Waiter) -> Iterator[None]:
    """Hold the lock of this root; `EngineError` (family `host`) naming the holder when it stays taken.

    The format is asked for again: the one that was waited for may have been a newer Slipway.
    """
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _take(descriptor):
            say(f"waiting up to {wait_s:.0f} s for {_describe(_read(descriptor))}")
            if not waiter.until(lambda: _take(descriptor), timeout_s=wait_s, every_s=0.25):
                raise _is_taken(_read(descriptor), wait_s)
        check_format(root)
        _sign(descriptor, run)
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def lock_holder(root: Path) -> Holder | None:
    """Return who holds the lock, None when it is free."""
    try:
        descriptor = os.open(root / "lock", os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        if _take(descriptor):
            return None
        return _read(descriptor) or Holder(run="unknown", pid=0, since="")
    finally:
        os.close(descriptor)


def _take(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sign(descriptor: int, run: str) -> None:
    since = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    holder = Holder(run=run, pid=os.getpid(), since=since)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(asdict(holder)).encode(), 0)


def _read(descriptor: int) -> Holder | None:
    try:
        return Holder(**known_fields(Holder, json.loads(os.pread(descriptor, 4096, 0))))
    except (ValueError, TypeError):  # taken a moment ago and not signed yet
        return None


def _describe(holder: Holder | None) -> str:
    return f"run {holder.run} (process {holder.pid}, since {holder.since})" if holder else "another run"


def _is_taken(holder: Holder | None, wait_s: float) -> EngineError:
    return EngineError(
        "another run is at work on this host",
        why=f"{_describe(holder)} holds the lock, and still did after {wait_s:.0f} s",
        fix="wait until it has finished, then run the same command again",
        family="host",
    )
