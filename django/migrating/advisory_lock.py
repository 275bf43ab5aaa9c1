"""Who may prepare the database? One at a time: a lock in PostgreSQL that goes with the connection of its holder."""

from __future__ import annotations

from collections.abc import Callable

LOCK_ID = 7_355_129  # a number that nothing else in this database uses
LOCK_WAIT_S = 300


def acquire(execute: Callable[[str], object], *, wait_s: float = LOCK_WAIT_S) -> None:
    """Wait until nobody else has the lock; `execute` runs SQL outside of a transaction."""
    execute(f"SET lock_timeout = {round(wait_s * 1000)}")
    execute(f"SELECT pg_advisory_lock({LOCK_ID})")


def release(execute: Callable[[str], object]) -> None:
    """Let the next one in."""
    execute(f"SELECT pg_advisory_unlock({LOCK_ID})")
