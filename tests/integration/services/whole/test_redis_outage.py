"""What do clients notice when Redis is killed, restarted, or hangs?"""

from __future__ import annotations

import itertools
import json
import os
import secrets
import signal
import statistics
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from api.shared.outage import FRESH_S, LOSS_S
from tests.instants import some_of
from tests.integration.services.services_processes import Process, Services, Web, json_lines, wait_for

ALLOWED = {200, 202, 401, 429}


@pytest.fixture(autouse=True)
def _redis_runs(services: Services) -> Iterator[None]:
    """Have Redis run when the test ends, whatever it did."""
    yield
    if services.redis.process.running.poll() is not None:
        services.redis.start()


def log_in(client: httpx.Client, number: int) -> httpx.Response:
    """Try a password of nobody, from a place of its own."""
    body = {"email": f"nobody-{secrets.token_hex(6)}@example.org", "password": "not the right one"}
    place = f"198.51.{number % 200}.{secrets.randbelow(250)}"
    return client.post("/auth/login", json=body, headers={"X-Forwarded-For": place})


def queue(client: httpx.Client, _: int) -> httpx.Response:
    return client.post("/tasks")


def look(client: httpx.Client, _: int) -> httpx.Response:
    return client.get("/events")


def asked_all_the_while(
    server: Web, ask: Callable[[httpx.Client, int], httpx.Response], act: Callable[[], None]
) -> tuple[Counter[int], list[float]]:
    """Ask by eight clients until something is done, and two seconds more; return statuses and times."""
    statuses, times, is_over = Counter[int](), list[float](), False

    def go_on(number: int) -> None:
        with httpx.Client(base_url=str(server.client.base_url), timeout=30) as client:
            while not is_over:
                began = time.monotonic()
                statuses[ask(client, number).status_code] += 1
                times.append(time.monotonic() - began)

    with ThreadPoolExecutor(8) as many:
        asked = [many.submit(go_on, number) for number in range(8)]
        wait_for("the clients to be served", lambda: len(times) > 16)
        act()
        seen = len(times)
        wait_for("the clients to be served again", lambda: len(times) > seen + 64, timeout_s=60)
        is_over = True
        for one in asked:
            one.result(timeout=30)
    return statuses, times


ASKED: dict[str, Callable[[httpx.Client, int], httpx.Response]] = {"logs in": log_in, "queues": queue, "looks": look}
OUTAGES = some_of(tuple(itertools.product(ASKED, (signal.SIGTERM, signal.SIGKILL))), 2)


@pytest.mark.req("B-01", "D-12")
@pytest.mark.parametrize(("who", "number"), OUTAGES)
def test_no_request_fails_while_redis_is_killed_or_restarted(
    api: Web, services: Services, who: str, number: signal.Signals
) -> None:
    def restart() -> None:
        services.redis.process.stop(number)
        services.redis.start()

    heard = len(api.process.lines())
    statuses, times = asked_all_the_while(api, ASKED[who], restart)
    p99_ms = statistics.quantiles(times, n=100)[98] * 1000
    print(f"who {who}, {number.name}: {statuses}, p99 {p99_ms:.0f} ms, longest {max(times) * 1000:.0f} ms")  # noqa: T201 - a measurement
    assert set(statuses) <= ALLOWED, "\n".join(api.process.lines()[heard:])


@pytest.mark.req("B-01", "D-12")
def test_of_many_who_come_together_long_after_redis_was_away_none_is_told_that_it_is(
    api: Web, services: Services
) -> None:
    assert queue(api.client, 1).status_code == 202
    services.redis.process.stop()
    assert log_in(api.client, 1).status_code == 401  # it meets the absence, and does without
    services.redis.start()
    time.sleep(LOSS_S + FRESH_S)  # nobody asks meanwhile
    together = threading.Barrier(16)

    def ask(_: int) -> int:
        with httpx.Client(base_url=str(api.client.base_url), timeout=30) as client:
            client.get("/nothing")  # not found; the connection is kept
            together.wait(10)
            return client.post("/tasks").status_code

    with ThreadPoolExecutor(16) as many:
        assert list(many.map(ask, range(16))) == [202] * 16


@pytest.mark.req("B-06", "D-12")
def test_nobody_waits_for_a_redis_that_hangs_but_the_first(api: Web, services: Services) -> None:
    assert log_in(api.client, 1).status_code == 401
    os.kill(services.redis.process.running.pid, signal.SIGSTOP)
    try:
        assert log_in(api.client, 1).status_code == 401  # it meets the absence
        began = time.monotonic()
        assert [look(api.client, 1).status_code for _ in range(10)] == [200] * 10
        assert time.monotonic() - began < 2
    finally:
        os.kill(services.redis.process.running.pid, signal.SIGCONT)


@pytest.mark.req("D-09")
def test_passwords_are_not_guessed_without_end_while_redis_is_away(api: Web, services: Services) -> None:
    email = f"nobody-{secrets.token_hex(6)}@example.org"
    services.redis.process.stop()
    body = {"email": email, "password": "not the right one"}
    statuses = [api.client.post("/auth/login", json=body).status_code for _ in range(12)]
    assert statuses == [401] * 10 + [429] * 2


@pytest.mark.req("A-23", "D-12")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_what_was_queued_before_redis_was_killed_or_restarted_is_done_after_it(
    services: Services, number: signal.Signals
) -> None:
    shifts = [shift for (shift,) in services.sql("SELECT id FROM signups_shift ORDER BY id LIMIT 5")]
    services.sql("UPDATE signups_shift SET taken = taken + 7000 WHERE id = ANY(%s)", shifts)
    for shift in shifts:
        assert services.manage("settle", "--shift", str(shift)).returncode == 0
    services.redis.process.stop(number)
    services.redis.start()
    wrong = "SELECT count(*) FROM signups_shift WHERE taken >= 7000"
    with services.worker():
        wait_for("the tasks to be done", lambda: services.sql(wrong) == [(0,)], timeout_s=30)


@pytest.mark.req("A-19", "D-12")
def test_worker_and_beat_are_back_in_seconds_after_redis_is(api: Web, services: Services) -> None:
    beat = services.celery("beat", "--schedule", str(services.folder / f"schedule-{uuid.uuid4().hex}"), "--pidfile=")
    with services.worker() as (worker, _), beat as (ticking, _):
        services.redis.process.stop()
        services.redis.start()
        began = time.monotonic()
        task = api.client.post("/tasks").json()["task_id"]
        wait_for("the task", lambda: api.get(f"/tasks/{task}").json()["state"] == "SUCCESS", timeout_s=20)
        print(f"the worker took a task {time.monotonic() - began:.1f} s after Redis was back")  # noqa: T201 - a measurement
        seen = len(delivered(worker))
        wait_for("beat to be heard", lambda: len(delivered(worker)) > seen, timeout_s=20)
        assert ticking.running.poll() is None
        assert worker.running.poll() is None


def delivered(worker: Process) -> list[str]:
    return [json.dumps(line) for line in json_lines(worker) if line.get("task") == "signups.deliver"]
