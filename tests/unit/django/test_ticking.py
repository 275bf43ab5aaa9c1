"""Does beat send each tick, whatever happened before? The clock alone says what is due."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from celery import Celery
from config import ticking
from config.ticking import TickingScheduler, last_due

HOUR_S = 3600.0
TEN = 1_800_000_000 // 3600 * 3600.0 + 36_000  # some full hour


class Clock:
    """A time of day that is set."""

    now = TEN

    def time(self) -> float:
        """Return it."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(ticking, "time", made)
    monkeypatch.delenv("HEARTBEAT_FILE", raising=False)
    return made


@pytest.fixture
def app() -> Celery:
    """Return an application with a schedule, and a queue in memory."""
    made = Celery("ticking", broker="memory://", set_as_current=False)
    made.conf.update(
        task_serializer="json",
        beat_max_loop_interval=5,
        beat_schedule={"hourly": {"task": "t.hourly", "schedule": HOUR_S, "options": {"expires": HOUR_S}}},
    )
    with made.connection_for_write() as connection:
        connection.default_channel.queue_declare("celery")
        connection.default_channel.queue_purge("celery")
    return made


def sent(app: Celery) -> list[str]:
    """Return the hours of the ticks that were sent since it was asked last."""
    found: list[str] = []
    with app.connection_for_read() as connection, connection.SimpleQueue("celery") as queue:
        while queue.qsize():
            message = queue.get(block=False)
            message.ack()
            name, at = message.headers["tick"].split()
            assert (name, message.headers["task"]) == ("hourly", "t.hourly")
            found.append(at[11:16])
    return found


@pytest.mark.parametrize(
    ("now", "period_s", "due"),
    [(0.0, 5.0, 0.0), (4.9, 5.0, 0.0), (5.0, 5.0, 5.0), (7199.9, 3600.0, 3600.0), (10.7, 2.5, 10.0)],
)
def test_a_tick_is_due_at_the_round_times_of_its_period(now: float, period_s: float, due: float) -> None:
    assert last_due(now, period_s) == due


@pytest.mark.req("A-23", "D-12")
def test_each_tick_is_sent_once_and_the_next_is_waited_for(app: Celery, clock: Clock) -> None:
    scheduler = TickingScheduler(app)
    hour = f"{int(TEN // 3600 % 24):02}:00"
    waits = []
    for second in (0.0, 0.1, 3598.0, 3599.5):
        clock.now = TEN + second
        waits.append(round(scheduler.tick(), 3))
    assert sent(app) == [hour]
    assert waits == [5.0, 5.0, 2.0, 0.5]
    clock.now = TEN + 3600.0
    scheduler.tick()
    assert sent(app) == [f"{int(TEN // 3600 % 24) + 1:02}:00"]


@pytest.mark.req("A-23", "D-12")
@pytest.mark.parametrize("minute", [1, 30, 59])
def test_a_beat_that_starts_sends_the_newest_tick_whenever_that_is(app: Celery, clock: Clock, minute: int) -> None:
    clock.now = TEN + 60 * minute
    TickingScheduler(app).tick()
    assert len(sent(app)) == 1
    clock.now += 1
    TickingScheduler(app).tick()
    assert len(sent(app)) == 1


@pytest.mark.req("D-12")
def test_a_clock_that_is_put_back_sends_nothing_again(app: Celery, clock: Clock) -> None:
    scheduler = TickingScheduler(app)
    scheduler.tick()
    clock.now -= 1800
    scheduler.tick()
    clock.now += 1800
    scheduler.tick()
    assert len(sent(app)) == 1


@pytest.mark.req("D-12")
def test_a_tick_that_was_not_taken_is_sent_again_a_moment_later(
    app: Celery, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheduler = TickingScheduler(app)
    with monkeypatch.context() as patch:

        def refuse(*_: Any, **__: Any) -> None:
            raise ConnectionError

        patch.setattr(app, "send_task", refuse)
        assert scheduler.tick() == 1.0
    clock.now += 1
    scheduler.tick()
    assert len(sent(app)) == 1


def test_a_tick_expires_when_the_next_is_due(app: Celery, clock: Clock) -> None:
    clock.now = TEN + 1234
    TickingScheduler(app).tick()
    with app.connection_for_read() as connection, connection.SimpleQueue("celery") as queue:
        message = queue.get(block=False)
        message.ack()
    tick, expires = message.headers["tick"].split()[1], message.headers["expires"]
    assert json.dumps([tick[:13], expires[:13]]) == json.dumps([hour_of(TEN), hour_of(TEN + HOUR_S)])


def hour_of(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()[:13]
