"""How does Django hand work to the worker? Celery is imported at the first use: a quiet server never pays for it."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

import structlog
from django.conf import settings
from django.db import transaction
from redis.exceptions import RedisError

from redis import Redis

if TYPE_CHECKING:
    from collections.abc import Iterable

    from celery.result import AsyncResult

log = structlog.stdlib.get_logger("slipway.queue")
DELIVER_EXPIRES_S = 5  # by then beat has asked again


class QueueUnavailableError(Exception):
    """Redis does not take the task."""


def queue_settling(shift_ids: Iterable[int]) -> list[AsyncResult[Any]]:
    """Queue the settling of each shift; raises QueueUnavailableError when Redis is lost."""
    return [_send("signups.settle", (shift_id,)) for shift_id in shift_ids]


def tell_after_commit() -> None:
    """Have the outbox delivered as soon as this transaction is committed."""
    transaction.on_commit(partial(_nudge, DELIVER_EXPIRES_S), robust=True)


def _nudge(expires_s: float) -> None:
    """Tell the worker; a Redis that does not answer at once holds nobody up: Celery would wait for it longer."""
    try:
        _redis().ping()
        _send("signups.deliver", (), expires=expires_s)
    except (QueueUnavailableError, RedisError, ValueError):  # the latter: no REDIS_URL
        log.warning("the worker was not told; it looks by itself every few seconds")


@cache
def _redis() -> Redis:
    return Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.2, socket_timeout=0.5)


def _send(name: str, arguments: tuple[int, ...], **options: Any) -> AsyncResult[Any]:
    from config.celery import app  # noqa: PLC0415 - see the module's first line
    from kombu.exceptions import OperationalError  # noqa: PLC0415 - the same

    try:
        return app.send_task(name, arguments, **options)
    except OperationalError as error:
        raise QueueUnavailableError("the task queue does not answer") from error
