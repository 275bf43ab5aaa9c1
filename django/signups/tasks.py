"""Which work is done outside a request? The worker imports this; producers go by `signups.queue`."""

from __future__ import annotations

from typing import Any

from config.celery import app
from django.db import InterfaceError, OperationalError

from signups import recounting

AGAIN: dict[str, Any] = {
    "autoretry_for": (OperationalError, InterfaceError),  # the database was away: that passes
    "retry_backoff": 2,
    "retry_backoff_max": 60,
    "max_retries": 5,
}


@app.task(name="signups.recount", **AGAIN)  # type: ignore[untyped-decorator]  # Celery has no types
def recount(event_id: int) -> recounting.Recount:
    """Recount the sign-ups of one event."""
    return recounting.recount_event(event_id)


@app.task(name="signups.recount_upcoming", ignore_result=True, **AGAIN)  # type: ignore[untyped-decorator]  # Celery has no types
def recount_upcoming() -> int:
    """Recount all events that are not over."""
    return recounting.recount_upcoming()
