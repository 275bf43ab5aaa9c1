"""What becomes of tasks that a worker cannot take, because another release sent them? They wait for that release."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.task_queue import new_producer
from redis import Redis
from tests.integration.services.services_processes import DJANGO, Process, Services, wait_for

MISCOUNTED = 7_777
OF_A_LATER_RELEASE = '''

@app.task(name="signups.fresh")
def fresh(shift_id: int) -> None:
    """Be known to this release alone."""
    places.settle(shift_id)
'''
LATER = {"SERVICE_VERSION": "django-later"}


@pytest.fixture(scope="module")
def later(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return Django's code with one task more, and with a further argument of another one."""
    code = tmp_path_factory.mktemp("later") / "django"
    shutil.copytree(DJANGO, code, ignore=shutil.ignore_patterns("__pycache__"))
    tasks = code / "signups" / "tasks.py"
    text = tasks.read_text(encoding="utf-8").replace(
        "def settle(shift_id: int)", "def settle(shift_id: int, *, why: str = '')"
    )
    tasks.write_text(text + OF_A_LATER_RELEASE, encoding="utf-8")
    return code


@pytest.fixture
def shift(services: Services) -> Iterator[int]:
    """Return a shift that is counted wrong, until a task of its own counts it; afterwards all are right again."""
    ((found,),) = services.sql("SELECT min(id) FROM signups_shift")
    miscount(services)
    yield int(found)
    services.sql("SELECT signups_settle(id) FROM signups_shift ORDER BY event_id, id")


@contextlib.contextmanager
def redis_of(services: Services) -> Iterator[Redis]:
    with Redis.from_url(services.environment["REDIS_URL"], decode_responses=True) as redis:
        yield redis


def miscount(services: Services) -> None:
    services.sql("UPDATE signups_shift SET taken = %s", MISCOUNTED)


def is_settled(services: Services, shift: int) -> bool:
    return services.sql("SELECT taken <> %s FROM signups_shift WHERE id = %s", MISCOUNTED, shift) == [(True,)]


def send(services: Services, name: str, *arguments: object, **named: object) -> str:
    producer = new_producer(services.environment["REDIS_URL"])
    with producer:
        return str(producer.send_task(name, arguments, named).id)


def lines_about(process: Process, words: str) -> list[str]:
    return [line for line in process.lines() if words in line]


def waiting(services: Services) -> tuple[int, int, int]:
    """Return how many messages are in the queue, how many some worker has, and how many are parked."""
    with redis_of(services) as redis:
        parked = sum(int(redis.llen(key)) for key in redis.smembers("parked-tasks"))
        return int(redis.llen("celery")), int(redis.hlen("unacked")), parked


def wait_until_parked(services: Services, worker: Process, count: int) -> None:
    wait_for("what is parked", lambda: waiting(services) == (0, 0, count), explain=lambda: "\n".join(worker.lines()))


@pytest.mark.req("A-23", "D-12")
def test_a_task_that_nobody_knows_waits_quietly_and_a_later_release_does_it_once(
    services: Services, shift: int, later: Path
) -> None:
    with services.worker() as (old, heartbeat):
        task = send(services, "signups.fresh", shift)
        wait_until_parked(services, old, 1)
        looked = heartbeat.stat().st_mtime
        wait_for("two looks at what is parked", lambda: heartbeat.stat().st_mtime > looked + 6)
        assert len(lines_about(old, "task parked for another release")) == 1
        assert "signups.fresh" in lines_about(old, "task parked")[0]
        assert task in lines_about(old, "task parked")[0]
        assert not is_settled(services, shift)
        with services.worker(code=later, **LATER) as (new, _):  # while both take tasks, either may get it again
            wait_for("the task", lambda: is_settled(services, shift), timeout_s=60)
            wait_for("its end", lambda: waiting(services) == (0, 0, 0))
    assert len(lines_about(new, f"[{task}] succeeded")) == 1
    assert lines_about(old, f"[{task}] succeeded") == []
    with redis_of(services) as redis:
        assert redis.exists("parked-tasks") == 0


