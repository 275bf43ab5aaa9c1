"""How does a web service leave? What runs ends well within the grace; what does not is cut, and logged."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.services.services_processes import DJANGO, ROOT, Services, Web, json_lines, wait_for

APPS = {
    "api": ("tests.integration.services.held_api:app", ROOT),
    "django": ("tests.integration.services.held_django:application", DJANGO),
}
both = pytest.mark.parametrize("app", list(APPS))
Answers = dict[str, Future[httpx.Response]]


@contextlib.contextmanager
def holding(services: Services, app: str, released: Path, **settings: Any) -> Iterator[tuple[Web, Answers]]:
    """Run a service with a request and a stream under way; they end when the file `released` is there."""
    name, cwd = APPS[app]
    with (
        services.web(name, cwd=cwd, RELEASED=str(released), **settings) as server,
        ThreadPoolExecutor() as clients,
    ):
        answers = {path: clients.submit(get, server, path) for path in ("held", "stream")}
        wait_for("both requests to be under way", lambda: in_flight(server) == len(answers))
        yield server, answers


def get(server: Web, path: str) -> httpx.Response:
    return httpx.get(f"http://127.0.0.1:{server.port}/{path}", headers={"X-Request-Id": f"{path}-12345678"}, timeout=30)


def in_flight(server: Web) -> int:
    return int(server.get("/ready").json()["in_flight"])


def is_closed(server: Web) -> bool:
    try:
        httpx.get(f"http://127.0.0.1:{server.port}/ready", timeout=5)
    except httpx.ConnectError:
        return True
    except httpx.TransportError:
        return False
    return False


@both
@pytest.mark.req("B-05", "B-06", "B-01")
def test_ready_says_it_first_then_the_port_closes_and_what_runs_ends_well(
    services: Services, tmp_path: Path, app: str
) -> None:
    released = tmp_path / "released"
    with holding(services, app, released, DRAIN_NOTICE_S="1.5") as (server, answers):
        server.process.running.send_signal(signal.SIGTERM)
        seen = wait_for("draining", lambda: (r := server.get("/ready")).status_code == 503 and r.json())
        assert seen == {"status": "draining", "in_flight": 2}
        assert server.get("/nowhere").status_code == 404, "a new request is still served"
        wait_for("the port to close", lambda: is_closed(server))
        assert not any(answer.done() for answer in answers.values())
        released.touch()
        ended = {path: answer.result(20) for path, answer in answers.items()}
        assert server.process.running.wait(10) in {0, -signal.SIGTERM}
    assert {path: answer.status_code for path, answer in ended.items()} == {"held": 200, "stream": 200}
    assert ended["stream"].text.endswith("more\nend: good\n")
    assert [line for line in json_lines(server.process) if line["message"] == "request cut"] == []


@both
@pytest.mark.req("B-05")
def test_what_runs_on_after_the_grace_is_cut_and_logged(services: Services, tmp_path: Path, app: str) -> None:
    settings = {"DRAIN_NOTICE_S": "0.1", "UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN": "1"}
    with holding(services, app, tmp_path / "never", **settings) as (server, answers):
        server.process.running.send_signal(signal.SIGTERM)
        assert server.process.running.wait(10) in {0, -signal.SIGTERM}
        failed = {path: answer.exception(5) for path, answer in answers.items()}
    assert isinstance(failed["stream"], httpx.RemoteProtocolError)
    if app == "api":  # Django's view runs in a thread, so nobody can end it and answer in its place
        refused = answers["held"].result()
        assert (refused.status_code, refused.json()["request_id"]) == (503, "held-12345678")
    told = [line for line in json_lines(server.process) if line.get("path") in {"/held", "/stream"}]
    assert sorted((line["message"], line["request_id"], line["method"], line["path"]) for line in told) == [
        ("request cut", "held-12345678", "GET", "/held"),
        ("request cut", "stream-12345678", "GET", "/stream"),
    ]
    assert all(1000 <= line["duration_ms"] < 5000 for line in told)
    assert {line["severity"] for line in told} == {"WARNING"}
