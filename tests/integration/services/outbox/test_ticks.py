"""Is each tick of beat's schedule done once, whoever sends it, and whatever happens to beat and worker meanwhile?"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import signal
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import psycopg
import pytest

from api.task_queue import new_producer
from redis import Redis
from tests.integration.services.services_processes import DJANGO, Process, Services, json_lines, wait_for

SHORT_S, RARE_S = 3, 15  # a beat of these tests lives for less than the second
COUNTING = '''

def _count(tick: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL application_name = 'a tick'; INSERT INTO counted_ticks VALUES (%s)", [tick])
        cursor.execute("SELECT pg_advisory_xact_lock_shared(4711)")


@app.task(name="signups.count", bind=True, ignore_result=True)
def count(self: Task) -> None:
    """Leave a row."""
    ticks.once(self.request, lambda: _count(self.request.headers["tick"]))
'''
SCHEDULE = f"""
beat_schedule = {{
    "short": _every({SHORT_S}, "signups.count") | {{"options": {{"expires": 600}}}},
    "rare": _every({RARE_S}, "signups.count") | {{"options": {{"expires": 600}}}},
}}
"""
REDELIVERED_S = 2  # instead of five minutes
HELD = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'a tick' AND wait_event_type = 'Lock'"


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return Django's code with a schedule of short periods, and a task that leaves a row for each tick."""
    made = tmp_path_factory.mktemp("ticks") / "django"
    shutil.copytree(DJANGO, made, ignore=shutil.ignore_patterns("__pycache__"))
    config = made / "config" / "celeryconfig.py"
    text = config.read_text(encoding="utf-8").replace(
        "visibility_timeout = 300", f"visibility_timeout = {REDELIVERED_S}"
    )
    config.write_text(text + SCHEDULE, encoding="utf-8")
    with (made / "signups" / "tasks.py").open("a", encoding="utf-8") as tasks:
        tasks.write(COUNTING)
    return made


@pytest.fixture
def counted(services: Services) -> Iterator[Services]:
    """Return the services with a queue of their own, and a table in which each tick that was done leaves a row."""
    url = services.environment["REDIS_URL"].rpartition("/")[0] + "/6"
    services.sql("CREATE TABLE counted_ticks (tick text NOT NULL)")
    services.sql("DELETE FROM signups_tick")
    yield dataclasses.replace(services, environment=services.environment | {"REDIS_URL": url})
    services.sql("DROP TABLE counted_ticks")
    services.sql("DELETE FROM signups_tick")
    with Redis.from_url(url) as redis:
        redis.flushdb()


def beat(services: Services, code: Path) -> contextlib.AbstractContextManager[tuple[Process, Path]]:
    return services.celery("beat", "--pidfile=", code=code)


def done(services: Services, entry: str) -> Counter[int]:
    """Count how often each tick of an entry was done, by when it was due."""
    rows = services.sql("SELECT tick FROM counted_ticks WHERE tick LIKE %s", f"{entry} %")
    return Counter(int(datetime.fromisoformat(tick.split()[1]).timestamp()) for (tick,) in rows)


def assert_done_once_each(seen: Counter[int], *, period_s: int, but: tuple[float, float] = (0.0, 0.0)) -> None:
    """Check that none is missing between the first and the last, but those due within this absence."""
    assert seen
    assert set(seen.values()) == {1}
    wanted = range(min(seen), max(seen) + 1, period_s)
    assert [due for due in wanted if due not in seen and not but[0] <= due <= but[1]] == []


def wait_for_ticks(services: Services, entry: str, count: int, *, since: float) -> None:
    """Wait until so many ticks were done that were due after a moment."""
    wait_for(
        f"{count} ticks of {entry}",
        lambda: sum(1 for due in done(services, entry) if due >= since) >= count,
        timeout_s=60,
        explain=lambda: f"{done(services, entry)} since {since}",
    )


def said(process: Process, words: str) -> list[str]:
    return [line for line in process.lines() if words in line]


@pytest.mark.req("A-23", "B-01", "D-12")
def test_no_tick_is_missed_or_doubled_while_beats_and_workers_follow_each_other(counted: Services, code: Path) -> None:
    with contextlib.ExitStack() as workers, contextlib.ExitStack() as beats:
        worker, _ = workers.enter_context(counted.worker(code=code))
        old, _ = beats.enter_context(beat(counted, code))
        started = [worker]
        for _ in range(2):
            new_worker, _ = workers.enter_context(counted.worker(code=code))
            worker.stop()
            new_beat, _ = beats.enter_context(beat(counted, code))
            wait_for_ticks(counted, "short", 2, since=time.time())  # two of both beats
            old.stop()
            wait_for_ticks(counted, "short", 1, since=time.time())
            worker, old = new_worker, new_beat
            started.append(worker)
        wait_for_ticks(counted, "rare", 1, since=time.time())
    assert_done_once_each(done(counted, "short"), period_s=SHORT_S)
    assert_done_once_each(done(counted, "rare"), period_s=RARE_S)
    assert sum(len(said(one, "tick was done before")) for one in started) >= 4  # so both beats did send them
    keys = counted.sql("SELECT count(*) FROM signups_tick WHERE entry IN ('short', 'rare')")
    assert keys == [(len(done(counted, "short")) + len(done(counted, "rare")),)]


