from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.integration.services.services_processes import DJANGO, PASSWORD, Process, Services, Web, json_lines, wait_for

PRODUCTION = {
    "ENVIRONMENT": "production",
    "SESSION_COOKIE_SECURE": "true",
    "CSRF_COOKIE_SECURE": "true",
    "SECURE_PROXY_SSL_HEADER": "HTTP_X_FORWARDED_PROTO,https",
}


@pytest.mark.req("A-21")
@pytest.mark.parametrize("path", ["/health", "/health/", "/ready", "/ready/"])
def test_the_probes_answer_whatever_the_host_header_says(django_web: Web, path: str) -> None:
    assert django_web.get(path, headers={"Host": "10.1.2.3:9"}).status_code == 200
    head = django_web.client.head(path, headers={"Host": "10.1.2.3:9"})
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.req("A-21")
def test_health_runs_the_deploy_checks(django_web: Web) -> None:
    body = django_web.health()
    assert (body["code"], body["status"]) == (200, "healthy"), body
    assert set(body["checks"]) == {"database", "migrations", "redis", "deploy"}


@pytest.mark.req("B-06")
def test_a_restart_of_the_database_between_two_questions_is_no_illness(django_web: Web, services: Services) -> None:
    assert django_web.health()["status"] == "healthy"
    services.postgres.process.stop(signal.SIGINT)
    services.postgres.start()
    body = django_web.health()
    assert (body["code"], body["status"]) == (200, "healthy"), body


def test_other_pages_refuse_a_foreign_host(django_web: Web) -> None:
    assert django_web.get("/admin/login/", headers={"Host": "evil.example.org"}).status_code == 400
    assert django_web.get("/admin/login/").status_code == 200


@pytest.mark.req("A-21")
def test_check_deploy_is_clean_in_production(services: Services) -> None:
    done = services.manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert done.returncode == 0, done.stderr


@pytest.mark.req("A-21", "C-11")
def test_in_production_a_deploy_warning_is_unhealthy(services: Services) -> None:
    settings = PRODUCTION | {"DJANGO_DEBUG": "true"}
    with services.web("config.asgi:application", cwd=DJANGO, ready=False, **settings) as server:
        body = server.health()
    assert (body["code"], body["status"]) == (503, "unhealthy")
    assert "security.W018" in body["checks"]["deploy"]["detail"]


@pytest.mark.req("B-15")
def test_every_missing_key_is_named_at_once(services: Services) -> None:
    keys = ("DJANGO_SECRET_KEY", "DATABASE_URL", "REDIS_URL", "STATIC_ROOT", "MEDIA_ROOT")
    done = services.manage("check", **dict.fromkeys(keys, ""))
    assert done.returncode == 1
    assert all(f"`{key}` is not set" in done.stderr for key in keys)


def test_models_and_migrations_agree(services: Services) -> None:
    done = services.manage("schema_check", "--json")
    state = json.loads(done.stdout)
    assert (done.returncode, state["ok"], state["pending"], state["drift"]) == (0, True, [], {})
    assert state["newest"]["signups"].startswith("0004")


def test_a_pending_migration_fails_the_schema_check(services: Services) -> None:
    services.sql("UPDATE django_migrations SET name = 'x' WHERE app = 'sessions'")
    try:
        done = services.manage("schema_check", "--json")
    finally:
        services.sql("UPDATE django_migrations SET name = '0001_initial' WHERE app = 'sessions'")
    state = json.loads(done.stdout)
    assert (done.returncode, state["ok"]) == (1, False)
    assert state["pending"] == ["sessions.0001_initial"]
    assert state["unknown"] == ["sessions.x"]


