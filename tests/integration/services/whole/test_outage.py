"""What do clients notice when PostgreSQL is killed, restarted, or takes no changes for a moment?"""

from __future__ import annotations

import itertools
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

import httpx
import pytest

from api.shared.outage import LOSS_S
from tests.integration.services.accounts import account
from tests.integration.services.services_processes import DJANGO, Services, Web, wait_for


def postmaster(services: Services) -> int:
    """Return the process id of the server: for root it runs as another user, below the one that was started."""
    data = Path(services.postgres.process.environment["PGDATA"])
    return int((data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])


@pytest.fixture(autouse=True)
def _postgres_runs(services: Services) -> Iterator[None]:
    """Have PostgreSQL run and take changes when the test ends, whatever it did."""
    yield
    if services.postgres.process.running.poll() is not None:
        services.postgres.start()
    reopen(services)


class Clients:
    """Clients that ask one thing again and again, each over a connection of its own, until the block ends."""

    def __init__(self, server: Web, ask: Callable[[httpx.Client, int], httpx.Response], *, many: int) -> None:
        self.statuses: Counter[object] = Counter()
        self.longest_s = 0.0
        self.refused_at: list[float] = []
        self._server, self._ask = server, ask
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._go_on, args=(number,)) for number in range(many)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        wait_for("the clients to be served", lambda: sum(self.statuses.values()) > len(self._threads))
        return self

    def __exit__(self, *_: object) -> None:
        seen = sum(self.statuses.values())
        wait_for("the clients to be served again", lambda: sum(self.statuses.values()) > seen + len(self._threads))
        self._stopped.set()
        for thread in self._threads:
            thread.join(timeout=30)

    def _go_on(self, number: int) -> None:
        with httpx.Client(base_url=str(self._server.client.base_url), timeout=30) as client:
            while not self._stopped.is_set():
                began = time.monotonic()
                try:
                    status = self._ask(client, number).status_code
                    self.statuses[status] += 1
                    self.refused_at += [time.monotonic()] if status == 503 else []
                except httpx.TransportError as error:
                    self.statuses[type(error).__name__] += 1
                self.longest_s = max(self.longest_s, time.monotonic() - began)

    def refused_before(self, moment: float) -> int:
        """Return how many got a 503 before then."""
        return sum(at < moment for at in self.refused_at)


def restart(services: Services, number: int) -> tuple[float, float]:
    """End PostgreSQL by a signal, start it again; return when that began, and for how long it was away."""
    began = time.monotonic()
    if number == signal.SIGKILL:
        os.kill(postmaster(services), number)
        services.postgres.process.running.wait(30)
    else:
        services.postgres.process.stop(number)
    services.postgres.start()
    return began, time.monotonic() - began


READS = (
    "/events", "/events/1", "/organizations/tidy-coast/events", "/organizations/tidy-coast", "/events?search=beach"
)  # fmt: skip


def read(client: httpx.Client, number: int) -> httpx.Response:
    return client.get(READS[number % len(READS)])


@pytest.mark.req("B-06", "B-09", "D-12")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_no_read_of_64_clients_fails_when_postgresql_is_killed_or_restarted(
    api: Web, services: Services, number: signal.Signals
) -> None:
    with Clients(api, read, many=64) as clients:
        began, away_s = restart(services, number)
    print(f"{number.name}: away for {away_s:.2f} s, the longest wait {clients.longest_s:.2f} s, {clients.statuses}")  # noqa: T201 - a measurement
    assert set(clients.statuses) <= {200, 404, 503}
    assert clients.refused_before(began + LOSS_S - 0.2) == 0
    assert away_s > LOSS_S - 0.5 or not clients.refused_at  # on a busy machine it may be away for longer


@pytest.mark.req("B-01", "B-09", "D-12")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_what_is_written_with_a_key_while_postgresql_is_killed_or_restarted_is_done_once(
    apart_api: Web, apart: Services, services: Services, number: signal.Signals
) -> None:
    asked, serial = list[str](), itertools.count()
    with account(apart, apart_api) as owner:
        token = owner.browser().access

        def found(client: httpx.Client, _: int) -> httpx.Response:
            name = f"Club {secrets.token_hex(3)} {next(serial)}"
            asked.append(name)
            key = {"Idempotency-Key": secrets.token_hex(12), "Authorization": f"Bearer {token}"}
            return client.post("/organizations", json={"name": name}, headers=key)

        with Clients(apart_api, found, many=16) as clients:
            began, away_s = restart(services, number)
        founded = apart.sql("SELECT name FROM signups_organization WHERE name = ANY(%s)", asked)
        apart.sql("DELETE FROM signups_idempotencykey")
        apart.sql("TRUNCATE signups_organization CASCADE")
    print(f"{number.name}: the longest wait {clients.longest_s:.2f} s, {clients.statuses}")  # noqa: T201 - a measurement
    assert set(clients.statuses) <= {201, 503}
    assert clients.refused_before(began + LOSS_S - 0.2) == 0
    assert len(set(founded)) == len(founded) == clients.statuses[201]
    assert away_s > LOSS_S - 0.5 or sorted(name for (name,) in founded) == sorted(asked)


