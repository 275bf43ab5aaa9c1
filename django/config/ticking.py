"""When does beat send what? At the round times of each entry's period: what is due follows from the clock alone.

So nothing has to be remembered. A beat that starts sends the newest tick of each entry, whoever may have sent it
before, and two that run beside each other send the same ones; the worker does each once (`signups/ticks.py`).
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from celery.beat import Scheduler

from config.heartbeat import heartbeat_file, touch

AGAIN_S = 1.0  # after a tick that Redis did not take
log = structlog.stdlib.get_logger("slipway.celery")


def last_due(now: float, period_s: float) -> float:
    """Return the newest round time of a period, in Unix seconds: an hourly tick is due on the hour."""
    return now // period_s * period_s


class TickingScheduler(Scheduler):  # type: ignore[misc]  # Celery has no types
    """Beat's scheduler, with a sign of life at each turn. Its entries have a period in seconds."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._sent: dict[str, float] = {}  # entry -> when the newest tick that was sent was due
        super().__init__(*args, **kwargs)

    def tick(self, *_: Any, **__: Any) -> float:
        """Send what is due, touch the heartbeat file, and return how many seconds to wait."""
        now = time.time()
        waits = [self._turn(entry, now) for entry in self.schedule.values()]
        path = heartbeat_file()
        if path is not None:
            touch(path)
        return max(0.0, min([*waits, float(self.max_interval)]))

    def _turn(self, entry: Any, now: float) -> float:
        period_s: float = entry.schedule.run_every.total_seconds()
        due = last_due(now, period_s)
        if due > self._sent.get(entry.name, 0.0):  # a clock that was put back sends nothing again
            if not self._send(entry, due):
                return AGAIN_S
            self._sent[entry.name] = due
        return due + period_s - now

    def _send(self, entry: Any, due: float) -> bool:
        at = datetime.fromtimestamp(due, UTC)
        options = {**entry.options, "expires": at + timedelta(seconds=entry.options["expires"])}
        headers = {"tick": f"{entry.name} {at.isoformat()}"}
        try:
            self.app.send_task(entry.task, headers=headers, producer=self.producer, **options)
        except Exception as error:  # noqa: BLE001 - whatever it was, the tick is still due
            log.warning("tick not sent, it is tried again", tick=headers["tick"], error=type(error).__name__)
            return False
        log.info("tick", entry=entry.name, due=at.isoformat())
        return True
