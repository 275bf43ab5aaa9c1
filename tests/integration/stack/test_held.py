"""Are PostgreSQL and Redis of a stack replaced while it serves, and does nobody notice more than a wait?"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import httpx
import psycopg
import pytest
from dotenv import dotenv_values

from tests.instants import some_of
from tests.integration.services.services_processes import wait_for
from tests.integration.stack.engine_words import events_of, journal_of_the_newest_run, runs
from tests.stack import DOMAIN, Stack

EVERY_S = 0.45  # of each client: together below the rate limit of the edge


class Visitors:
    """Four clients that read and write without pause; what they saw of failures, and the longest wait."""

    def __init__(self, stack: Stack) -> None:
        self.failures: list[str] = []
        self.answered = 0
        self.longest_s = 0.0
        self._stack = stack
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._visit, args=(is_change,)) for is_change in (True, False) * 2]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=40)

    def _visit(self, is_change: bool) -> None:  # noqa: FBT001 - what a thread is given
        with self._stack.client() as client:
            while not self._stop.wait(EVERY_S):
                began = time.monotonic()
                try:
                    answer = ask(self._stack, client, is_change=is_change)
                except httpx.HTTPError as error:
                    self.failures.append(repr(error))
                    continue
                self.longest_s = max(self.longest_s, time.monotonic() - began)
                self.answered += 1
                # 429: the burst of a verification has used up what this address may ask
                if answer.status_code not in ({401, 429} if is_change else {200, 429}):
                    self.failures.append(f"{answer.status_code} {answer.text[:200]}")


def ask(stack: Stack, client: httpx.Client, *, is_change: bool) -> httpx.Response:
    """Read a list, or lock a row for a session that there is not, which is a change to PostgreSQL."""
    method, path = ("POST", "/api/auth/refresh") if is_change else ("GET", "/api/events?limit=3")
    return client.request(
        method,
        f"https://127.0.0.1:{stack.https_port}{path}",
        headers={"Host": DOMAIN, **({"Cookie": "refresh=nobody"} if is_change else {})},
        extensions={"sni_hostname": DOMAIN},
        timeout=30,
    )


@pytest.fixture(scope="module", autouse=True)
def _as_it_was(stack: Stack) -> Iterator[None]:
    """Begin with the checkout's release, and leave the checkout so; each test goes on from what the last one left."""
    path = stack.root / "docker-compose.yml"
    original = path.read_text(encoding="utf-8")
    stack.json("deploy")
    yield
    path.write_text(original, encoding="utf-8")


def pids(stack: Stack, service: str) -> list[int]:
    rows = json.loads(stack.invoke("status", "--target", "local", "--json").stdout)["services"]
    return [row["pid"] for row in rows if row["service"] == service]


def url(stack: Stack) -> str:
    own = {**dotenv_values(stack.root / ".env"), **stack.environment}
    who = f"{own['POSTGRES_USER']}:{own['POSTGRES_PASSWORD']}"
    return f"postgresql://{who}@127.0.0.1:{own['LOCAL_POSTGRES_PORT']}/{own['POSTGRES_DB']}"


def is_writable(stack: Stack) -> bool:
    with contextlib.suppress(psycopg.OperationalError), psycopg.connect(url(stack), connect_timeout=5) as connection:
        return connection.execute("SHOW default_transaction_read_only").fetchone() == ("off",)
    return False


@pytest.mark.req("B-01", "D-12")
def test_postgresql_gets_other_settings_while_readers_and_writers_wait_for_a_moment(stack: Stack) -> None:
    before = pids(stack, "postgres")
    stack.change_setting("shared_buffers", "65MB")
    planned = {change["service"]: change for change in stack.json("plan")["changes"]}
    assert (planned["postgres"]["interrupts"], planned["postgres"]["waits_s"]) == (False, 10)
    with Visitors(stack) as visitors:
        report = stack.json("update")
    print(f"{visitors.answered} answered, the longest wait {visitors.longest_s:.2f} s")  # noqa: T201 - a measurement
    assert [one["service"] for one in report["changes"] if one["action"] == "replace"] == ["postgres"]
    assert visitors.failures == []
    assert pids(stack, "postgres") != before
    with psycopg.connect(url(stack)) as connection:
        assert connection.execute("SHOW shared_buffers").fetchone() == ("65MB",)
    assert is_writable(stack)


@pytest.mark.req("B-01", "D-12")
def test_redis_gets_other_settings_while_it_serves(stack: Stack) -> None:
    before = pids(stack, "redis")
    stack.change_setting("--maxmemory", "129mb")
    with Visitors(stack) as visitors:
        stack.json("update")
    print(f"{visitors.answered} answered, the longest wait {visitors.longest_s:.2f} s")  # noqa: T201 - a measurement
    assert visitors.failures == []
    assert pids(stack, "redis") != before


