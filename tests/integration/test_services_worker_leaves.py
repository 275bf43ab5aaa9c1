"""What becomes of the tasks when the worker is replaced? Each is done once: by the old one, or by the new one."""

from __future__ import annotations

import contextlib
import json
import signal
from collections.abc import Iterator

import psycopg
import pytest

from redis import Redis
from tests.integration.services_processes import Process, Services, wait_for

LOCK_WAITERS = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'slipway-worker' AND wait_event_type = 'Lock'"


@contextlib.contextmanager
def locked(services: Services, event_id: int) -> Iterator[psycopg.Connection]:
    """Keep a recount of this event waiting until the block or the transaction ends."""
    services.sql("UPDATE signups_event SET counted_at = NULL")
    with psycopg.connect(services.environment["DATABASE_URL"]) as holder:
        holder.execute("SELECT 1 FROM signups_event WHERE id = %s FOR UPDATE", (event_id,))
        yield holder


def recount(services: Services, event_id: int) -> str:
    """Queue a recount; return the id of the task."""
    done = services.manage("recount", "--event", str(event_id))
    return str(json.loads(done.stdout)["task_id"])


def is_counted(services: Services, event_id: int) -> bool:
    return services.sql("SELECT counted_at IS NOT NULL FROM signups_event WHERE id = %s", event_id) == [(True,)]


def in_redis(services: Services) -> tuple[int, int]:
    """Return how many tasks wait, and how many some worker has."""
    with Redis.from_url(services.environment["REDIS_URL"]) as redis:
        return int(redis.llen("celery")), int(redis.hlen("unacked"))


def times_done(task_id: str, *workers: Process) -> int:
    lines = [line for worker in workers for line in worker.lines()]
    return sum(f"[{task_id}] succeeded" in line for line in lines)


@pytest.mark.req("B-01", "B-05", "A-23")
def test_a_running_task_finishes_and_one_that_waits_is_done_by_the_next_worker(services: Services) -> None:
    ((first,), (second,)) = services.sql("SELECT id FROM signups_event ORDER BY id LIMIT 2")
    with services.worker() as (old, _):
        with locked(services, first):
            running = recount(services, first)
            wait_for("the task to wait for the row", lambda: services.sql(LOCK_WAITERS))
            waiting = recount(services, second)
            old.running.send_signal(signal.SIGTERM)
            wait_for("the worker to leave", lambda: any("Warm shutdown" in line for line in old.lines()))
            assert not is_counted(services, first)
        assert old.running.wait(10) == 0
    assert is_counted(services, first)
    assert (is_counted(services, second), in_redis(services)) == (False, (1, 0))
    with services.worker() as (new, _):
        wait_for("the task that waited", lambda: is_counted(services, second))
        wait_for("its end", lambda: in_redis(services) == (0, 0))
    assert [times_done(task, old, new) for task in (running, waiting)] == [1, 1]


@pytest.mark.req("B-01", "B-05")
def test_a_task_that_runs_on_after_the_grace_goes_back_and_is_done_once(services: Services) -> None:
    ((event_id,),) = services.sql("SELECT min(id) FROM signups_event")
    with locked(services, event_id) as holder:
        with services.worker(WORKER_GRACE_S="1") as (old, _):
            task_id = recount(services, event_id)
            wait_for("the task to wait for the row", lambda: services.sql(LOCK_WAITERS))
            old.running.send_signal(signal.SIGTERM)
            assert old.running.wait(10) == 0
        # Not kept by the worker that is gone: Redis would deliver it again after minutes only.
        assert (in_redis(services), services.sql(LOCK_WAITERS)) == ((1, 0), [])
        with services.worker() as (new, _):
            wait_for("the new worker to have it", lambda: services.sql(LOCK_WAITERS))
            holder.rollback()
            wait_for("its end", lambda: in_redis(services) == (0, 0))
    assert (is_counted(services, event_id), times_done(task_id, old, new)) == (True, 1)
    assert any("task cut" in line and task_id in line for line in old.lines())
