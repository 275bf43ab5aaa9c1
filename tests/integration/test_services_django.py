from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.integration.services_processes import DJANGO, PASSWORD, Process, Services, Web, json_lines, wait_for

ADMIN = {"DJANGO_ADMIN_USER": "admin", "DJANGO_ADMIN_PASSWORD": f"admin-{PASSWORD}"}
PRODUCTION = {
    "ENVIRONMENT": "production",
    "SESSION_COOKIE_SECURE": "true",
    "CSRF_COOKIE_SECURE": "true",
    "SECURE_PROXY_SSL_HEADER": "HTTP_X_FORWARDED_PROTO,https",
}


@pytest.mark.req("A-21", "B-06")
@pytest.mark.parametrize("path", ["/health", "/health/", "/ready", "/ready/"])
def test_the_probes_answer_whatever_the_host_header_says(django_web: Web, path: str) -> None:
    assert django_web.get(path, headers={"Host": "10.1.2.3:9"}).status_code == 200
    head = django_web.client.head(path, headers={"Host": "10.1.2.3:9"})
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.req("A-21")
def test_health_runs_the_deploy_checks(django_web: Web) -> None:
    body = django_web.health()
    assert (body["code"], body["status"]) == (200, "healthy")
    assert set(body["checks"]) == {"database", "migrations", "redis", "deploy"}


@pytest.mark.req("A-21")
def test_other_pages_refuse_a_foreign_host(django_web: Web) -> None:
    assert django_web.get("/admin/login/", headers={"Host": "evil.example.org"}).status_code == 400
    assert django_web.get("/admin/login/").status_code == 200


@pytest.mark.req("A-21", "C-11")
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


@pytest.mark.req("C-01")
def test_every_missing_key_is_named_at_once(services: Services) -> None:
    keys = ("DJANGO_SECRET_KEY", "DATABASE_URL", "REDIS_URL", "STATIC_ROOT", "MEDIA_ROOT")
    done = services.manage("check", **dict.fromkeys(keys, ""))
    assert done.returncode == 1
    assert all(f"`{key}` is not set" in done.stderr for key in keys)


def test_seeding_twice_changes_nothing_and_tells_no_password(services: Services) -> None:
    first = services.manage("seed", **ADMIN)
    before = services.sql("SELECT password FROM signups_user ORDER BY id")
    second = services.manage("seed", **ADMIN)
    assert "demonstration: the database has organizations already" in first.stdout
    assert "administrator: admin is up to date" in second.stdout
    assert services.sql("SELECT password FROM signups_user ORDER BY id") == before
    assert services.sql("SELECT count(*) FROM signups_event") == [(6,)]
    assert PASSWORD not in first.stdout + first.stderr + second.stdout + second.stderr


def test_seeding_replaces_a_changed_administrator_password(services: Services) -> None:
    services.manage("seed", **ADMIN)
    changed = services.manage("seed", **ADMIN | {"DJANGO_ADMIN_PASSWORD": "another-one"})
    assert "administrator: admin updated" in changed.stdout
    assert "administrator: admin updated" in services.manage("seed", **ADMIN).stdout


@pytest.mark.req("C-11")
def test_a_production_database_gets_no_demonstration(services: Services) -> None:
    assert "only with ENVIRONMENT=development" in services.manage("seed", **PRODUCTION).stdout


def test_models_and_migrations_agree(services: Services) -> None:
    done = services.manage("schema_check", "--json")
    state = json.loads(done.stdout)
    assert (done.returncode, state["ok"], state["pending"], state["drift"]) == (0, True, [], {})
    assert state["newest"]["signups"].startswith("0001")


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


@pytest.mark.req("A-21", "A-23")
def test_staff_sees_the_data_and_recounts_from_admin(services: Services, django_web: Web, worker: Process) -> None:
    services.manage("seed", **ADMIN)
    services.sql("UPDATE signups_event SET signed_up = 0, counted_at = NULL")
    with httpx.Client(base_url=f"http://127.0.0.1:{django_web.port}", follow_redirects=True) as browser:
        login = {"username": "admin", "password": ADMIN["DJANGO_ADMIN_PASSWORD"], "next": "/admin/"}
        _post(browser, "/admin/login/", login)
        for model in ("user", "organization", "event", "signup"):
            assert browser.get(f"/admin/signups/{model}/").status_code == 200, model
            assert browser.get(f"/admin/signups/{model}/add/").status_code == 200, model
        ids = [str(row[0]) for row in services.sql("SELECT id FROM signups_event ORDER BY id LIMIT 2")]
        page = _post(browser, "/admin/signups/event/", {"action": "recount_selected", "_selected_action": ids})
    assert "Queued 2 recount(s)" in page
    assert len(re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", page)) >= 2
    query = "SELECT count(*) FROM signups_event WHERE counted_at IS NOT NULL"
    wait_for("both recounts", lambda: services.sql(query) == [(2,)])
    assert worker.running.poll() is None


def _post(browser: httpx.Client, path: str, form: Mapping[str, str | Sequence[str]]) -> str:
    page = browser.get(path).text
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    response = browser.post(path, data={**form, "csrfmiddlewaretoken": token[1]})
    assert response.status_code == 200
    return response.text


@pytest.mark.req("A-23")
def test_a_recount_asked_by_a_command_prints_its_result(services: Services, worker: Process) -> None:
    ((event_id, count, places),) = services.sql(
        "SELECT e.id, (SELECT count(*) FROM signups_signup s WHERE s.event_id = e.id), places"
        " FROM signups_event e ORDER BY e.id LIMIT 1"
    )
    done = services.manage("recount", "--event", str(event_id), "--wait")
    answer = json.loads(done.stdout)
    assert answer["state"] == "SUCCESS"
    assert answer["result"] == {"event_id": event_id, "signed_up": count, "places": places}
    missing = services.manage("recount", "--event", "999999", "--wait")
    assert missing.returncode == 1
    assert "DoesNotExist" in missing.stderr
    assert any(line.get("stack_trace") for line in json_lines(worker))


@pytest.mark.req("A-23")
def test_a_task_whose_process_was_killed_runs_again(services: Services, worker: Process) -> None:
    ((event_id,),) = services.sql("SELECT min(id) FROM signups_event")
    services.sql("UPDATE signups_event SET signed_up = 0 WHERE id = %s", event_id)
    with psycopg.connect(services.environment["DATABASE_URL"]) as holder:
        holder.execute("SELECT 1 FROM signups_event WHERE id = %s FOR UPDATE", (event_id,))
        services.manage("recount", "--event", str(event_id))
        waiting = (
            "SELECT 1 FROM pg_stat_activity WHERE application_name = 'slipway-worker' AND wait_event_type = 'Lock'"
        )
        wait_for("the task to wait for the row", lambda: services.sql(waiting))
        (child,) = _children(worker.running.pid)
        os.kill(child, signal.SIGKILL)
    counted = "SELECT signed_up > 0 FROM signups_event WHERE id = %s"
    wait_for("the second run", lambda: services.sql(counted, event_id) == [(True,)], timeout_s=30)


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
    with services.celery("beat", "--schedule", str(services.folder / "schedule"), "--pidfile=") as (process, heartbeat):
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


@pytest.mark.req("C-12")
def test_djangos_log_is_json_lines_without_a_secret(django_web: Web) -> None:
    django_web.get("/admin/login/", headers={"X-Request-Id": "log-12345678"})
    wait_for("the line", lambda: [one for one in json_lines(django_web.process) if one["message"] == "request"])
    assert PASSWORD not in "\n".join(django_web.process.lines())
