from __future__ import annotations

import ast
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from config import heartbeat
from config.process import process_name

DJANGO = Path(__file__).resolve().parents[3] / "django"
CELERY = "/venv/lib/python3.13/site-packages/celery/__main__.py"


@pytest.mark.parametrize(
    ("argv", "name"),
    [
        (["manage.py", "migrate", "--noinput"], "migrate"),
        (["/srv/app/manage.py"], "django"),
        ([CELERY, "-A", "config", "--quiet", "worker", "--loglevel", "INFO"], "worker"),
        ([CELERY, "-A", "config", "beat"], "beat"),
        (["/venv/bin/celery", "-A", "config", "report"], "celery"),
        (["/venv/lib/python3.13/site-packages/uvicorn/__main__.py", "config.asgi:application"], "django"),
        ([], "django"),
    ],
)
def test_a_process_is_named_by_its_command_line(argv: list[str], name: str) -> None:
    assert process_name(argv) == name


@pytest.mark.req("A-19")
@pytest.mark.parametrize(("age_s", "code"), [(0, 0), (heartbeat.FRESH_S - 3, 0), (heartbeat.FRESH_S + 3, 1)])
def test_a_heartbeat_counts_while_it_is_fresh(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, age_s: int, code: int
) -> None:
    file = tmp_path / "heartbeat"
    heartbeat.touch(file)
    os.utime(file, (time.time() - age_s,) * 2)
    monkeypatch.setenv("HEARTBEAT_FILE", str(file))
    assert heartbeat.main() == code


@pytest.mark.req("A-19")
def test_no_heartbeat_is_not_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEARTBEAT_FILE", str(tmp_path / "none"))
    assert heartbeat.main() == 1
    monkeypatch.delenv("HEARTBEAT_FILE")
    assert heartbeat.main() == 1


@pytest.mark.parametrize("module", ["config.heartbeat", "api.shared.healthcheck"])
def test_a_healthcheck_imports_only_the_standard_library(module: str) -> None:
    code = f"import sys, {module}; print({{'django', 'celery', 'environ', 'structlog'}} & set(sys.modules) or 'none')"
    where = {"PYTHONPATH": str(DJANGO.parent)}
    done = subprocess.run(
        (sys.executable, "-c", code), cwd=DJANGO, env=where, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "none"


def test_django_is_not_shadowed_by_the_folder_of_its_name() -> None:
    assert not (DJANGO / "__init__.py").exists()


@pytest.mark.req("C-01", "C-02")
def test_settings_come_from_the_environment() -> None:
    given = {
        "DJANGO_SECRET_KEY": "$k1{}#" * 9,
        "DJANGO_DEBUG": "true",
        "DJANGO_ALLOWED_HOSTS": "a.example.org,b.example.org",
        "DATABASE_URL": "postgresql://u:p%40ss@db.example.org:5433/name",
        "CACHE_TIMEOUT_SECONDS": "7",
        "DJANGO_TIME_ZONE": "Europe/Berlin",
        "CSRF_TRUSTED_ORIGINS": "https://a.example.org",
        "SECURE_PROXY_SSL_HEADER": "HTTP_X_FORWARDED_PROTO,https",
        "SESSION_COOKIE_SECURE": "false",
        "STATIC_ROOT": "/srv/static",
        "EMAIL_HOST": "mail.example.org",
        "EMAIL_PORT": "587",
        "EMAIL_PASS": "$p",
        "EMAIL_USE_TLS": "true",
        "EMAIL_URL": "",
    }
    expected = {
        "SECRET_KEY": given["DJANGO_SECRET_KEY"],
        "DEBUG": True,
        "ALLOWED_HOSTS": ["a.example.org", "b.example.org"],
        "TIME_ZONE": "Europe/Berlin",
        "CSRF_TRUSTED_ORIGINS": ["https://a.example.org"],
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
        "SESSION_COOKIE_SECURE": False,
        "CSRF_COOKIE_SECURE": True,
        "STATIC_ROOT": "/srv/static",
        "EMAIL_HOST": "mail.example.org",
        "EMAIL_PORT": 587,
        "EMAIL_HOST_PASSWORD": "$p",
        "EMAIL_USE_TLS": True,
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
    }
    seen = read_settings(given, *expected, "DATABASES", "CACHES")
    assert {name: seen[name] for name in expected} == expected
    database = seen["DATABASES"]["default"]
    assert (database["HOST"], database["PORT"], database["PASSWORD"]) == ("db.example.org", 5433, "p@ss")
    assert database["CONN_MAX_AGE"] == 0
    assert seen["CACHES"]["default"]["TIMEOUT"] == 7


@pytest.mark.req("C-11")
def test_without_an_environment_the_settings_are_the_safe_ones() -> None:
    seen = read_settings({}, "DEBUG", "ALLOWED_HOSTS", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECRET_KEY")
    assert seen == {
        "DEBUG": False,
        "ALLOWED_HOSTS": [],
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SECRET_KEY": "",
    }


def read_settings(environment: dict[str, str], *names: str) -> dict[str, Any]:
    """Import the settings in a process of their own, with this environment and nothing else."""
    code = f"import config.settings as s; print({{n: getattr(s, n) for n in {names!r}}})"
    done = subprocess.run(
        (sys.executable, "-c", code),
        cwd=DJANGO,
        env=environment | {"PYTHONPATH": str(DJANGO.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    seen: dict[str, Any] = ast.literal_eval(done.stdout)
    return seen
