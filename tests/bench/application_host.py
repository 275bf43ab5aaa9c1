"""What is measured? PostgreSQL, Valkey and the API's replicas as processes, and a database of the promised size."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from ops.engine.processes.environments import build_environment
from ops.release.git import environment_id
from tests.integration.services.services_fixtures import running_stores
from tests.integration.services.services_processes import ROOT, Services, Web

SIZE = {"--organizations": 1000, "--people": 200, "--events": 50}  # B-16
REPLICAS = 2
CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"


@contextlib.contextmanager
def stores() -> Iterator[Services]:
    """Start the data stores with the schema in place; all of it is gone afterwards."""
    cache = Path(os.environ.get("SLIPWAY_CACHE_DIR") or ROOT / ".local" / "cache")
    env_id = environment_id(ROOT, "local")
    local_env = build_environment(cache, env="local", env_id=env_id, source_dir=ROOT, say=lambda _: None)
    folder = Path(tempfile.mkdtemp(prefix="slipway-bench-"))
    try:
        with running_stores(folder, local_env) as services:
            yield services
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def replicas(services: Services) -> Iterator[Web]:
    """Start the API as two processes behind one port; both are well before anything is measured."""
    with services.api(ready=True, WEB_CONCURRENCY=str(REPLICAS)) as web:
        for _ in range(10 * REPLICAS):  # each over a connection of its own: it is chance who answers
            with httpx.Client(base_url=f"http://127.0.0.1:{web.port}", timeout=10) as client:
                client.get("/health")
        yield web


@dataclass
class Watch:
    """Looks, while something is measured, at the database's connections and at what `/health` takes."""

    services: Services
    url: str
    connections: list[int] = field(default_factory=list)
    health_ms: list[float] = field(default_factory=list)
    statuses: set[int] = field(default_factory=set)

    @contextlib.contextmanager
    def looking(self) -> Iterator[Watch]:
        """Look ten times a second until the block ends."""
        stop = threading.Event()
        threads = [threading.Thread(target=one, args=(stop,)) for one in (self._count, self._ask)]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            stop.set()
            for thread in threads:
                thread.join()

    def _count(self, stop: threading.Event) -> None:
        while not stop.wait(0.2):
            self.connections.append(int(self.services.sql(CONNECTIONS)[0][0]))

    def _ask(self, stop: threading.Event) -> None:
        with httpx.Client(base_url=self.url, timeout=30) as client:
            while not stop.wait(0.05):
                began = time.perf_counter()
                self.statuses.add(client.get("/health").status_code)
                self.health_ms.append((time.perf_counter() - began) * 1000)

    @property
    def health_p99_ms(self) -> float:
        """Return what 99 % of the answers of `/health` stayed below."""
        ordered = sorted(self.health_ms)
        return ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]


def pgbench(services: Services, *, clients: int, seconds: int) -> float:
    """Return the transactions a second of PostgreSQL's own benchmark, reading one row by its key, prepared."""
    words = ("pgbench", "-n", "-S", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(seconds))
    done = subprocess.run(
        (*words, services.environment["DATABASE_URL"].replace(_password(services), "")),
        env={**os.environ, "PGPASSWORD": _password(services).strip(":@")},
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if found is None:
        raise ValueError(done.stdout)
    return float(found[1])


def _password(services: Services) -> str:
    return ":" + services.environment["DATABASE_URL"].partition("@")[0].rpartition(":")[2]


def prepare_pgbench(services: Services) -> None:
    """Make pgbench's tables, a million rows."""
    subprocess.run(
        ("pgbench", "-i", "-q", "-s", "10", services.environment["DATABASE_URL"].replace(_password(services), "")),
        env={**os.environ, "PGPASSWORD": _password(services).strip(":@")},
        capture_output=True,
        check=True,
    )
