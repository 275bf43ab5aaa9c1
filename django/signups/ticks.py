"""Was this tick of beat's schedule done before? Its key is in PostgreSQL, with what it has done.

Beat may send a tick twice (config/ticking.py), and Redis may deliver it twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import structlog
from django.db import connection, transaction
from django.utils.dateparse import parse_datetime

from signups.models import Tick

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

log = structlog.stdlib.get_logger("slipway.ticks")
T = TypeVar("T")
CLAIM = "INSERT INTO signups_tick (entry, due_at) VALUES (%s, %s) ON CONFLICT (entry, due_at) DO NOTHING"


class Due(NamedTuple):
    """Which entry of the schedule was due, and when."""

    entry: str
    at: datetime


def due_of(request: Any) -> Due | None:
    """Return what a task was sent for; None when it was no tick, or one of a beat that named none."""
    entry, _, text = str((request.headers or {}).get("tick") or "").rpartition(" ")
    at = parse_datetime(text) if entry else None
    return Due(entry, at) if at else None


def once(request: Any, work: Callable[[], T]) -> T | None:
    """Do the work of a tick in one transaction with its key; None when it was done before.

    A second one that comes meanwhile waits for the first, and does the work when that one fails.
    """
    due = due_of(request)
    if due is None:
        return work()
    with transaction.atomic():
        if _claim(due):
            return work()
    _tell_skipped(due)
    return None


def once_in_steps(request: Any, work: Callable[[], T]) -> T | None:
    """Do work that has transactions of its own, then note its key; None when it was done before.

    What was cut is done again: the work goes on where it stopped, and finds nothing to do where it ended.
    """
    due = due_of(request)
    if due is None:
        return work()
    if Tick.objects.filter(entry=due.entry, due_at=due.at).exists():
        _tell_skipped(due)
        return None
    done = work()
    _claim(due)
    return done


def _claim(due: Due) -> bool:
    """Note the key; False when somebody else has, and has committed."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, due)
        return bool(cursor.rowcount)


def _tell_skipped(due: Due) -> None:
    log.info("tick was done before", entry=due.entry, due=due.at.isoformat())
