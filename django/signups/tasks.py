"""Which work is done outside a request? The worker imports this; producers go by `signups.queue`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from config.celery import app
from django.db import InterfaceError, InternalError, OperationalError

from signups import inviting, places, purging, reminders, ticks
from signups.models import Shift
from signups.outbox.debounce import Debounce
from signups.outbox.delivery import deliver_for

if TYPE_CHECKING:
    from celery import Task

AGAIN: dict[str, Any] = {
    # The database was away, or took no changes for a moment: that passes.
    "autoretry_for": (OperationalError, InterfaceError, InternalError),
    "retry_backoff": 2,
    "retry_backoff_max": 60,
    "max_retries": 5,
}
BATCH_S = 1.0  # other work waits no longer than that for its turn, far below `task_soft_time_limit`
LATE_S = 5  # by then beat has asked again
debounce = Debounce(rest_s=BATCH_S)


class Settled(TypedDict):
    """What became of a shift."""

    shift_id: int
    promoted: int


@app.task(name="signups.settle", **AGAIN)  # type: ignore[untyped-decorator]  # Celery has no types
def settle(shift_id: int) -> Settled:
    """Count a shift again, and give its free places to those who wait; raises Shift.DoesNotExist."""
    promoted = places.settle(Shift.objects.only("pk").get(pk=shift_id).pk)
    if promoted:
        _deliver_soon()
    return Settled(shift_id=shift_id, promoted=promoted)


# Not tried again by itself: beat asks every few seconds, and a message that failed has its own next time.
@app.task(name="signups.deliver", throws=(OperationalError, InterfaceError))  # type: ignore[untyped-decorator]  # Celery has no types
def deliver(*, goes_on: bool = False) -> dict[str, int]:
    """Do what is due in the outbox for a while; what is left over goes on at the end of the queue."""
    if not debounce.may_begin(goes_on=goes_on):
        return {}
    done, is_more = deliver_for(BATCH_S)
    if is_more:
        debounce.note_more()
        _deliver_soon(goes_on=True)
    return dict(done)


@app.task(name="signups.remind", bind=True, ignore_result=True, **AGAIN)  # type: ignore[untyped-decorator]  # the same
def remind(self: Task) -> int:
    """Have everybody reminded whose shift begins soon."""
    return _told(ticks.once(self.request, reminders.remind))


@app.task(name="signups.invite", bind=True, ignore_result=True, **AGAIN)  # type: ignore[untyped-decorator]  # the same
def invite(self: Task) -> int:
    """Have more of those invited who were written down, as many as may be today."""
    return _told(ticks.once(self.request, inviting.invite_waiting))


@app.task(name="signups.purge", bind=True, ignore_result=True, **AGAIN)  # type: ignore[untyped-decorator]  # the same
def purge(self: Task) -> dict[str, int]:
    """Delete what has served its time."""
    return ticks.once_in_steps(self.request, purging.purge) or {}


def _told(count: int | None) -> int:
    if count:
        _deliver_soon()
    return count or 0


def _deliver_soon(*, goes_on: bool = False) -> None:
    deliver.apply_async(kwargs={"goes_on": goes_on}, expires=LATE_S, ignore_result=True)
