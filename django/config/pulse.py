"""Who touches the heartbeat file? The worker's consumer while it is connected, and beat at every tick."""

from __future__ import annotations

from typing import Any

from celery import bootsteps
from celery.beat import PersistentScheduler

from config.heartbeat import BEAT_EVERY_S, heartbeat_file, touch


class ConsumerPulse(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
    """A timer in the loop that fetches messages: it stops when the loop hangs or the connection to Redis is lost."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self._timer: Any = None

    def start(self, parent: Any) -> None:
        """Begin, at each connection to the broker."""
        path = heartbeat_file()
        if path is not None:
            touch(path)
            self._timer = parent.timer.call_repeatedly(BEAT_EVERY_S, touch, (path,))

    def stop(self, parent: Any) -> None:  # noqa: ARG002 - Celery passes the consumer
        """End with the connection."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    shutdown = stop


class PulsingScheduler(PersistentScheduler):  # type: ignore[misc]  # Celery has no types
    """Beat's scheduler, with a sign of life at each tick."""

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due, then touch the heartbeat file."""
        wait_s: float = super().tick(*args, **kwargs)
        path = heartbeat_file()
        if path is not None:
            touch(path)
        return wait_s
