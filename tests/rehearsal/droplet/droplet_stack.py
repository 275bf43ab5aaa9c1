"""How does a test deploy to a droplet of its own, and look at it from outside and from behind?"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import httpx

from rehearsal.droplet.machine import Machine
from rehearsal.world import DOMAIN, World
from tests.once import one_at_a_time
from tests.stack import WATCH_S, Checkout, copy_files

DEPLOY_S = 900
SECRETS = (
    "POSTGRES_PASSWORD",
    "POSTGRES_API_PASSWORD",
    "REDIS_PASSWORD",
    "DJANGO_SECRET_KEY",
    "TOKEN_SECRET_KEY",
    "DJANGO_ADMIN_PASSWORD",
    "OPERATOR_PASSWORD",
)


@dataclasses.dataclass(frozen=True)
class Rehearsed(Checkout):
    """A copy of this checkout that deploys to the world's droplet."""

    world: World

    @property
    def machine(self) -> Machine:
        """Return the droplet, as one who stands beside it."""
        return self.world.droplet()

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return every secret of this world."""
        return (*(self.environment[name] for name in SECRETS), self.environment["DIGITALOCEAN_TOKEN"])

    def with_settings(self, **settings: str) -> Rehearsed:
        """Return the same checkout with some settings changed."""
        return dataclasses.replace(self, environment={**self.environment, **settings})

    def deploy(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Type `invoke deploy`."""
        return self.invoke("deploy", *words, timeout_s=DEPLOY_S)

    def report(self) -> dict[str, Any]:
        """Return the report of the newest run."""
        newest = max((self.root / "local_run_logs").glob("*/report.json"), key=lambda path: path.parent.name)
        found: dict[str, Any] = json.loads(newest.read_text(encoding="utf-8"))
        return found

    def folder(self) -> Path:
        """Return the artifact folder of the newest run."""
        return max((self.root / "local_run_logs").iterdir(), key=lambda path: path.name)

    def client(self) -> httpx.Client:
        """Return a client that trusts what the world's ACME server signs."""
        authority = ssl.create_default_context(cafile=self.environment["ACME_ROOT_PATH"])
        return httpx.Client(verify=authority, timeout=10)

    def ask(self, path: str, *, client: httpx.Client | None = None, host: str = DOMAIN) -> httpx.Response:
        """Ask the droplet over HTTPS as a visitor does."""
        with contextlib.ExitStack() as closing:
            asking = client or closing.enter_context(self.client())
            url = f"https://{self.machine.address}{path}"
            return asking.get(url, headers={"Host": host}, extensions={"sni_hostname": host})

    def containers(self) -> dict[str, dict[str, Any]]:
        """Return what the droplet's own engine says of each replica's container, by name."""
        ids = self.machine.run("docker", "ps", "--all", "--quiet", "--filter", "label=slipway.service").split()
        listed = json.loads(self.machine.run("docker", "inspect", *ids)) if ids else []
        return {one["Name"].lstrip("/"): one for one in listed}

    def running(self, service: str) -> dict[str, str]:
        """Return name -> id of the running containers of a service."""
        return {
            name: one["Id"]
            for name, one in self.containers().items()
            if one["Config"]["Labels"]["slipway.service"] == service and one["State"]["Running"]
        }


def make_checkout(folder: Path, world: World, **settings: str) -> Rehearsed:
    """Copy this checkout to `folder`, to deploy to `world` from there with these settings."""
    copy_files(folder)
    quick = {"NO_COLOR": "1", "RELEASE_WATCH_SECONDS": str(WATCH_S)}
    environment = {**os.environ, **world.environment, **quick, **settings}
    return Rehearsed(folder, environment, world)


def first_deploy(folder: Path, world: World, **settings: str) -> Rehearsed:
    """Deploy to a droplet from nothing; what it said and left is kept as `first-console.txt` and `first/`."""
    stack = make_checkout(folder / "checkout", world, **settings)
    with one_at_a_time("first-deploy"):
        done = stack.deploy()
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "first-console.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
    shutil.copytree(stack.folder(), folder / "first")
    return stack


class Visitor:
    """Somebody who keeps asking while things change; `failures` is what went wrong."""

    def __init__(self, stack: Rehearsed, path: str = "/api/health") -> None:
        self.failures: list[str] = []
        self.asked = 0
        self._stack = stack
        self._path = path
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._visit, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(30)

    def _visit(self) -> None:
        with self._stack.client() as client:
            while not self._ended.wait(0.2):  # below the rate limit, beside the verification's own requests
                try:
                    answer = self._stack.ask(self._path, client=client)
                except httpx.HTTPError as error:
                    self.failures.append(f"{type(error).__name__}: {error}")
                    continue
                if answer.status_code not in {200, 429}:
                    self.failures.append(f"{answer.status_code}")
                self.asked += 1


@contextlib.contextmanager
def running_deploy(stack: Rehearsed, *words: str) -> Iterator[subprocess.Popen[str]]:
    """Type `invoke deploy` and go on; it is ended with the block if it still runs."""
    process = stack.start("deploy", *words)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def wait_until(holds: Any, *, what: str, timeout_s: float = 60) -> None:
    """Ask until it holds; fails with what was waited for."""
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, f"{what}: not within {timeout_s:g} s"
        time.sleep(0.05)  # between two looks; the deadline is above


def log_of(stack: Rehearsed) -> str:
    """Return what the newest run has logged so far."""
    log = stack.folder() / "deploy.log"
    return log.read_text(encoding="utf-8") if log.exists() else ""


def wait_for_step(stack: Rehearsed, step: str, *, after: Path, timeout_s: float = 120) -> None:
    """Wait until a run that is newer than the folder `after` has begun a step."""
    wait_until(
        lambda: stack.folder() != after and f"step_started step={step}" in log_of(stack),
        what=f"the step {step} begins",
        timeout_s=timeout_s,
    )