@pytest.mark.req("D-12")
def test_a_beat_that_is_killed_makes_up_for_the_tick_that_it_missed(counted: Services, code: Path) -> None:
    with counted.worker(code=code), beat(counted, code) as (first, _):
        wait_for_ticks(counted, "short", 2, since=0.0)
        os.kill(first.running.pid, signal.SIGKILL)
        first.running.wait(10)
        gone = time.time()
        with beat(counted, code) as (second, _):
            wait_for("the first tick", lambda: said(second, '"tick"'))
            (first_sent, *_) = [line["time"] for line in json_lines(second) if line["message"] == "tick"]
            wait_for_ticks(counted, "short", 2, since=time.time())
            wait_for_ticks(counted, "rare", 2, since=0.0)
    seen, back_s = done(counted, "short"), datetime.fromisoformat(first_sent).timestamp()
    newest = int(back_s // SHORT_S * SHORT_S)
    assert newest in seen  # the one that was due when it came back
    assert_done_once_each(seen, period_s=SHORT_S, but=(gone - SHORT_S, newest - 1))
    assert_done_once_each(done(counted, "rare"), period_s=RARE_S, but=(gone - RARE_S, back_s // RARE_S * RARE_S - 1))


@pytest.mark.req("D-12")
def test_a_tick_that_falls_into_an_absence_of_redis_is_sent_when_it_is_back(counted: Services, code: Path) -> None:
    with counted.worker(code=code), beat(counted, code):
        wait_for_ticks(counted, "short", 2, since=0.0)
        counted.redis.process.stop()
        gone = time.time()
        while time.time() < gone + SHORT_S + 1:  # a tick is due meanwhile
            time.sleep(0.1)
        counted.redis.start()
        back = time.time()
        wait_for_ticks(counted, "short", 3, since=back)
    assert_done_once_each(done(counted, "short"), period_s=SHORT_S, but=(gone - SHORT_S, back))
    assert_done_once_each(done(counted, "rare"), period_s=RARE_S, but=(gone - RARE_S, back))
    assert [due for due in done(counted, "short") if gone <= due]


@pytest.mark.req("A-23", "D-12")
def test_a_tick_whose_worker_is_killed_in_its_middle_is_done_once_by_the_next(counted: Services, code: Path) -> None:
    tick = "short 2026-11-29T10:00:00+00:00"
    with psycopg.connect(counted.environment["DATABASE_URL"], autocommit=True) as holder:
        holder.execute("SELECT pg_advisory_lock(4711)")
        with counted.worker(code=code) as (first, _):
            send(counted, "signups.count", tick)
            wait_for("the tick to be in its middle", lambda: counted.sql(HELD) == [(1,)])
            os.killpg(first.running.pid, signal.SIGKILL)
            first.running.wait(10)
        killed = time.time()
        wait_for("what it had to be overdue", lambda: time.time() > killed + REDELIVERED_S)
        with counted.worker(code=code) as (second, _):  # which looks for such when it starts
            wait_for("the tick to come again", lambda: said(second, "signups.count"), timeout_s=60)
            holder.execute("SELECT pg_advisory_unlock(4711)")
            wait_for("its end", lambda: said(second, "succeeded"), timeout_s=60)
    assert counted.sql("SELECT tick FROM counted_ticks") == [(tick,)]


@pytest.mark.req("D-12")
@pytest.mark.parametrize("name", ["remind", "invite", "purge"])
def test_a_tick_that_comes_twice_is_done_once_and_one_by_hand_each_time(
    counted: Services, code: Path, name: str
) -> None:
    with counted.worker(code=code) as (worker, _):
        for tick in (f"{name} 2026-11-29T10:00:00+00:00",) * 2 + (f"{name} 2026-11-29T11:00:00+00:00", "", ""):
            send(counted, f"signups.{name}", tick)
        wait_for("all five", lambda: len(said(worker, "succeeded in")) == 5)
    assert len(said(worker, "tick was done before")) == 1
    assert counted.sql("SELECT count(*) FROM signups_tick WHERE entry = %s", name) == [(2,)]


@pytest.mark.req("D-12")
def test_keys_of_ticks_are_deleted_after_a_week(counted: Services, code: Path) -> None:
    counted.sql("INSERT INTO signups_tick (entry, due_at) VALUES ('x', now() - interval '8 days'), ('x', now())")
    with counted.worker(code=code) as (worker, _):
        send(counted, "signups.purge", "")
        wait_for("the purge", lambda: said(worker, "succeeded in"))
    assert counted.sql("SELECT due_at > now() - interval '1 day' FROM signups_tick") == [(True,)]


def send(services: Services, name: str, tick: str) -> None:
    with new_producer(services.environment["REDIS_URL"]) as producer:
        producer.send_task(name, headers={"tick": tick} if tick else {})
