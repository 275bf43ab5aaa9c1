"""What do the tests of the `processes` runtime start? PostgreSQL, Valkey and a web server, on ports of their own."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ops.engine.model import Edge, Image, Release, Service
from ops.engine.processes.environments import READY
from ops.engine.processes.runtime import ProcessesRuntime
from tests.ports import free_port

CHECKOUT = Path(__file__).resolve().parents[3]
ENV_ID = "local-0123456789ab"
POSTGRES_PASSWORD = "canary-postgres-4471"
REDIS_PASSWORD = "canary 'redis\" 4472"


def image_of(name: str, *paths: str, source: Path = CHECKOUT, **more: Any) -> Image:
    files = {path: hashlib.sha256((source / path).read_bytes()).hexdigest() for path in paths}
    return Image(id=f"{name}-0123456789ab", env="local", env_id=ENV_ID, files=files, **more)


def release_of(*services: Service, source: Path = CHECKOUT) -> Release:
    return Release(id="r1", source_dir=str(source), services=services, edge=Edge(api_url="", dynamic_files={}))


def postgres() -> Service:
    port = free_port()
    return Service(
        name="postgres",
        image=image_of("postgres", "postgres/dumping.py", "postgres/entrypoint.py", "postgres/system_user.py"),
        command=("python", "{image}/postgres/entrypoint.py", "serve", "-c", "log_line_prefix=%m [%p] "),
        environment={
            "PGDATA": "{data}/postgres",
            "PGPORT": str(port),
            "POSTGRES_USER": "app",
            "POSTGRES_DB": "app",
            "POSTGRES_PASSWORD": POSTGRES_PASSWORD,
        },
        healthcheck=("python", "{image}/postgres/entrypoint.py", "check"),
        port=port,
        stop_signal="INT",
        stop_grace_s=30,
    )


def redis() -> Service:
    port = free_port()
    return Service(
        name="redis",
        image=image_of("redis", "redis/entrypoint.py"),
        command=("python", "{image}/redis/entrypoint.py", "serve", "--appendonly", "yes"),
        environment={
            "REDIS_PASSWORD": REDIS_PASSWORD,
            "REDIS_PORT": str(port),
            "REDIS_DIR": "{data}/redis",
            "SCRATCH": "{scratch}",
        },
        healthcheck=("python", "{image}/redis/entrypoint.py", "check"),
        port=port,
        stop_grace_s=30,
    )


def web(**changes: Any) -> Service:
    check = "import sys, urllib.request as u; u.urlopen('http://127.0.0.1:{port}/', timeout=3)"
    fields: dict[str, Any] = {
        "name": "web",
        "image": image_of("web", "redis/entrypoint.py"),
        "command": ("python", "-m", "http.server", "--bind", "127.0.0.1", "{port}"),
        "environment": {"GREETING": "hello"},
        "healthcheck": ("python", "-c", check),
        "stop_grace_s": 5,
    }
    return Service(**(fields | changes))


@contextmanager
def running_in(root: Path, env: Path) -> Iterator[ProcessesRuntime]:
    """Yield a runtime in an empty `.local` that has the environment; everything it started is ended."""
    runtime = ProcessesRuntime(root)
    lay_out(root, env)
    try:
        runtime.prepare()
        yield runtime
    finally:
        runtime.down(volumes=True)


def lay_out(root: Path, env: Path) -> None:
    """Make an environment that counts as built out of links to a real one."""
    place = root / "cache" / "envs" / ENV_ID
    place.mkdir(parents=True)
    for name in ("bin", "lib", "pyvenv.cfg"):
        (place / name).symlink_to(env / name)
    (place / READY).touch()


def started(runtime: ProcessesRuntime, service: Service, index: int = 0) -> str:
    """Build and start a service, wait for its health and return its replica's name."""
    runtime.build(service.image, release_of(service), lambda _: None)
    name = f"{service.name}-{service.fingerprint}-{index}"
    runtime.start(service, name)
    wait_for(f"{name} to be healthy", lambda: runtime.is_healthy(service, one(runtime, name)))
    return name


def one(runtime: ProcessesRuntime, name: str) -> Any:
    return next(replica for replica in runtime.observe() if replica.name == name)


def wait_for(what: str, is_so: Callable[[], bool], *, timeout_s: float = 30) -> None:
    until = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < until, f"waited {timeout_s} s for {what}"
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
