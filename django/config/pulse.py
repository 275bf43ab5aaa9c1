"""Who touches the worker's heartbeat file? Its consumer, while it is connected."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from celery import bootsteps

from config.heartbeat import BEAT_EVERY_S, heartbeat_file, touch


class ConsumerPulse(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
    """A timer in the loop that fetches messages: it stops when the loop hangs or the connection to Redis is lost.

    The loss of it is not always noticed: while the worker has as many tasks as it may, Kombu does not look at its
    connection, and a task whose acknowledgement fails then counts as one it still has (seen in Kombu 5.7: the worker
    never fetched another). So what it has is compared with what it works on.
    """

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self._timer: Any = None

    def start(self, parent: Any) -> None:
        """Begin, at each connection to the broker."""
        path = heartbeat_file()
        if path is not None:
            touch(path)
            self._timer = parent.timer.call_repeatedly(BEAT_EVERY_S, self._beat, (parent, path))

    @staticmethod
    def _beat(consumer: Any, path: Path) -> None:
        """Touch the file, or have the worker connect anew: what this raises Celery takes for a lost connection."""
        from celery.worker import state  # noqa: PLC0415 - beat and the web server stay smaller without

        if unacknowledged(consumer.task_consumer.channel.qos) > len(state.reserved_requests):
            raise ConnectionResetError("tasks were done that Redis could not be told about")
        touch(path)

    def stop(self, parent: Any) -> None:  # noqa: ARG002 - Celery passes the consumer
        """End with the connection."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    shutdown = stop


def unacknowledged(qos: Any) -> int:
    """Return how many messages the worker has, as far as its limit counts them; 0 without a limit."""
    return int(qos.prefetch_count - qos.can_consume_max_estimate()) if qos.prefetch_count else 0
