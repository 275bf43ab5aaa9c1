"""What do the services' tests stand on? PostgreSQL and Valkey of the `local` group, and the services as processes."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.services.services_processes import (
    DJANGO,
    MIGRATED,
    PASSWORD,
    ROOT,
    Environment,
    Process,
    Services,
    Store,
    Web,
)
from tests.ports import free_port


def application_environment(folder: Path, *, postgres_port: int, redis_port: int) -> Environment:
    """Return what docker-compose.yml gives the services, for development."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONDONTWRITEBYTECODE": "1",
        "ENVIRONMENT": "development",
        "LOG_LEVEL": "INFO",
        "SERVICE_VERSION": "test-1",
        "DATABASE_URL": f"postgresql://slipway:{PASSWORD}@127.0.0.1:{postgres_port}/slipway",
        "REDIS_URL": f"redis://:{PASSWORD}@127.0.0.1:{redis_port}/0",
        "PYTHONPATH": str(ROOT),
        "DJANGO_SECRET_KEY": PASSWORD + secrets.token_hex(24),
        "DJANGO_ALLOWED_HOSTS": "127.0.0.1",
        "SESSION_COOKIE_SECURE": "false",
        "CSRF_COOKIE_SECURE": "false",
        "STATIC_ROOT": str(folder / "static"),
        "MEDIA_ROOT": str(folder / "media"),
        "EMAIL_URL": "",
        "EMAIL_FILE_PATH": str(folder / "mail"),
        "SITE_URL": "https://slipway.localhost:8443",
        "POSTGRES_API_USER": "slipway_api",
        "POSTGRES_API_PASSWORD": PASSWORD + "-api",
        "TOKEN_SECRET_KEY": PASSWORD + secrets.token_hex(24),
    }


def _store(name: str, folder: Path, python: Path, environment: Environment, *words: str) -> Store:
    entrypoint = str(ROOT / name / "entrypoint.py")
    base = {"PATH": os.environ["PATH"]}
    process = Process((str(python), entrypoint, "serve", *words), base | environment, folder / f"{name}.log")
    return Store(process, (str(python), entrypoint, "check"))


@contextlib.contextmanager
def running_stores(folder: Path, local_env: Path) -> Iterator[Services]:
    """Run the data stores with the settings of docker-compose.yml and the schema migrated, until the block ends."""
    python = local_env / "bin" / "python"
    pg_port, redis_port, data = free_port(), free_port(), folder / "pgdata"
    names = {"POSTGRES_USER": "slipway", "POSTGRES_DB": "slipway", "POSTGRES_PASSWORD": PASSWORD}
    at = {"PGDATA": str(data), "PGPORT": str(pg_port), **names}
    postgres = _store("postgres", folder, python, at, "-c", "max_connections=100", "-c", "shared_buffers=64MB")
    cache = {"REDIS_PORT": str(redis_port), "REDIS_DIR": str(folder / "redis"), "SCRATCH": str(folder)}
    redis = _store("redis", folder, python, {"REDIS_PASSWORD": PASSWORD, **cache}, "--appendonly", "yes")
    environment = application_environment(folder, postgres_port=pg_port, redis_port=redis_port)
    own = Services(folder, postgres, redis, environment)
    with contextlib.ExitStack() as stack:
        stack.callback(_remove, data)
        for store, number in ((postgres, signal.SIGINT), (redis, signal.SIGTERM)):
            store.start()
            stack.callback(store.process.stop, number)
        _manage(own, "migrate", "--noinput")
        own.sql(f"CREATE DATABASE {MIGRATED} TEMPLATE slipway")
        yield own


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory, local_env: Path) -> Iterator[Services]:
    """Return running data stores with the schema migrated and the demonstration seeded."""
    with running_stores(tmp_path_factory.mktemp("services"), local_env) as own:
        _manage(own, "collectstatic", "--noinput")
        _manage(own, "seed")
        yield own


def _manage(services: Services, *words: str) -> None:
    done = services.manage(*words)
    assert done.returncode == 0, done.stderr


def _remove(data: Path) -> None:
    """Remove the cluster where it really lies: for root, that is not below the tests' folder."""
    shutil.rmtree(data.resolve().parent if data.is_symlink() else data, ignore_errors=True)


@pytest.fixture(scope="session")
def api(services: Services) -> Iterator[Web]:
    """Return a running API; Django is not there."""
    with services.api() as server:
        yield server


@pytest.fixture(scope="session")
def django_web(services: Services) -> Iterator[Web]:
    """Return a running Django."""
    with services.web("config.asgi:application", cwd=DJANGO) as server:
        yield server


@pytest.fixture(scope="module")
def worker(services: Services) -> Iterator[Process]:
    """Return a running worker; it ends with the module, because one test is about what others would take from it."""
    with services.worker() as (process, _):
        yield process
