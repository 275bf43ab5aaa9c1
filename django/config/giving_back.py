"""What becomes of the messages that a worker has when its connection to Redis is lost? They go back to the queue.

They lie in Redis as taken and not acknowledged. Kombu puts them back when a connection is closed, which it cannot while
Redis is away; the next connection knows nothing of them, so they were delivered again after `visibility_timeout` alone,
minutes later. Celery has forgotten them by then, or cancelled those that ran: nothing is done twice for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from celery import bootsteps
from celery.worker.consumer import Consumer

if TYPE_CHECKING:
    from collections.abc import Iterable

log = structlog.stdlib.get_logger("slipway.celery")


class GivingBackConsumer(Consumer):  # type: ignore[misc]  # Celery has no types
    """Celery's consumer, which remembers over a lost connection what it had."""

    had: tuple[str, ...] = ()

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Take the messages from the connection that is lost, before it is closed."""
        self.had += _taken_from(self.task_consumer)
        super().on_connection_error_after_connected(exc)


class GivingBack(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
    """Puts back into the queue what was taken over a connection that was lost, once there is another one."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, parent: Any) -> None:
        """Do so at each connection to the broker; who lost this one too tries again at the next."""
        if parent.had:
            _put_back(parent.task_consumer.channel.qos, parent.had)
            log.info("what was begun before the connection was lost goes back to the queue", count=len(parent.had))
            parent.had = ()


def _taken_from(task_consumer: Any) -> tuple[str, ...]:
    """Return the tags of what a connection has delivered and was not told the end of; it gives none of them back."""
    if task_consumer is None or task_consumer.channel is None:
        return ()
    qos = task_consumer.channel.qos
    tags = tuple(tag for tag in qos._delivered if tag not in qos._dirty)  # noqa: SLF001 - it has no other word for it
    qos._delivered.clear()  # noqa: SLF001 - a message has one tag for ever: at exit it would take it from its next worker
    return tags


def _put_back(qos: Any, tags: Iterable[str]) -> None:
    for tag in tags:
        qos.restore_by_tag(tag)  # nothing, when it was delivered again meanwhile
