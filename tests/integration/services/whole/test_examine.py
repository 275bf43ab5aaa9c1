"""Does one start of Django answer all that a verification asks, each part on its own, in bounded time?"""

from __future__ import annotations

import json
import re
import subprocess
import time
from typing import Any

import pytest

from tests.integration.services.services_processes import PASSWORD, Process, Services
from tests.ports import free_port

PARTS = {"celery-ping", "task-from-django", "django-check-deploy", "schema-compat-check"}
PRODUCTION = {
    "ENVIRONMENT": "production",
    "SESSION_COOKIE_SECURE": "true",
    "CSRF_COOKIE_SECURE": "true",
    "SECURE_PROXY_SSL_HEADER": "HTTP_X_FORWARDED_PROTO,https",
}


def parts_of(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """Read the one line of JSON."""
    parts: dict[str, Any] = json.loads(done.stdout)["parts"]
    return parts


def exit_codes(parts: dict[str, Any]) -> dict[str, int]:
    return {name: part["exit_code"] for name, part in parts.items()}


@pytest.mark.req("A-14")
def test_all_parts_pass_on_sound_services(services: Services, worker: Process) -> None:
    done = services.manage("examine", "--fail-level", "WARNING", "--migrations", "--json", **PRODUCTION)
    parts = parts_of(done)
    assert done.returncode == 0, done.stdout + done.stderr
    assert exit_codes(parts) == dict.fromkeys([*PARTS, "django-migrate"], 0)
    assert json.loads(parts["celery-ping"]["output"])["reply"] == ["pong"]
    assert json.loads(parts["task-from-django"]["output"])["state"] == "SUCCESS"
    assert json.loads(parts["schema-compat-check"]["output"])["ok"] is True
    assert "no issues" in parts["django-check-deploy"]["output"]
    assert "[X]  signups.0002_rules" in parts["django-migrate"]["output"]
    assert all(0 < part["seconds"] < 5 for part in parts.values())
    assert worker.running.poll() is None


@pytest.mark.req("A-14")
def test_a_part_that_fails_leaves_the_others_alone(services: Services, worker: Process) -> None:
    services.sql("ALTER TABLE signups_outboxmessage RENAME TO signups_away")
    try:
        done = services.manage("examine", "--json", DJANGO_DEBUG="true", **PRODUCTION)
    finally:
        services.sql("ALTER TABLE signups_away RENAME TO signups_outboxmessage")
    assert exit_codes(parts_of(done)) == {**dict.fromkeys(PARTS, 0), "task-from-django": 1}
    assert "failed: ProgrammingError" in parts_of(done)["task-from-django"]["output"]
    strict = services.manage("examine", "--fail-level", "WARNING", "--json", DJANGO_DEBUG="true", **PRODUCTION)
    assert (done.returncode, strict.returncode) == (1, 1)
    assert exit_codes(parts_of(strict)) == {**dict.fromkeys(PARTS, 0), "django-check-deploy": 1}
    assert "security.W018" in parts_of(strict)["django-check-deploy"]["output"]
    assert worker.running.poll() is None


@pytest.mark.req("A-14")
def test_without_a_worker_the_tasks_are_late_and_the_rest_is_known(services: Services) -> None:
    began = time.monotonic()
    done = services.manage("examine", "--limit", "1", "--json", REDIS_URL=services.environment["REDIS_URL"][:-1] + "7")
    assert exit_codes(parts_of(done)) == {
        **dict.fromkeys(PARTS, 0),
        "celery-ping": 124,
        "task-from-django": 124,
    }
    assert "it did not end within 1 s" in parts_of(done)["celery-ping"]["output"]
    assert time.monotonic() - began < 8


@pytest.mark.req("A-12")
def test_without_the_database_each_part_says_so_and_tells_no_password(services: Services, worker: Process) -> None:
    url = re.sub(r":\d+/slipway$", f":{free_port()}/slipway", services.environment["DATABASE_URL"])
    done = services.manage("examine", "--json", DATABASE_URL=url)
    parts = parts_of(done)
    assert parts["celery-ping"]["exit_code"] == 0
    assert parts["schema-compat-check"]["exit_code"] == 1
    assert "OperationalError" in parts["schema-compat-check"]["output"]
    assert PASSWORD not in done.stdout + done.stderr
    assert worker.running.poll() is None


def test_people_read_the_same_without_json(services: Services, worker: Process) -> None:
    done = services.manage("examine")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "schema-compat-check: exit code 0, " in done.stdout
    assert worker.running.poll() is None
