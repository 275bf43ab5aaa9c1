from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from config import heartbeat
from config.process import process_name

from ops.engine.connections import POOL

DJANGO = Path(__file__).resolve().parents[3] / "django"
SETTINGS = DJANGO / "config" / "settings.py"
CELERY = "/venv/lib/python3.13/site-packages/celery/__main__.py"
DATABASE = 'DATABASES["default"]'
STATED: dict[str, tuple[str, str, Any]] = {  # of each key: what is stated, the setting, and what that is then
    "ENVIRONMENT": ("staging", "ENVIRONMENT", "staging"),
    "SERVICE_VERSION": ("v7", "SERVICE_VERSION", "v7"),
    "DRAIN_NOTICE_S": ("0.7", "DRAIN_NOTICE_S", 0.7),
    "UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN": ("17", "DRAIN_GRACE_S", 17),
    "WORKER_GRACE_S": ("19", "WORKER_GRACE_S", 19.0),
    "DJANGO_SECRET_KEY": ("$k1{}#" * 9, "SECRET_KEY", "$k1{}#" * 9),
    "DJANGO_DEBUG": ("true", "DEBUG", True),
    "DJANGO_ALLOWED_HOSTS": ("a.example.org,b.example.org", "ALLOWED_HOSTS", ["a.example.org", "b.example.org"]),
    "CSRF_TRUSTED_ORIGINS": ("https://a.example.org", "CSRF_TRUSTED_ORIGINS", ["https://a.example.org"]),
    "SECURE_PROXY_SSL_HEADER": (
        "HTTP_X_FORWARDED_PROTO,https",
        "SECURE_PROXY_SSL_HEADER",
        ("HTTP_X_FORWARDED_PROTO", "https"),
    ),
    "SESSION_COOKIE_SECURE": ("false", "SESSION_COOKIE_SECURE", False),
    "CSRF_COOKIE_SECURE": ("false", "CSRF_COOKIE_SECURE", False),
    "DATABASE_URL": ("postgresql://u:p%40ss@db.example.org:5433/name", f'{DATABASE}["PASSWORD"]', "p@ss"),
    "DATABASE_POOL_MAX": ("5", f'{DATABASE}["OPTIONS"]["pool"]["max_size"]', 5),
    "DATABASE_HOLD_SECONDS": ("7", "DATABASE_HOLD_SECONDS", 7.0),
    "POSTGRES_API_USER": ("reader", "API_ROLE", "reader"),
    "POSTGRES_API_PASSWORD": ("$a", "API_ROLE_PASSWORD", "$a"),
    "TOKEN_SECRET_KEY": ("$t", "TOKEN_SECRET_KEY", "$t"),
    "REDIS_URL": ("redis://:p@cache.example.org:6380/3", "REDIS_URL", "redis://:p@cache.example.org:6380/3"),
    "CELERY_TELLS_FLOWER": ("true", "CELERY_TELLS_FLOWER", True),
    "CACHE_TIMEOUT_SECONDS": ("7", 'CACHES["default"]["TIMEOUT"]', 7),
    "DJANGO_TIME_ZONE": ("Europe/Berlin", "TIME_ZONE", "Europe/Berlin"),
    "DJANGO_LANGUAGE_CODE": ("de", "LANGUAGE_CODE", "de"),
    "STATIC_URL": ("/s/", "STATIC_URL", "/s/"),
    "STATIC_ROOT": ("/srv/static", "STATIC_ROOT", "/srv/static"),
    "MEDIA_URL": ("/m/", "MEDIA_URL", "/m/"),
    "MEDIA_ROOT": ("/srv/media", "MEDIA_ROOT", "/srv/media"),
    "EMAIL_HOST": ("mail.example.org", "EMAIL_HOST", "mail.example.org"),
    "EMAIL_PORT": ("2525", "EMAIL_PORT", 2525),
    "EMAIL_USER": ("me", "EMAIL_HOST_USER", "me"),
    "EMAIL_PASS": ("$p", "EMAIL_HOST_PASSWORD", "$p"),
    "EMAIL_USE_TLS": ("false", "EMAIL_USE_TLS", False),
    "WEBSITE_DOMAIN": ("a.example.org", "WEBSITE_DOMAIN", "a.example.org"),
    "MAIL_FROM": ("us@example.org", "DEFAULT_FROM_EMAIL", "us@example.org"),
    "SITE_URL": ("https://b.example.org/", "SITE_URL", "https://b.example.org"),
    "LOG_LEVEL": ("DEBUG", 'LOGGING["root"]["level"]', "DEBUG"),
}


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
@pytest.mark.parametrize(("age_s", "code"), [(0, 0), (22, 0), (28, 1), (86_400, 1)])
def test_a_heartbeat_counts_for_25_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, age_s: int, code: int
) -> None:
    file = tmp_path / "heartbeat"
    heartbeat.touch(file)
    os.utime(file, (time.time() - age_s,) * 2)
    monkeypatch.setenv("HEARTBEAT_FILE", str(file))
    assert heartbeat.main() == code


@pytest.mark.req("A-19")
def test_a_heartbeat_grows_old_only_after_several_beats_were_missed() -> None:
    assert (heartbeat.BEAT_EVERY_S, heartbeat.FRESH_S) == (5, 25)


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
    given = {key: text for key, (text, _, _) in STATED.items()}
    seen = read_settings(given, *(name for _, name, _ in STATED.values()), "EMAIL_BACKEND")
    assert {name: seen[name] for _, name, _ in STATED.values()} == {name: value for _, name, value in STATED.values()}
    assert seen["EMAIL_BACKEND"] == "django.core.mail.backends.smtp.EmailBackend"


