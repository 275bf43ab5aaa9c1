"""Which releases and which host do the engine's tests work with?"""

from __future__ import annotations

import dataclasses
import functools
import threading
from dataclasses import dataclass
from typing import Any

from ops.engine.host.journal import Entry, Journal
from ops.engine.model import Edge, Image, Release, Route, Service
from ops.engine.rollout.context import Engine, Order
from ops.engine.rollout.deploy import deploy
from ops.engine.rollout.journal_events import Result
from ops.engine.service_roles import EDGE_SERVICE
from ops.engine.waiter import Waiter
from tests.simulation.host import SimulatedHost
from tests.simulation.runtime import SimulatedRuntime, SimulatedStore

ROUTE = Route(ready="/ready", host="slipway.localhost")
EDGE = Edge(api_url="http://127.0.0.1:8081", dynamic_files={"public.yml": "http: {}\n"})
WITH_DATA: dict[str, Any] = {"networks": {"data": None}}
SHARED: dict[str, Any] = {"sockets": {"websecure": "127.0.0.1:8443"}, "trials": ("/",)}
SERVICES = ("postgres", "api", "web", "worker", "beat", "traefik", "migrate")


class MemoryJournal(Journal):
    """A journal that keeps its entries."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def write(self, event: str, **fields: Any) -> None:
        """Keep an entry."""
        self.entries.append({"event": event, **fields})

    def forgive(self) -> None:
        """Have nothing to forgive."""

    def redacted(self, text: str) -> str:
        """Have no secrets."""
        return text

    def time(self) -> str:
        """Return always the same time."""
        return "2026-01-02T03:04:05.000Z"


def image(name: str, version: int = 1) -> Image:
    return Image(id=f"{name}-{version}", env="local", env_id="local-1", files={f"{name}.py": f"{version}"})


def service(name: str, version: int = 1, **fields: Any) -> Service:
    made = {"image": image(name, version), "command": (name,), "healthcheck": ("check",), "environment": {"V": "1"}}
    return Service(name=name, **{**made, **fields})


@functools.lru_cache(maxsize=1024)  # a service that is the same object has its fingerprint already
def part(name: str, version: int, replicas: int = 1, *, is_networked: bool = False, has_doors: bool = False) -> Service:
    """Return a service of the small stack; in a network of containers it may share one with the database."""
    after = ("postgres",)
    many: dict[str, Any] = {"replicas": replicas, "stated_replicas": replicas}
    rolling = {"route": ROUTE, "rollout": "rolling", "is_scalable": True, **many}
    fields: dict[str, dict[str, Any]] = {
        "postgres": {"port": 5432, "dump": ("dump", "{name}"), "hold": ("hold",), "fits": ("fits",), "wait_s": 10.0},
        "migrate": {"job_order": 1, "after": after, "touches": "schema", "check": ("pending",)},
        "assets": {"job_order": 2, "touches": "files"},
        "api": {**rolling, "after": after},
        "web": rolling,
        "admin": rolling,
        "worker": {"after": after, "rollout": "overlap", "is_scalable": True, **many},
        "beat": {"after": after, "rollout": "overlap"},
        EDGE_SERVICE: SHARED if has_doors else {"port": 8443},
    }
    container = {"container": WITH_DATA} if is_networked and name in {"postgres", "api", "worker"} else {}
    return service(name, version, **{"stated_replicas": 1, **fields[name], **container})


def release(replicas: int = 1, /, **versions: int) -> Release:
    """Make a small stack; `api=2` is a second version of the code of api, `routes=2` of the reviewed routes."""
    edge = dataclasses.replace(EDGE, dynamic_files={"public.yml": f"version {versions.pop('routes', 1)}\n"})
    v = {name: versions.get(name, 1) for name in SERVICES}
    order = ("postgres", "migrate", "api", "web", "worker", "beat", EDGE_SERVICE)
    services = tuple(part(name, v[name], replicas if name == "api" else 1) for name in order)
    name = "-".join(f"{key}{value}" for key, value in v.items())
    return Release(
        id=f"{name}-x{replicas}-{edge.dynamic_files['public.yml'].split()[1]}",
        source_dir="/nowhere",
        services=services,
        edge=edge,
        watch_s=1.0,
    )


def overlapping(made: Release) -> Release:
    """Return the release with a Traefik whose sockets outlive it."""
    services = tuple(dataclasses.replace(s, port=0, **SHARED) if s.name == EDGE_SERVICE else s for s in made.services)
    return dataclasses.replace(made, services=services)


@dataclass
class World:
    """A simulated host and what remembers things on it between runs."""

    host: SimulatedHost
    store: SimulatedStore
    journal: MemoryJournal

    @property
    def cancelled(self) -> threading.Event:
        """Return the operator's Ctrl-C."""
        return self.host.cancelled

    def deploy(self, wanted: Release, order: Order | None = None) -> Result:
        """Run a deploy with a fresh journal; interruptions are allowed unless the order says otherwise."""
        self.journal = MemoryJournal()
        return deploy(self.engine(), wanted, order or Order(allow_interruption=True))

    def engine(self) -> Engine:
        """Return an engine whose whole world is simulated."""
        clock = self.host.clock
        return Engine(
            runtime=SimulatedRuntime(self.host),
            store=self.store,
            journal=self.journal,
            waiter=Waiter(self.cancelled, now=clock.now, sleep=clock.sleep),
            fetch=self.host.fetch,
            workers=1,
        )

    def fork(self) -> World:
        """Return a world that is like this one from now on."""
        host = self.host.fork()
        return World(host=host, store=SimulatedStore(host), journal=MemoryJournal())

    def running(self) -> set[str]:
        """Name the replicas that run."""
        return {replica.name for replica in self.host.replicas.values() if replica.state == "running"}

    def steps(self) -> dict[str, str]:
        """Return the outcome of every step of the last run."""
        return {e["step"]: e["outcome"] for e in self.journal.entries if e["event"] == "step_finished"}


def world(*, has_doors: bool = False) -> World:
    host = SimulatedHost(has_doors=has_doors)
    return World(host=host, store=SimulatedStore(host), journal=MemoryJournal())
