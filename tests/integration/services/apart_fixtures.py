"""Where may a test do damage? In a database of its own in the same cluster, with an API of its own on it."""

from __future__ import annotations

import contextlib
import dataclasses
import secrets
from collections.abc import Iterator

import pytest

from redis import Redis
from tests.integration.services.services_processes import MIGRATED, Services, Web

REDIS_DATABASE = 5  # what is counted there holds nobody else up, and no worker hears of it


def _elsewhere(services: Services, name: str) -> Services:
    """Return the same data stores with another database in each."""
    environment = services.environment
    urls = {
        "DATABASE_URL": environment["DATABASE_URL"].rpartition("/")[0] + f"/{name}",
        "REDIS_URL": environment["REDIS_URL"].rpartition("/")[0] + f"/{REDIS_DATABASE}",
    }
    return dataclasses.replace(services, environment=environment | urls)


@contextlib.contextmanager
def _database(services: Services) -> Iterator[Services]:
    name = f"apart_{secrets.token_hex(4)}"
    services.sql(f"CREATE DATABASE {name} TEMPLATE {MIGRATED}")
    try:
        yield _elsewhere(services, name)
    finally:
        services.sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def apart(services: Services) -> Iterator[Services]:
    """Return the data stores with a migrated database that nobody else uses."""
    with _database(services) as own:
        yield own
        with Redis.from_url(own.environment["REDIS_URL"]) as redis:
            redis.flushdb()


@pytest.fixture(scope="session")
def apart_api(apart: Services) -> Iterator[Web]:
    """Return a running API on that database."""
    with apart.api() as server:
        yield server
