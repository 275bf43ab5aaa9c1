"""What if a table is busy? Give up soon, so that nobody queues behind us, and come back a little later."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import errors

BUSY = (errors.LockNotAvailable, errors.DeadlockDetected)
TRIES = 5
FIRST_PAUSE = 0.2  # as a part of the lock timeout; each further one is twice as long
CONCURRENT_WAIT_S = 600.0  # what is built concurrently waits for old transactions, and nobody waits for it
T = TypeVar("T")


def set_lock_timeout(connection: BaseDatabaseWrapper, seconds: float) -> None:
    """Let no statement wait longer than this for a lock."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = {round(seconds * 1000)}")


def is_busy(error: BaseException) -> bool:
    """Tell whether something ended because a lock was not to be had."""
    return isinstance(error, OperationalError) and isinstance(error.__cause__, BUSY)


def retry_while_busy(attempt: Callable[[], T], *, lock_timeout_s: float, say: Callable[[str], object]) -> T:
    """Try until the lock is had, with growing pauses; raise the last error when it is not.

    `attempt` leaves everything as it was when it fails.
    """
    for number in range(TRIES - 1):
        try:
            return attempt()
        except OperationalError as error:
            if not is_busy(error):
                raise
        pause_s = lock_timeout_s * FIRST_PAUSE * 2**number
        say(f"a table is busy: nothing was changed, trying again in {pause_s:.1f} s ({number + 2} of {TRIES})")
        time.sleep(pause_s)
    return attempt()