@pytest.mark.req("B-03")
def test_a_migration_of_a_later_release_is_told_and_is_no_fault(services: Services) -> None:
    services.sql("INSERT INTO django_migrations (app, name, applied) VALUES ('signups', '9999_later', now())")
    try:
        done = services.manage("schema_check", "--json")
    finally:
        services.sql("DELETE FROM django_migrations WHERE name = '9999_later'")
    state = json.loads(done.stdout)
    assert (done.returncode, state["ok"], state["unknown"]) == (0, True, ["signups.9999_later"])


@pytest.mark.req("A-23")
def test_a_settling_asked_by_a_command_prints_its_result(services: Services, worker: Process) -> None:
    ((shift,),) = services.sql("SELECT min(id) FROM signups_shift")
    done = services.manage("settle", "--shift", str(shift), "--wait")
    answer = json.loads(done.stdout)
    assert (answer["state"], answer["result"]) == ("SUCCESS", {"shift_id": shift, "promoted": 0})
    missing = services.manage("settle", "--shift", "999999999", "--wait")
    assert missing.returncode == 1
    assert "DoesNotExist" in missing.stderr
    assert any(line.get("stack_trace") for line in json_lines(worker))


@pytest.mark.req("A-23")
def test_a_task_whose_process_was_killed_runs_again(services: Services, worker: Process) -> None:
    ((shift, event, taken),) = services.sql("SELECT id, event_id, taken FROM signups_shift ORDER BY id LIMIT 1")
    services.sql("UPDATE signups_shift SET taken = 7777 WHERE id = %s", shift)
    with psycopg.connect(services.environment["DATABASE_URL"]) as holder:
        holder.execute("SELECT 1 FROM signups_event WHERE id = %s FOR UPDATE", (event,))
        services.manage("settle", "--shift", str(shift))
        waiting = (
            "SELECT 1 FROM pg_stat_activity WHERE application_name = 'slipway-worker' AND wait_event_type = 'Lock'"
        )
        wait_for("the task to wait for the row", lambda: services.sql(waiting))
        (child,) = _children(worker.running.pid)
        os.kill(child, signal.SIGKILL)
    counted = "SELECT taken FROM signups_shift WHERE id = %s"
    wait_for("the second run", lambda: services.sql(counted, shift) == [(taken,)], timeout_s=30)


def _children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


@pytest.mark.req("A-19")
def test_the_worker_is_well_only_while_it_reaches_redis(services: Services) -> None:
    with services.worker() as (process, heartbeat):
        assert _heartbeat(heartbeat) == 0
        services.redis.process.stop()
        try:
            os.utime(heartbeat, (0, 0))
            wait_for("a lost connection", lambda: any("onnection" in line for line in process.lines()[3:]))
            assert _heartbeat(heartbeat) == 1
        finally:
            services.redis.start()
        wait_for("a fresh heartbeat", lambda: _heartbeat(heartbeat) == 0, timeout_s=30)
        assert process.stop() == 0


@pytest.mark.req("A-19")
def test_beat_shows_its_heartbeat_and_stops_when_told(services: Services) -> None:
    with services.celery("beat", "--pidfile=") as (process, heartbeat):
        assert _heartbeat(heartbeat) == 0
        os.utime(heartbeat, (0, 0))
        assert _heartbeat(heartbeat) == 1
        wait_for("the next tick", lambda: _heartbeat(heartbeat) == 0)
        assert process.stop() == 0
        assert {line["service"] for line in json_lines(process)} == {"beat"}


def _heartbeat(path: Path) -> int:
    words = (sys.executable, "-m", "config.heartbeat")
    environment = {"HEARTBEAT_FILE": str(path)}
    return subprocess.run(words, cwd=DJANGO, env=environment, capture_output=True, check=False).returncode


@pytest.mark.req("C-12", "A-12")
def test_djangos_log_is_json_lines_without_a_secret(django_web: Web) -> None:
    django_web.get("/admin/login/", headers={"X-Request-Id": "log-12345678"})
    wait_for("the line", lambda: [one for one in json_lines(django_web.process) if one["message"] == "request"])
    assert PASSWORD not in "\n".join(django_web.process.lines())