@pytest.mark.req("C-02")
def test_what_a_database_url_says_after_its_question_mark_counts_beside_what_is_set_here() -> None:
    url = "postgresql://u:p%40ss@db.example.org/slipway?sslmode=require&connect_timeout=9"
    options = read_settings({"DATABASE_URL": url}, "DATABASES")["DATABASES"]["default"]["OPTIONS"]
    assert (options["sslmode"], options["connect_timeout"]) == ("require", 3)


@pytest.mark.req("C-02")
def test_a_mail_user_may_begin_with_any_character() -> None:
    seen = read_settings({"EMAIL_HOST": "mail.example.org", "EMAIL_USER": "$me"}, "EMAIL_HOST_USER")
    assert seen == {"EMAIL_HOST_USER": "$me"}


@pytest.mark.req("C-02")
def test_email_may_be_one_url_or_a_folder() -> None:
    names = ("EMAIL_BACKEND", "EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD", "EMAIL_USE_TLS")
    url = read_settings({"EMAIL_URL": "smtp+tls://me:p%40ss@mail.example.org:2526"}, *names)
    assert list(url.values())[1:] == ["mail.example.org", 2526, "me", "p@ss", True]
    folder = read_settings({"EMAIL_FILE_PATH": "/srv/mail"}, *names[:1], "EMAIL_FILE_PATH")
    assert list(folder.values()) == ["django.core.mail.backends.filebased.EmailBackend", "/srv/mail"]


@pytest.mark.req("C-01", "C-02")
def test_each_key_that_the_settings_read_is_stated_with_another_value_than_its_default() -> None:
    read = set(re.findall(r'env\.\w+\("(\w+)"|ENVIRON\.get\("(\w+)"', SETTINGS.read_text(encoding="utf-8")))
    elsewhere = {"DJANGO_READ_ENV", "EMAIL_URL", "EMAIL_FILE_PATH"}
    assert {one or other for one, other in read} == STATED.keys() | elsewhere
    least = {"DATABASE_URL": "postgresql://nobody@127.0.0.1/x", "EMAIL_HOST": "localhost"}
    defaults = read_settings(least, *(name for _, name, _ in STATED.values()))
    assert [key for key, (_, name, value) in STATED.items() if defaults[name] == value] == []


@pytest.mark.req("A-17")
def test_djangos_own_pages_have_a_policy_that_lets_nothing_run_inline() -> None:
    seen = read_settings({}, "CONTENT_SECURITY_POLICY", "X_FRAME_OPTIONS", "SECURE_REFERRER_POLICY", "MIDDLEWARE")
    policy = seen["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]
    own = {f"{kind}-src": ["'self'"] for kind in ("script", "style", "img", "font", "connect")}
    none = {name: ["'none'"] for name in ("default-src", "frame-ancestors", "base-uri")}
    assert policy == own | none | {"form-action": ["'self'"]}
    assert (seen["X_FRAME_OPTIONS"], seen["SECURE_REFERRER_POLICY"]) == ("DENY", "same-origin")
    assert "csp.middleware.CSPMiddleware" in seen["MIDDLEWARE"]


@pytest.mark.req("B-14")
@pytest.mark.parametrize(("words", "is_json"), [("worker", True), ("beat", True), ("report", False)])
def test_worker_and_beat_log_as_the_others_from_their_first_word_on(words: str, *, is_json: bool) -> None:
    code = (
        f"import sys; sys.argv = ['/venv/bin/celery', '-A', 'config', {words!r}];"
        "import config.celery, logging; logging.getLogger('celery').warning('early')"
    )
    done = subprocess.run(
        (sys.executable, "-c", code),
        cwd=DJANGO,
        env={"PYTHONPATH": str(DJANGO.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    said = [line for line in done.stdout.splitlines() if line.startswith("{")]
    assert [json.loads(line)["service"] for line in said] == ([words] if is_json else [])


@pytest.mark.req("B-09")
def test_without_a_word_a_replica_of_django_takes_as_many_connections_as_the_budget_says() -> None:
    pool = 'DATABASES["default"]["OPTIONS"]["pool"]["max_size"]'
    assert read_settings({"DATABASE_URL": "postgresql://nobody@127.0.0.1/x"}, pool) == {pool: POOL}


@pytest.mark.req("C-01")
@pytest.mark.parametrize(
    ("environment", "is_read"),
    [
        ({"ENVIRONMENT": "development", "DJANGO_READ_ENV": "true"}, True),
        ({"ENVIRONMENT": "development"}, False),
        ({"ENVIRONMENT": "staging", "DJANGO_READ_ENV": "true"}, False),
        ({"ENVIRONMENT": "production", "DJANGO_READ_ENV": "true"}, False),
    ],
)
def test_a_forgotten_file_is_read_in_development_alone(
    tmp_path: Path,
    environment: dict[str, str],
    is_read: bool,  # noqa: FBT001 - of a table
) -> None:
    shutil.copytree(DJANGO / "config", tmp_path / "django" / "config")
    (tmp_path / ".env").write_text("WEBSITE_DOMAIN=forgotten.example.org\n", encoding="utf-8")
    seen = read_settings(environment, "WEBSITE_DOMAIN", folder=tmp_path / "django")
    assert (seen["WEBSITE_DOMAIN"] == "forgotten.example.org") is is_read


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


def read_settings(environment: dict[str, str], *names: str, folder: Path = DJANGO) -> dict[str, Any]:
    """Import the settings in a process of their own, with this environment and nothing else."""
    code = f"import config.settings as s; print({{n: eval('s.' + n) for n in {names!r}}})"
    done = subprocess.run(
        (sys.executable, "-c", code),
        cwd=folder,
        env=environment | {"PYTHONPATH": str(DJANGO.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    seen: dict[str, Any] = ast.literal_eval(done.stdout)
    return seen