@pytest.mark.req("B-01", "D-12")
def test_a_transaction_that_does_not_end_is_named_without_its_values_and_postgresql_stays(stack: Stack) -> None:
    before = pids(stack, "postgres")
    stack.change_setting("shared_buffers", "66MB")
    with psycopg.connect(url(stack), application_name="somebody") as busy:
        busy.execute("SELECT 'canary-value', 4711 FROM signups_event FOR SHARE LIMIT 1")
        with Visitors(stack) as visitors:
            done = stack.invoke("update", "--target", "local")
        told = done.stdout + done.stderr
        assert re.search(
            rf"process {busy.info.backend_pid} \(\w+, somebody\) has been in a transaction for \d+ s", told
        )
    assert done.returncode == 8, told
    assert "FOR SHARE" in told
    assert "canary-value" not in told
    assert "4711" not in told
    assert visitors.failures == []
    assert pids(stack, "postgres") == before
    assert is_writable(stack)


@pytest.mark.req("B-02", "D-12")
def test_a_setting_with_which_postgresql_does_not_start_is_undone_and_nobody_fails(stack: Stack) -> None:
    stack.change_setting("shared_buffers", "much")
    with Visitors(stack) as visitors:
        done = stack.invoke("update", "--target", "local")
    print(f"{visitors.answered} answered, the longest wait {visitors.longest_s:.2f} s")  # noqa: T201 - a measurement
    assert done.returncode == 8, done.stdout + done.stderr
    assert "shared_buffers" in done.stdout + done.stderr
    assert visitors.failures == []
    assert is_writable(stack)


@pytest.mark.req("B-01", "D-12")
@pytest.mark.parametrize("words", some_of(("holding postgres", "stopping postgres", "starting postgres"), 1))
def test_an_engine_that_is_killed_around_a_hold_leaves_one_database_and_the_next_run_goes_on(
    stack: Stack, words: str
) -> None:
    stack.change_setting("shared_buffers", "67MB")
    before = runs(stack)
    with stack.start("update", "--target", "local") as operator:
        journal = journal_of_the_newest_run(stack, after=before)
        engine = wait_for_words(journal, words)
        operator.kill()
        with contextlib.suppress(ProcessLookupError):
            os.kill(engine, signal.SIGKILL)
        operator.wait(timeout=10)
    if words == "holding postgres":  # nobody stops it now: the hold ends by itself
        wait_for("changes to be taken again", lambda: is_writable(stack), timeout_s=40)
    with Visitors(stack) as visitors:
        wait_until_served(stack)
        failed = len(visitors.failures)
        report = stack.json("update")
        assert report["outcome"] == "success"
    assert len(visitors.failures) == failed
    assert len(pids(stack, "postgres")) == 1
    assert is_writable(stack)


@pytest.mark.req("B-01", "D-12")
def test_a_run_ends_the_hold_that_a_killed_engine_has_left_before_its_own(stack: Stack) -> None:
    stack.change_setting("shared_buffers", "68MB")
    before = runs(stack)
    with psycopg.connect(url(stack)) as busy:  # the hold waits for it, so that there is time to kill the engine
        busy.execute("SELECT FROM signups_event FOR SHARE LIMIT 1")
        with stack.start("update", "--target", "local") as operator:
            engine = wait_for_words(journal_of_the_newest_run(stack, after=before), "holding postgres")
            wait_for("no changes to be taken", lambda: not is_writable(stack))
            operator.kill()
            with contextlib.suppress(ProcessLookupError):
                os.kill(engine, signal.SIGKILL)
            operator.wait(timeout=10)
    with Visitors(stack) as visitors:
        assert stack.json("update")["outcome"] == "success"
    print(f"{visitors.answered} answered, the longest wait {visitors.longest_s:.2f} s")  # noqa: T201 - a measurement
    assert visitors.failures == []
    assert is_writable(stack)


def wait_for_words(journal: Path, words: str) -> int:
    """Wait until a run tells of something; return the engine's process id."""
    engine, told = 0, []
    for event in events_of(journal, within_s=120):
        engine = int(event["pid"]) if event["event"] == "run_started" else engine
        told.append(str(event.get("text", "")))
        if words in told[-1]:
            return engine
    raise AssertionError(f"`{words}` was not told, but: " + "\n".join(told))


def wait_until_served(stack: Stack) -> None:
    """Wait until the site is served again, if PostgreSQL was left away; the next run is what brings it back."""
    with contextlib.suppress(psycopg.OperationalError), psycopg.connect(url(stack), connect_timeout=2):
        return
    assert stack.invoke("update", "--target", "local").returncode == 0
