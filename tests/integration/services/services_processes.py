"""How do the tests start and ask a service? Each is a process with a log, started as docker-compose.yml says."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psycopg

from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[3]
DJANGO = ROOT / "django"
MIGRATED = "migrated"  # a database with the schema and no rows, from which others are made
PASSWORD = "canary-" + secrets.token_hex(8)
SERVER = ("--loop", "api.shared.loop:Loop", "--no-access-log", "--no-server-header", "--timeout-keep-alive", "95")
Environment = dict[str, str]
T = TypeVar("T")


def wait_for(what: str, ask: Callable[[], T | None], *, timeout_s: float = 20, explain: Callable[[], str] = str) -> T:
    """Ask until the answer is truthy; fail with `what`, and with what explains it, after the deadline."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        answer = ask()
        if answer:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"waited {timeout_s:g} s for {what}\n{explain()}".rstrip())


@dataclass
class Process:
    """One program with its log; started in a process group of its own, so that all of it can be ended."""

    words: tuple[str, ...]
    environment: Environment
    log: Path
    cwd: Path = ROOT
    running: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        """Start it; its output is appended to the log."""
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                self.words, env=self.environment, cwd=self.cwd, stdout=log, stderr=log, start_new_session=True
            )

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal, wait for the end, end what is left of its group, return the exit code."""
        self.running.send_signal(number)
        try:
            return self.running.wait(30)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.running.pid, signal.SIGKILL)
            self.running.wait(5)

    def lines(self) -> list[str]:
        """Return what it wrote."""
        return self.log.read_text(encoding="utf-8").splitlines()


@dataclass
class Store:
    """PostgreSQL or Valkey, started and checked as the local target does."""

    process: Process
    check: tuple[str, ...]

    def start(self) -> None:
        """Start it and wait until it takes commands."""
        self.process.start()
        wait_for(f"{self.check[1]} to answer", self._answers, timeout_s=60)

    def _answers(self) -> bool:
        if self.process.running.poll() is not None:
            raise AssertionError("\n".join(self.process.lines()[-20:]))
        return (
            subprocess.run(self.check, env=self.process.environment, capture_output=True, check=False).returncode == 0
        )


@dataclass
class Web:
    """A server on a port of its own."""

    process: Process
    port: int
    client: httpx.Client

    def get(self, path: str, **more: Any) -> httpx.Response:
        """Ask it."""
        return self.client.get(path, **more)

    def explanation(self) -> str:
        """Say what it says of itself: which migration it misses, or which statement does not fit the schema."""
        try:
            return self.get("/health").text
        except httpx.TransportError as error:
            return f"/health: {type(error).__name__}"

    def health(self) -> dict[str, Any]:
        """Return the status code and the body of /health in one."""
        response = self.get("/health")
        body: dict[str, Any] = {"code": response.status_code} | response.json()
        return body


@dataclass
class Services:
    """The data stores, and the ways to start what stands on them."""

    folder: Path
    postgres: Store
    redis: Store
    environment: Environment
    patience_s: float = 60  # how long a management command may take

    def manage(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a management command to its end."""
        command = (sys.executable, "manage.py", *words)
        return subprocess.run(
            command,
            cwd=DJANGO,
            env=self.environment | more,
            capture_output=True,
            text=True,
            check=False,
            timeout=self.patience_s,
        )

    def sql(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Run SQL; return the rows if there are any."""
        with psycopg.connect(self.environment["DATABASE_URL"], autocommit=True) as connection:
            cursor = connection.execute(query.encode(), parameters or None)
            return cursor.fetchall() if cursor.description else []

    @contextlib.contextmanager
    def web(self, app: str, *, cwd: Path = ROOT, ready: bool = True, **more: str) -> Iterator[Web]:
        """Run a server as docker-compose.yml does, until the block ends."""
        port, lifespan = free_port(), ("--lifespan", "off") if cwd == DJANGO else ()
        address = {"UVICORN_HOST": "127.0.0.1", "UVICORN_PORT": str(port), "UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN": "30"}
        environment = self.environment | address | more
        words = (sys.executable, "-m", "uvicorn", app, *SERVER, *lifespan)
        process = Process(words, environment, self.folder / f"web-{port}.log", cwd)
        process.start()
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
            server = Web(process, port, client)
            try:
                wait_for(f"{app} on {port}", lambda: self._answers(server, ready=ready), explain=server.explanation)
                yield server
            finally:
                if process.running.poll() is None:
                    process.stop()

    def api(self, *, ready: bool = True, **more: str) -> contextlib.AbstractContextManager[Web]:
        """Run the API, with the role that docker-compose.yml gives it."""
        return self.web("api.main:app", cwd=ROOT, ready=ready, **{"DATABASE_URL": self.api_database, **more})

    @property
    def api_database(self) -> str:
        """Return the database's URL with the role of the API."""
        role = f"{self.environment['POSTGRES_API_USER']}:{self.environment['POSTGRES_API_PASSWORD']}"
        return f"postgresql://{role}@{self.environment['DATABASE_URL'].partition('@')[2]}"

    def _answers(self, server: Web, *, ready: bool) -> bool:
        if server.process.running.poll() is not None:
            raise AssertionError("\n".join(server.process.lines()[-20:]))
        with contextlib.suppress(httpx.TransportError):
            return server.get("/ready").status_code == 200 or not ready
        return False

    @contextlib.contextmanager
    def celery(self, role: str, *words: str, code: Path = DJANGO, **more: str) -> Iterator[tuple[Process, Path]]:
        """Run the worker or beat until the block ends; give the process and its heartbeat file."""
        name = f"{role}-{secrets.token_hex(3)}"
        heartbeat = self.folder / f"{name}.heartbeat"
        command = (sys.executable, "-m", "celery", "-A", "config", "--quiet", role, "--loglevel", "INFO", *words)
        environment = self.environment | {"HEARTBEAT_FILE": str(heartbeat)} | more
        process = Process(command, environment, self.folder / f"{name}.log", code)
        process.start()
        try:
            wait_for(f"the heartbeat of {role}", heartbeat.exists)
            yield process, heartbeat
        finally:
            if process.running.poll() is None:
                process.stop()

    def worker(self, *, code: Path = DJANGO, **more: str) -> contextlib.AbstractContextManager[tuple[Process, Path]]:
        """Run the worker as docker-compose.yml does."""
        return self.celery("worker", "--concurrency", "1", "--without-mingle", "--without-gossip", code=code, **more)


def json_lines(process: Process) -> list[dict[str, Any]]:
    """Return the log as objects; any line that is not JSON fails."""
    return [json.loads(line) for line in process.lines()]
