"""What becomes of tasks and ticks while releases follow each other? There is a worker and a beat all the time."""

from __future__ import annotations

import contextlib
import itertools
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from celery import Celery
from kombu.exceptions import OperationalError

from api.task_queue import new_producer
from ops.settings import load
from redis import Redis
from tests.stack import Stack

EVERY_S = 0.1
DONE_WITHIN_S = 60
TASKS = Path("django") / "signups" / "tasks.py"
OF_A_LATER_RELEASE = '''

@app.task(name="signups.fresh")
def fresh() -> str:
    """Be known to this release alone."""
    return "done"
'''


@dataclass
class Back:
    """What stands behind the site: the queue, and the database."""

    stack: Stack
    redis_url: str
    database_url: str
    sent: list[str] = field(default_factory=list)

    def send(self, producer: Celery, name: str, *arguments: object) -> str:
        """Queue a task whose result is kept."""
        return str(producer.send_task(name, arguments, ignore_result=False).id)

    def result(self, task: str) -> dict[str, Any]:
        """Return what became of a task; empty while nothing did."""
        with Redis.from_url(self.redis_url) as redis:
            found: dict[str, Any] = json.loads(redis.get(f"celery-task-meta-{task}") or b"{}")
            return found

    def wait_for(self, task: str) -> dict[str, Any]:
        """Wait until a task is done."""
        deadline = time.monotonic() + DONE_WITHIN_S
        while (found := self.result(task)).get("status") != "SUCCESS":
            assert time.monotonic() < deadline, f"{task} is not done: {found}"
            time.sleep(0.05)  # until the deadline
        return found

    @contextlib.contextmanager
    def stream(self, shift: int) -> Iterator[None]:
        """Queue a task again and again until the block ends."""
        stop = threading.Event()

        def go_on() -> None:
            with new_producer(self.redis_url) as producer:
                while not stop.wait(EVERY_S):
                    with contextlib.suppress(OperationalError):  # Redis is away: who sends is told so
                        self.sent.append(self.send(producer, "signups.settle", shift))

        thread = threading.Thread(target=go_on)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(timeout=10)


@pytest.fixture(scope="module")
def back(stack: Stack) -> Iterator[Back]:
    """Return the back of the stack, all tests of which are about one release; then the checkout is as it was."""
    values = load(stack.root / ".env", environ=stack.environment, target="local").values
    role = f"{values['POSTGRES_USER']}:{values['POSTGRES_PASSWORD']}"
    database = f"postgresql://{role}@127.0.0.1:{values['LOCAL_POSTGRES_PORT']}/{values['POSTGRES_DB']}"
    redis = f"redis://:{values['REDIS_PASSWORD']}@127.0.0.1:{values['LOCAL_REDIS_PORT']}/0"
    paths = (stack.root / TASKS, stack.root / "docker-compose.yml")
    originals = [path.read_text(encoding="utf-8") for path in paths]
    yield Back(stack, redis, database)
    for path, original in zip(paths, originals, strict=True):
        path.write_text(original, encoding="utf-8")
    stack.json("update")


def add(stack: Stack, text: str) -> None:
    """Put something at the end of the file with the tasks."""
    with (stack.root / TASKS).open("a", encoding="utf-8") as tasks:
        tasks.write(text)


def steps_of(stack: Stack) -> list[str]:
    """Return what the newest run of the engine said, line by line: steps that end, and what they do."""
    newest = max((stack.state / "runs").glob("*/journal.jsonl"), key=lambda path: path.stat().st_mtime)
    entries = [json.loads(line) for line in newest.read_text(encoding="utf-8").splitlines()]
    told = {"progress": "text", "step_started": "step"}
    return [f"{e['event']} {e[told[e['event']]]}" for e in entries if e["event"] in told]


def first(steps: list[str], *words: str) -> int:
    return next(i for i, step in enumerate(steps) if all(word in step for word in words))


def worker_of(stack: Stack) -> str:
    """Return the name of the replica that runs."""
    (row,) = [row for row in stack.json("status")["services"] if row["service"] == "worker"]
    return str(row["replica"])


@pytest.mark.req("A-23", "B-01", "D-12")
def test_an_update_under_a_stream_of_tasks_loses_none_and_is_never_without_a_worker(back: Back) -> None:
    stack = back.stack
    with psycopg.connect(back.database_url) as connection:
        (shift,) = connection.execute("SELECT min(id) FROM signups_shift").fetchone() or (0,)
    old = worker_of(stack)
    with back.stream(shift):
        add(stack, OF_A_LATER_RELEASE)
        stack.change_setting("shared_buffers", "65MB")
        stack.change_setting("--maxmemory", "129mb")
        changed = {change["service"] for change in stack.json("update")["changes"] if change["action"] != "keep"}
    new, steps = worker_of(stack), steps_of(stack)
    done = sorted(datetime.fromisoformat(back.wait_for(task)["date_done"]) for task in back.sent)
    longest = max((two - one).total_seconds() for one, two in itertools.pairwise(done))
    print(f"{len(done)} tasks, the longest time without one: {longest:.2f} s")  # noqa: T201 - a measurement
    assert changed >= {"postgres", "redis", "worker", "beat"}
    assert len(done) > 10
    order = [first(steps, f"{new} is ready"), first(steps, f"stopping {old}"), first(steps, "step_started switch")]
    assert order == sorted(order)
    assert new != old


@pytest.mark.req("A-23", "B-02", "D-12")
def test_a_task_that_a_release_left_waits_over_a_rollback_until_a_release_knows_it(back: Back) -> None:
    stack = back.stack
    if not back.sent:  # the test before this one was left out
        add(stack, OF_A_LATER_RELEASE)
        stack.json("update")
    with new_producer(back.redis_url) as producer:
        assert back.wait_for(back.send(producer, "signups.fresh"))["result"] == "done"
        stack.json("rollback")
        left = back.send(producer, "signups.fresh")  # as one that was still in the queue
        with psycopg.connect(back.database_url) as connection:
            (shift,) = connection.execute("SELECT min(id) FROM signups_shift").fetchone() or (0,)
        back.wait_for(back.send(producer, "signups.settle", shift))  # behind it
    assert back.result(left) == {}
    told = stack.invoke("logs", "--target", "local", "--service", "worker", "--since", "5m", "--grep", "task parked")
    assert left in told.stdout
    stack.json("update")
    assert back.wait_for(left)["result"] == "done"
