"""How does Django hand work to the worker? Celery is imported at the first use: a quiet server never pays for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from celery.result import AsyncResult


class QueueUnavailableError(Exception):
    """Redis does not take the task."""


def queue_recounts(event_ids: Iterable[int]) -> list[AsyncResult[Any]]:
    """Queue a recount for each event; raises QueueUnavailableError when Redis is lost."""
    from kombu.exceptions import OperationalError  # noqa: PLC0415 - see the module's first line

    from signups.tasks import recount  # noqa: PLC0415 - the same

    try:
        return [recount.delay(event_id) for event_id in event_ids]
    except OperationalError as error:
        raise QueueUnavailableError("the task queue does not answer") from error
