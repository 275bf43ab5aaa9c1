from __future__ import annotations

import asyncio
import http.server
import socket
import threading
import time
from collections.abc import Iterable
from typing import ClassVar

import pytest

from api.shared import health, healthcheck
from api.shared.health import Check, CheckError, Checks, Identity, health_body, health_status, ready_body, run_check

ALL = ("database", "migrations", "redis", "deploy")


def checks(failed: Iterable[str] = ()) -> dict[str, Check]:
    return {name: Check(ok=name not in failed, seconds=0.001, detail="") for name in ALL}


@pytest.mark.req("B-06")
@pytest.mark.parametrize(
    ("failed", "status", "code"),
    [
        ((), "healthy", 200),
        (("redis",), "degraded", 200),
        (("database",), "unhealthy", 503),
        (("migrations",), "unhealthy", 503),
        (("deploy",), "unhealthy", 503),
        (("redis", "database"), "unhealthy", 503),
    ],
)
def test_the_status_follows_from_the_failed_checks(failed: tuple[str, ...], status: str, code: int) -> None:
    seen, body = health_body(Identity("v1", "development", time.monotonic() - 5), checks(failed))
    assert (health_status(checks(failed)), body["status"], seen) == (status, status, code)
    assert body["uptime_s"] >= 5
    assert body["checks"]["redis"]["ok"] == ("redis" not in failed)


@pytest.mark.req("B-06", "D-12")
@pytest.mark.parametrize(("also", "status"), [((), "degraded"), (("redis",), "degraded"), (("deploy",), "unhealthy")])
def test_what_is_held_for_a_moment_is_no_reason_to_take_a_replica_out(also: tuple[str, ...], status: str) -> None:
    held = Check(ok=False, seconds=0.001, detail="held", is_held=True)
    seen = checks(also) | {"database": held, "migrations": held}
    code, body = health_body(Identity("v1", "development", time.monotonic()), seen)
    assert (body["status"], code) == (status, 200 if status == "degraded" else 503)
    assert body["checks"]["database"] == {"ok": False, "seconds": 0.001, "detail": "held"}
    assert ready_body(seen, is_draining=False, in_flight=0)[0] == code


@pytest.mark.req("B-06")
@pytest.mark.parametrize(
    ("failed", "is_draining", "expected"),
    [
        ((), False, (200, "ready")),
        (("redis",), False, (200, "ready")),
        (("database",), False, (503, "unready")),
        ((), True, (503, "draining")),
    ],
)
def test_ready_is_no_when_draining_or_without_a_database(
    failed: tuple[str, ...],
    *,
    is_draining: bool,
    expected: tuple[int, str],
) -> None:
    code, body = ready_body(checks(failed), is_draining=is_draining, in_flight=3)
    assert (code, body["status"]) == expected
    assert body["in_flight"] == 3


class Probe:
    """Answers, fails or hangs, as told."""

    def __init__(self) -> None:
        self.asked = 0
        self.answer: str | Exception = "answers"
        self.hangs = False

    async def __call__(self) -> str:
        """Answer."""
        self.asked += 1
        if self.hangs:
            await asyncio.Event().wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def test_a_failed_probe_names_the_kind_of_failure_not_the_address() -> None:
    probe = Probe()
    probe.answer = OSError("connection to 10.1.2.3 refused")
    check = asyncio.run(run_check("database", probe))
    assert (check.ok, check.detail) == (False, "not reachable (OSError)")


def test_a_bad_answer_is_told_as_it_is() -> None:
    probe = Probe()
    probe.answer = CheckError("pending: signups.0002")
    assert asyncio.run(run_check("migrations", probe)).detail == "pending: signups.0002"


def test_a_probe_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "TIMEOUT_S", 0.02)
    probe = Probe()
    probe.hangs = True
    check = asyncio.run(run_check("database", probe))
    assert (check.ok, check.detail) == (False, "no answer within 0.02 s")


@pytest.mark.req("B-06")
def test_many_askers_at_once_cost_one_question() -> None:
    probe = Probe()

    async def ask() -> None:
        kept = Checks({"database": probe})
        await asyncio.gather(*(kept.answers() for _ in range(50)))
        await kept.answers()

    asyncio.run(ask())
    assert probe.asked == 1


@pytest.mark.req("B-06")
def test_while_the_database_hangs_the_last_answer_is_given_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "FRESH_S", 0.0)
    monkeypatch.setattr(health, "PATIENCE_S", 0.01)
    monkeypatch.setattr(health, "TIMEOUT_S", 0.2)
    probe = Probe()

    async def ask() -> tuple[bool, float, bool]:
        kept = Checks({"database": probe})
        await kept.answers()
        probe.hangs = True
        started = time.perf_counter()
        meanwhile = (await kept.answers())["database"].ok
        seconds = time.perf_counter() - started
        monkeypatch.setattr(health, "USABLE_S", 0.0)
        return meanwhile, seconds, (await kept.answers())["database"].ok

    meanwhile, seconds, later = asyncio.run(ask())
    assert meanwhile
    assert seconds < 0.15
    assert not later


class Answering(http.server.BaseHTTPRequestHandler):
    """Answers as the test says, and notes what was asked."""

    status: ClassVar[int] = 200
    body: ClassVar[bytes] = b""
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        """Answer."""
        self.asked.append(self.path)
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.req("A-19")
@pytest.mark.parametrize(
    ("status", "is_well", "said"), [(200, True, ""), (503, False, '{"status": "unhealthy"}\n'), (404, False, "gone\n")]
)
def test_a_healthcheck_asks_its_own_server_and_says_why_it_is_not_well(
    capsys: pytest.CaptureFixture[str],
    status: int,
    is_well: bool,  # noqa: FBT001 - of a table
    said: str,
) -> None:
    Answering.status, Answering.body, asked = status, said.strip().encode(), Answering.asked
    asked.clear()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        try:
            assert healthcheck.is_healthy(server.server_port) is is_well
        finally:
            server.shutdown()
    assert asked == ["/health"]
    assert capsys.readouterr().err == said


@pytest.mark.req("A-19")
def test_a_healthcheck_without_a_server_says_where_it_asked(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert not healthcheck.is_healthy(port)
    assert f"no answer on 127.0.0.1:{port}" in capsys.readouterr().err
