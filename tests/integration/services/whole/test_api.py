from __future__ import annotations

import signal
import subprocess
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from api.database.schema_compat import NEEDED_MIGRATION
from tests.integration.services.services_processes import PASSWORD, ROOT, Process, Services, Web, json_lines, wait_for

NO_TASK = "7d0f9e3a-52f4-4b51-9c55-0f6a3c1e8b20"  # nobody queued it


@pytest.mark.req("A-20", "B-06")
def test_health_is_healthy_with_django_stopped(api: Web) -> None:
    body = api.health()
    assert (body["code"], body["status"], body["version"]) == (200, "healthy", "test-1")
    assert body["environment"] == "development"
    assert body["uptime_s"] >= 0
    assert {name: check["ok"] for name, check in body["checks"].items()} == {
        "database": True,
        "migrations": True,
        "redis": True,
        "queries": True,
    }


@pytest.mark.req("B-06")
@pytest.mark.parametrize("path", ["/health", "/health/", "/ready", "/ready/", "/api/health", "/api/ready/"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_probes_answer_with_and_without_slash_and_prefix(api: Web, path: str, method: str) -> None:
    response = api.client.request(method, path)
    assert response.status_code == 200
    assert bool(response.content) == (method == "GET")


@pytest.mark.req("B-06")
def test_the_probes_are_in_the_openapi_document(api: Web) -> None:
    document = api.get("/openapi.json").json()
    assert {"/health", "/ready"} <= set(document["paths"])
    assert document["servers"] == [{"url": "/api"}]


@pytest.mark.req("A-20")
def test_events_come_from_the_database_next_one_first(api: Web) -> None:
    events = api.get("/organizations/tidy-coast/events").json()["items"]
    assert len(events) > 1
    assert [event["starts_at"] for event in events] == sorted(event["starts_at"] for event in events)
    assert {event["organization"] for event in events} == {"Tidy Coast"}
    assert api.get(f"/events/{events[0]['id']}/").json().items() >= events[0].items()
    assert len(api.get("/events?limit=1").json()["items"]) == 1


@pytest.mark.parametrize(
    ("path", "status"),
    [("/events/999999", 404), ("/events?limit=101", 422), (f"/tasks/{NO_TASK}", 404), ("/nowhere", 404)],
)
def test_an_error_is_a_problem_with_the_request_id(api: Web, path: str, status: int) -> None:
    response = api.get(path, headers={"X-Request-Id": "test-12345678"})
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-request-id"] == "test-12345678"
    assert response.json().items() >= {"status": status, "request_id": "test-12345678"}.items()


@pytest.mark.req("A-23")
def test_a_task_asked_of_the_api_is_done_by_the_worker(api: Web, worker: Process) -> None:
    headers = {"X-Request-Id": f"task-{uuid.uuid4().hex}"}
    queued = api.client.post("/tasks", headers=headers)
    again = api.client.post("/tasks")
    assert queued.status_code == 202
    assert again.json() == queued.json(), "asked twice within seconds, it is one task"
    task = wait_for("the task", lambda: _finished(api, queued.json()["task_id"]))
    assert task == {"task_id": queued.json()["task_id"], "state": "SUCCESS"}
    assert any(line.get("request_id") == headers["X-Request-Id"] for line in json_lines(worker))


def _finished(api: Web, task_id: str) -> dict[str, Any] | None:
    task: dict[str, Any] = api.get(f"/tasks/{task_id}").json()
    return task if task["state"] in {"SUCCESS", "FAILURE"} else None


@pytest.mark.req("B-06")
def test_pending_migrations_make_it_unhealthy(api: Web, services: Services) -> None:
    services.sql("UPDATE django_migrations SET app = 'gone' WHERE app = 'signups'")
    try:
        body = wait_for("unhealthy", lambda: (seen := api.health())["status"] == "unhealthy" and seen)
        assert body["code"] == 503
        assert body["checks"]["database"]["ok"]
        assert NEEDED_MIGRATION in body["checks"]["migrations"]["detail"]
    finally:
        services.sql("UPDATE django_migrations SET app = 'signups' WHERE app = 'gone'")
    wait_for("healthy again", lambda: api.health()["status"] == "healthy")


@pytest.mark.req("B-06")
def test_without_redis_it_is_degraded_and_a_task_is_refused(api: Web, services: Services) -> None:
    services.redis.process.stop()
    try:
        body = wait_for("degraded", lambda: (seen := api.health())["status"] == "degraded" and seen)
        assert body["code"] == 200
        assert api.get("/ready").status_code == 200
        assert api.get("/events").status_code == 200
        refused = api.client.post("/tasks")  # after a wait: Redis may be back in a moment
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    finally:
        services.redis.start()
    wait_for("healthy again", lambda: api.health()["status"] == "healthy")


@pytest.mark.req("B-09")
def test_who_asks_first_after_a_restart_of_the_database_does_not_wait_for_every_old_connection(
    api: Web, services: Services
) -> None:
    with ThreadPoolExecutor(16) as many:
        asked = list(
            many.map(
                lambda number: _forgot(api, f"nobody-{number}@example.org", place=f"203.0.113.{number}"), range(64)
            )
        )
    assert set(asked) == {202}
    old = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'slipway-api'"
    assert services.sql(old)[0][0] > 3
    services.postgres.process.stop(signal.SIGINT)
    services.postgres.start()
    assert _forgot(api, "nobody@example.org", place="198.51.100.7") == 202


def _forgot(api: Web, email: str, *, place: str) -> int:
    return api.client.post("/auth/forgot", json={"email": email}, headers={"X-Forwarded-For": place}).status_code


@pytest.mark.req("B-06")
def test_without_the_database_it_is_unhealthy_and_comes_back(api: Web, services: Services) -> None:
    services.postgres.process.stop(signal.SIGINT)
    try:
        body = wait_for("unhealthy", lambda: (seen := api.health())["status"] == "unhealthy" and seen)
        assert body["code"] == 503
        assert body["checks"]["redis"]["ok"]
        assert api.get("/ready").json()["status"] == "unready"
        started = time.monotonic()
        refused = api.get("/events")
        assert refused.status_code == 503
        assert refused.headers["content-type"] == "application/problem+json"
        assert time.monotonic() - started < 4
        assert not _healthcheck(api.port)
    finally:
        services.postgres.start()
    wait_for("healthy again", lambda: api.health()["status"] == "healthy")
    wait_for("events again", lambda: api.get("/events").status_code == 200, timeout_s=5)
    assert _healthcheck(api.port)


def _healthcheck(port: int) -> bool:
    words = (sys.executable, "-m", "api.shared.healthcheck")
    return (
        subprocess.run(words, cwd=ROOT, env={"UVICORN_PORT": str(port)}, capture_output=True, check=False).returncode
        == 0
    )


@pytest.mark.req("C-12", "A-12", "B-14")
def test_the_log_is_json_lines_without_a_secret(api: Web) -> None:
    api.get("/events", headers={"X-Request-Id": "log-12345678"})
    wait_for("the line", lambda: [one for one in json_lines(api.process) if one.get("request_id") == "log-12345678"])
    for line in json_lines(api.process):
        assert {"time", "severity", "service", "message"} <= set(line)
        assert line["service"] == "api"
    assert PASSWORD not in "\n".join(api.process.lines())