@pytest.mark.req("A-23", "D-12")
def test_arguments_that_a_task_does_not_take_wait_for_another_version(
    services: Services, shift: int, later: Path
) -> None:
    with services.worker() as (old, _):
        task = send(services, "signups.settle", shift, why="of a later release")
        wait_until_parked(services, old, 1)
    with services.worker() as (again, heartbeat):  # the same version would not get further with it
        looked = heartbeat.stat().st_mtime
        wait_for("a look at what is parked", lambda: heartbeat.stat().st_mtime > looked + 1)
        assert waiting(services) == (0, 0, 1)
        assert lines_about(again, "task parked") == []
    with services.worker(code=later, **LATER) as (new, _):
        wait_for("the task", lambda: is_settled(services, shift))
        wait_for("its end", lambda: waiting(services) == (0, 0, 0))
    assert len(lines_about(new, f"[{task}] succeeded")) == 1


UNREADABLE = {
    "another content type": ({"content_type": "application/x-yaml"}, b"[[1], {}, {}]"),
    "no JSON": ({}, b"{["),
    "another shape": ({}, b"[1, 2]"),
    "a number": ({}, b"7"),
    "another charset": ({"content_encoding": "utf-16"}, b"\xff"),
}


@pytest.mark.req("A-23", "D-12")
def test_messages_that_cannot_be_read_are_parked_and_the_worker_goes_on(services: Services, shift: int) -> None:
    with services.worker() as (worker, _):
        for number, (more, body) in enumerate(UNREADABLE.values(), 1):
            publish(services, body, headers={"task": "signups.settle", "id": f"m{number}"}, **more)
        publish(services, b"[[1], {}, {}]", headers={"task": "signups.settle"})
        publish(services, b'"hello"', headers={})
        wait_until_parked(services, worker, len(UNREADABLE) + 2)
        send(services, "signups.settle", shift)
        wait_for("a task behind them", lambda: is_settled(services, shift))
        assert worker.running.poll() is None
    with redis_of(services) as redis:
        names = {str(key) for key in redis.smembers("parked-tasks")}
        redis.delete(*names, "parked-tasks")
    assert names == {"parked-tasks:test-1:signups.settle", "parked-tasks:test-1:"}


def publish(services: Services, body: bytes, *, headers: dict[str, str], **more: str) -> None:
    properties = {"content_type": "application/json", "content_encoding": "utf-8", **more}
    with new_producer(services.environment["REDIS_URL"]) as producer, producer.producer_or_acquire() as door:
        door.publish(body, routing_key="celery", headers=headers, **properties)


def test_what_is_parked_survives_a_kill_of_the_worker_and_of_redis(services: Services, shift: int, later: Path) -> None:
    with services.worker() as (old, _):
        send(services, "signups.fresh", shift)
        wait_until_parked(services, old, 1)
        old.running.kill()
        old.running.wait(10)
    services.redis.process.stop()
    services.redis.start()
    with services.worker(code=later, **LATER):
        wait_for("the task", lambda: is_settled(services, shift))
        wait_for("its end", lambda: waiting(services) == (0, 0, 0))


@pytest.mark.req("D-12")
def test_a_long_row_of_unknown_tasks_comes_back_in_its_order(services: Services, shift: int, later: Path) -> None:
    count = 250  # more than go back at once
    with services.worker() as (old, _):
        tasks = [send(services, "signups.fresh", shift) for _ in range(count)]
        wait_until_parked(services, old, count)
    with services.worker(code=later, **LATER) as (new, _):
        wait_for("all of them", lambda: len(lines_about(new, "] succeeded")) == count, timeout_s=60)
        wait_for("the end", lambda: waiting(services) == (0, 0, 0))
    done = [line for line in new.lines() if "] succeeded" in line]
    assert [next(task for task in tasks if task in line) for line in done] == tasks