@pytest.mark.req("B-01", "D-12")
def test_changes_wait_while_none_are_taken_and_reads_do_not(api: Web, services: Services) -> None:
    assert forgot(api.client) == 202
    close(services)
    wait_for("held", lambda: api.health()["checks"]["database"]["detail"].startswith("held"))
    body = api.health()
    assert (body["code"], body["status"]) == (200, "degraded")
    assert api.get("/ready").status_code == 200
    began = time.monotonic()
    assert api.get("/events").status_code == 200
    assert time.monotonic() - began < 1
    with ThreadPoolExecutor(8) as many:
        asked = [many.submit(forgot, api.client) for _ in range(8)]
        time.sleep(1.5)  # the time for which none is taken; that they wait is what is checked
        assert not any(one.done() for one in asked)
        reopen(services)
        assert [one.result(timeout=5) for one in asked] == [202] * 8
    wait_for("healthy again", lambda: api.health()["status"] == "healthy")


@pytest.mark.req("B-06", "D-12")
def test_changes_that_are_not_taken_for_longer_than_a_hold_may_last_are_refused(services: Services) -> None:
    with services.api(DATABASE_HOLD_SECONDS="2") as server:
        close(services)
        began = time.monotonic()
        assert forgot(server.client) == 503
        assert 1.5 < time.monotonic() - began < 6
        assert server.get("/events").status_code == 200


@pytest.mark.req("B-06", "B-07")
def test_after_five_seconds_of_loss_a_replica_is_ill_and_says_so_fast(services: Services) -> None:
    with services.api() as server:
        assert server.get("/events").status_code == 200
        began = time.monotonic()
        os.kill(postmaster(services), signal.SIGKILL)
        services.postgres.process.running.wait(30)
        assert server.get("/ready").status_code == 200
        assert server.get("/events").status_code == 503
        assert 4 < time.monotonic() - began < 8
        wait_for("unready", lambda: server.get("/ready").status_code == 503, timeout_s=3)
        began = time.monotonic()
        assert server.get("/events").status_code == 503
        assert time.monotonic() - began < 4
        services.postgres.start()
        wait_for("ready again", lambda: server.get("/ready").status_code == 200)
        assert server.get("/events").status_code == 200


@pytest.mark.req("B-01", "D-12")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_graphql_and_admin_wait_too(django_web: Web, services: Services, number: signal.Signals) -> None:
    body = {"query": '{ organization(slug: "tidy-coast") { name } }'}

    def ask(client: httpx.Client, which: int) -> httpx.Response:
        return client.post("/graphql", json=body) if which % 2 else client.get("/admin/login/")

    with Clients(django_web, ask, many=8) as clients:
        _, away_s = restart(services, number)
    print(f"{number.name}: the longest wait {clients.longest_s:.2f} s, {clients.statuses}")  # noqa: T201 - a measurement
    assert clients.statuses[200] > 16
    assert set(clients.statuses) <= {200, 500, 503}
    assert away_s > LOSS_S - 0.5 or set(clients.statuses) == {200}


@pytest.mark.req("D-12")
def test_a_command_that_needs_a_connection_waits_for_one(services: Services) -> None:
    code = "from django.db import connection as c; c.ensure_connection(); c.close(); print(1, flush=True); input();"
    code += "c.ensure_connection(); print(2, flush=True)"
    words = (sys.executable, "manage.py", "shell", "-v", "0", "-c", code)
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(words, cwd=DJANGO, env=services.environment, **pipes) as command:
        assert command.stdout is not None
        assert command.stdin is not None
        assert command.stdout.readline() == "1\n"
        services.postgres.process.stop(signal.SIGINT)
        command.stdin.write("\n")
        command.stdin.flush()
        services.postgres.start()
        assert command.stdout.readline() == "2\n"


def close(services: Services) -> None:
    """Have PostgreSQL take no changes."""
    services.sql("ALTER SYSTEM SET default_transaction_read_only = on")
    services.sql("SELECT pg_reload_conf()")


def reopen(services: Services) -> None:
    """Have it take changes again."""
    services.sql("ALTER SYSTEM RESET default_transaction_read_only")
    services.sql("SELECT pg_reload_conf()")


def forgot(client: httpx.Client) -> int:
    place = f"203.0.113.{secrets.randbelow(250)}"
    mail = f"nobody-{secrets.token_hex(4)}@example.org"
    return client.post("/auth/forgot", json={"email": mail}, headers={"X-Forwarded-For": place}).status_code
