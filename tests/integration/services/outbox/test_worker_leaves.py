"""What becomes of the tasks when the worker is replaced? Each is done once. And when Redis dies? It goes on."""

from __future__ import annotations

import contextlib
import json
import signal
from collections.abc import Iterator

import psycopg
import pytest

from api.task_queue import new_producer
from redis import Redis
from tests.integration.services.services_processes import Process, Services, wait_for

LOCK_WAITERS = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'slipway-worker' AND wait_event_type = 'Lock'"
MISCOUNTED = 7_777


@contextlib.contextmanager
def locked(services: Services, shift: int) -> Iterator[psycopg.Connection]:
    """Keep the settling of this shift waiting until the block or the transaction ends."""
    services.sql("UPDATE signups_shift SET taken = %s", MISCOUNTED)
    with psycopg.connect(services.environment["DATABASE_URL"]) as holder:
        holder.execute(
            "SELECT 1 FROM signups_event WHERE id = (SELECT event_id FROM signups_shift WHERE id = %s) FOR UPDATE",
            (shift,),
        )
        yield holder


@pytest.fixture
def shifts(services: Services) -> Iterator[list[int]]:
    """Return two shifts of different events; afterwards all are counted right again."""
    query = "SELECT min(id) FROM signups_shift GROUP BY event_id ORDER BY 1 LIMIT 2"
    yield [pk for (pk,) in services.sql(query)]
    services.sql("SELECT signups_settle(id) FROM signups_shift ORDER BY event_id, id")


def settle(services: Services, shift: int) -> str:
    """Queue the settling of a shift; return the id of the task."""
    done = services.manage("settle", "--shift", str(shift))
    return str(json.loads(done.stdout)["task_id"])


def is_settled(services: Services, shift: int) -> bool:
    return services.sql("SELECT taken <> %s FROM signups_shift WHERE id = %s", MISCOUNTED, shift) == [(True,)]


def in_redis(services: Services) -> tuple[int, int]:
    """Return how many tasks wait, and how many some worker has."""
    with Redis.from_url(services.environment["REDIS_URL"]) as redis:
        return int(redis.llen("celery")), int(redis.hlen("unacked"))


def times_done(task_id: str, *workers: Process) -> int:
    lines = [line for worker in workers for line in worker.lines()]
    return sum(f"[{task_id}] succeeded" in line for line in lines)


@pytest.mark.req("B-05", "D-12")
def test_a_running_task_finishes_and_one_that_waits_is_done_by_the_next_worker(
    services: Services, shifts: list[int]
) -> None:
    first, second = shifts
    with services.worker() as (old, _):
        with locked(services, first):
            running = settle(services, first)
            wait_for("the task to wait for the row", lambda: services.sql(LOCK_WAITERS))
            waiting = settle(services, second)
            old.running.send_signal(signal.SIGTERM)
            wait_for("the worker to leave", lambda: any("Warm shutdown" in line for line in old.lines()))
            assert not is_settled(services, first)
        assert old.running.wait(10) == 0
    assert is_settled(services, first)
    assert (is_settled(services, second), in_redis(services)) == (False, (1, 0))
    with services.worker() as (new, _):
        wait_for("the task that waited", lambda: is_settled(services, second))
        wait_for("its end", lambda: in_redis(services) == (0, 0))
    assert [times_done(task, old, new) for task in (running, waiting)] == [1, 1]


@pytest.mark.req("B-05", "D-12")
def test_a_task_that_runs_on_after_the_grace_goes_back_and_is_done_once(services: Services, shifts: list[int]) -> None:
    shift = shifts[0]
    with locked(services, shift) as holder:
        with services.worker(WORKER_GRACE_S="1") as (old, _):
            task_id = settle(services, shift)
            wait_for("the task to wait for the row", lambda: services.sql(LOCK_WAITERS))
            old.running.send_signal(signal.SIGTERM)
            assert old.running.wait(10) == 0
        # Not kept by the worker that is gone: Redis would deliver it again after minutes only.
        assert (in_redis(services), services.sql(LOCK_WAITERS)) == ((1, 0), [])
        with services.worker() as (new, _):
            wait_for("the new worker to have it", lambda: services.sql(LOCK_WAITERS))
            holder.rollback()
            wait_for("its end", lambda: in_redis(services) == (0, 0))
    assert (is_settled(services, shift), times_done(task_id, old, new)) == (True, 1)
    assert any("task cut" in line and task_id in line for line in old.lines())


@pytest.mark.req("A-23", "D-12")
def test_a_worker_fetches_on_when_redis_died_while_a_task_ran(services: Services, shifts: list[int]) -> None:
    first, second = shifts
    with services.worker() as (worker, _):
        with locked(services, first):
            settle(services, first)
            wait_for("the task to wait for the row", lambda: services.sql(LOCK_WAITERS))
            services.redis.process.stop(signal.SIGKILL)
        try:
            wait_for("an acknowledgement nobody hears", lambda: any("Couldn't ack" in line for line in worker.lines()))
        finally:
            services.redis.start()
        settle(services, second)
        wait_for("the next task", lambda: is_settled(services, second))


@pytest.mark.req("A-23", "D-12")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_what_a_worker_has_when_redis_is_replaced_is_done_soon_after_and_not_when_it_would_be_delivered_again(
    services: Services, shifts: list[int], number: signal.Signals
) -> None:
    first, second = shifts
    with services.worker() as (worker, _), new_producer(services.environment["REDIS_URL"]) as producer:
        with locked(services, first):
            later = str(producer.send_task("signups.settle", [second], countdown=8).id)
            wait_for("the worker to wait for its time", lambda: in_redis(services) == (0, 1))
            running = settle(services, first)
            wait_for("the other one to wait for the row", lambda: services.sql(LOCK_WAITERS))
            services.redis.process.stop(number)
            services.redis.start()
        wait_for("both tasks to be done", lambda: is_settled(services, first) and is_settled(services, second))
        wait_for("their end", lambda: in_redis(services) == (0, 0))
    assert [times_done(task, worker) for task in (running, later)] == [1, 1]


@pytest.mark.req("A-23", "D-12")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_what_a_worker_has_when_redis_and_then_the_worker_is_replaced_is_done_by_the_next_one(
    services: Services, shifts: list[int], number: signal.Signals
) -> None:
    with new_producer(services.environment["REDIS_URL"]) as producer:
        with services.worker() as (old, _):
            services.sql("UPDATE signups_shift SET taken = %s", MISCOUNTED)
            task = str(producer.send_task("signups.settle", [shifts[0]], countdown=8).id)
            wait_for("the worker to wait for its time", lambda: in_redis(services) == (0, 1))
            services.redis.process.stop(number)
            services.redis.start()
            wait_for("the worker to be back", lambda: sum("Connected to" in line for line in old.lines()) > 1)
            old.running.send_signal(signal.SIGTERM)
            assert old.running.wait(10) == 0
        with services.worker() as (new, _):
            wait_for("the task to be done", lambda: is_settled(services, shifts[0]))
            wait_for("its end", lambda: in_redis(services) == (0, 0))
    assert times_done(task, old, new) == 1
