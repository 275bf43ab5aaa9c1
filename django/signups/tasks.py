"""Which work is done outside a request? The worker imports this; producers go by `signups.queue`."""

from __future__ import annotations

from typing import Any, TypedDict

from config.celery import app
from django.db import InterfaceError, OperationalError

from signups import places, purging, reminders
from signups.outbox import delivery

AGAIN: dict[str, Any] = {
    "autoretry_for": (OperationalError, InterfaceError),  # the database was away: that passes
    "retry_backoff": 2,
    "retry_backoff_max": 60,
    "max_retries": 5,
}
SILENT: dict[str, Any] = {**AGAIN, "ignore_result": True}
BATCH_S = 2.0  # other work waits no longer than that for its turn, far below `task_soft_time_limit`


class Settled(TypedDict):
    """What became of a shift."""

    shift_id: int
    promoted: int


@app.task(name="signups.settle", **AGAIN)  # type: ignore[untyped-decorator]  # Celery has no types
def settle(shift_id: int) -> Settled:
    """Count a shift again, and give its free places to those who wait."""
    promoted = places.settle(shift_id)
    if promoted:
        deliver.apply_async(expires=BATCH_S * 5)
    return Settled(shift_id=shift_id, promoted=promoted)


@app.task(name="signups.deliver", **AGAIN)  # type: ignore[untyped-decorator]  # Celery has no types
def deliver() -> dict[str, int]:
    """Do what is due in the outbox for a while; what is left over then goes to the end of the queue."""
    done = delivery.deliver(for_s=BATCH_S)
    if done.more:
        deliver.apply_async()
    return done.counts


@app.task(name="signups.remind", **SILENT)  # type: ignore[untyped-decorator]  # Celery has no types
def remind() -> int:
    """Have everybody reminded whose shift begins soon."""
    reminded = reminders.remind()
    if reminded:
        deliver.apply_async()
    return reminded


@app.task(name="signups.purge", **SILENT)  # type: ignore[untyped-decorator]  # Celery has no types
def purge() -> dict[str, int]:
    """Delete what has served its time."""
    return purging.purge()
