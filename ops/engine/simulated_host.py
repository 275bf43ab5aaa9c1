"""What does a host in memory do, and what when a fault is asked for?

Every effect has a number, counted from the start of a run. A fault stops the effect of that number before or after it
happened: as an error the engine sees, or as a crash that unwinds without an undo, like SIGKILL.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from ops.engine.errors import EngineError
from ops.engine.fetch import Answer
from ops.engine.fleet import EDGE_SERVICE
from ops.engine.model import Replica
from ops.engine.routes import SERVERS_FILE, mark_of

FaultKind = Literal["error before", "error after", "crash before", "crash after"]
API_DELAY_S = 2.0  # Traefik serves a new file a moment later: longer than any pause of the engine
BUSY_S = 0.8  # the last request that a replica was given takes that long


class SimulatedCrashError(BaseException):
    """The engine died here; nothing of it runs any more."""


@dataclass(frozen=True)
class Fault:
    """Let the effect of this number fail."""

    at: int
    kind: FaultKind


@dataclass
class SimulatedClock:
    """A clock that moves only when somebody waits."""

    time: float = 1000.0

    def now(self) -> float:
        """Return the time in seconds."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Let time pass at once."""
        self.time += seconds


@dataclass
class SimulatedHost:
    """Replicas, images, routes and a Traefik, in memory; `broken` names fingerprints that never become ready."""

    clock: SimulatedClock = field(default_factory=SimulatedClock)
    faults: tuple[Fault, ...] = ()
    broken: set[str] = field(default_factory=set)
    watch: Callable[[], None] = lambda: None  # called after every effect, to check what must always hold
    effects: int = 0
    did: list[str] = field(default_factory=list)
    replicas: dict[str, Replica] = field(default_factory=dict)
    images: set[str] = field(default_factory=set)
    ready_answers: dict[str, int] = field(default_factory=dict)  # replica -> how often it said that it is ready
    written: dict[str, str] = field(default_factory=dict)
    written_at: float = 0.0
    loaded: dict[str, str] = field(default_factory=dict)
    last_served: dict[int, float] = field(default_factory=dict)  # port -> when it was last in the routes
    lost: list[str] = field(default_factory=list)  # replicas that were stopped in the middle of a request
    api_delay_s: float = API_DELAY_S
    next_port: int = 20000

    def begin_run(self, *faults: Fault) -> None:
        """Count effects from one again, with these faults."""
        self.effects, self.faults, self.did = 0, faults, []

    def effect(self, name: str, change: Callable[[], None]) -> None:
        """Change something, unless a fault says otherwise."""
        self.effects += 1
        kind = next((fault.kind for fault in self.faults if fault.at == self.effects), None)
        if kind in {"error before", "crash before"}:
            _fail(kind, name)
        change()
        self.did.append(name)
        self.watch()
        if kind is not None:
            _fail(kind, name)

    def serving(self) -> dict[str, list[str]]:
        """Return the URLs that Traefik routes to right now, by service; nothing when it does not run."""
        if not any(r.service == EDGE_SERVICE and r.state == "running" for r in self.replicas.values()):
            return {}
        if self.clock.time >= self.written_at + self.api_delay_s:
            self.loaded = self.written
        services = json.loads(self.loaded.get(SERVERS_FILE, "{}")).get("http", {}).get("services", {})
        failovers = [item["failover"] for item in services.values() if "failover" in item]
        beside = {one[part] for one in failovers for part in ("service", "fallback")}
        urls = {name: self._urls(services, item) for name, item in services.items() if name not in beside}
        self.last_served.update({urlsplit(url).port or 0: self.clock.time for some in urls.values() for url in some})
        return urls

    def _urls(self, services: dict[str, Any], item: dict[str, Any]) -> list[str]:
        if "failover" in item:  # the old one is asked only where the new one fails
            item = services[item["failover"]["service"]]
        return [server["url"] for server in item["loadBalancer"]["servers"]]

    def is_busy(self, replica: Replica) -> bool:
        """Tell whether a replica has requests that it has not answered."""
        self.serving()
        began = self.last_served.get(replica.port)
        return replica.state == "running" and began is not None and self.clock.time < began + BUSY_S

    def replica_at(self, url: str) -> Replica | None:
        """Return the running replica that listens there."""
        port = urlsplit(url).port
        return next((r for r in self.replicas.values() if r.port == port and r.state == "running"), None)

    def die(self, name: str) -> None:
        """Let a replica's process end and stay ended."""
        self.replicas[name] = dataclasses.replace(self.replicas[name], state="failed")

    def fetch(self, url: str, *, host: str = "", timeout_s: float = 2.0) -> Answer:
        """Answer for a replica or for Traefik's API."""
        del host, timeout_s
        parts = urlsplit(url)
        if parts.path.startswith("/api/"):
            return self._api(parts.path)
        replica = self.replica_at(url)
        if replica is None:
            return Answer(0, b"connection refused")
        is_ready = replica.fingerprint not in self.broken and self._has_data()
        self.ready_answers[replica.name] = self.ready_answers.get(replica.name, 0) + 1 if is_ready else 0
        body = {"status": "ready", "in_flight": int(self.is_busy(replica))}
        return Answer(200 if is_ready else 503, json.dumps(body).encode())

    def _has_data(self) -> bool:
        kinds = {r.service for r in self.replicas.values() if r.state == "running"}
        return "postgres" in kinds

    def _api(self, path: str) -> Answer:
        self.serving()
        if not any(r.service == EDGE_SERVICE and r.state == "running" for r in self.replicas.values()):
            return Answer(0, b"connection refused")
        if path.startswith("/api/http/services/"):
            stated = json.loads(self.loaded.get(SERVERS_FILE, "{}")).get("http", {}).get("services", {})
            item = stated.get(path.rsplit("/", 1)[1].removesuffix("@file"))
            return Answer(404, b"{}") if item is None else Answer(200, json.dumps(item).encode())
        if path.startswith("/api/http/middlewares/"):
            is_read = path.rsplit("/", 1)[1].removesuffix("@file") == mark_of(self.loaded)
            return Answer(200 if is_read else 404, b"{}")
        return Answer(200, b"[]")


def _fail(kind: str, name: str) -> None:
    if kind.startswith("crash"):
        raise SimulatedCrashError(name)
    raise EngineError(f"a fault at `{name}`", why="the simulation asked for it", fix="deploy again")
