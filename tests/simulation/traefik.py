"""What does a simulated Traefik serve, count and say?"""

from __future__ import annotations

import functools
import json
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

from ops.engine.http import Response
from ops.engine.model import Replica
from ops.engine.rollout.routes import AGAIN, NEW, OLD, SERVERS_FILE, mark_of
from ops.engine.service_roles import EDGE_SERVICE

WRITES = 0.2  # of the requests may not be asked again
LOAD_DELAY_S = 2.0  # Traefik serves a new file a moment later: longer than any pause of the engine
_NEVER = float("-inf")


class Clock(Protocol):
    """What time it is."""

    @property
    def time(self) -> float:
        """Return the time in seconds."""


class Host(Protocol):
    """What Traefik sees of the host that it runs on."""

    @property
    def clock(self) -> Clock:
        """The host's clock."""

    def is_up(self, service: str) -> bool:
        """Tell whether a replica of a service runs."""

    def is_running(self, name: str) -> bool:
        """Tell whether the replica of this name runs."""

    def visits(self, name: str) -> int:
        """Return how many connections visitors have to this Traefik."""

    def is_answering(self, replica: Replica) -> bool:
        """Tell whether visitors get from this replica what they ask for."""

    def replica_at_port(self, port: int) -> Replica | None:
        """Return the running replica that listens there."""


class Served(NamedTuple):
    """The ports that answer for one service, and those that answer where they fail."""

    ports: tuple[int, ...]
    fallback: tuple[int, ...]


class SimulatedTraefik:
    """The files of Traefik, what it read of them, and what its visitors get."""

    def __init__(self, host: Host, name: str = "", *, like: SimulatedTraefik | None = None) -> None:
        self._host = host
        self._name = name  # of its replica, where there may be two
        self.load_delay_s: float = like.load_delay_s if like else LOAD_DELAY_S
        self.visitors_per_s: float = like.visitors_per_s if like else 50.0
        self.written: dict[str, str] = {}
        self.written_at = _NEVER
        self.loaded: dict[str, str] = {}
        self._remembered: tuple[dict[str, Served], float] = ({}, _NEVER)
        self._asked: dict[int, float] = {}  # port -> when it was last in the routes
        self._counts: dict[tuple[str, str, int], float] = {}  # service, method and status -> requests

    def is_up(self) -> bool:
        """Tell whether it runs."""
        return self._host.is_running(self._name) if self._name else self._host.is_up(EDGE_SERVICE)

    def come_up(self) -> None:
        """Read the files at once; nothing was counted yet."""
        self.loaded = self.written
        self._counts.clear()

    def write(self, files: dict[str, str]) -> None:
        """Have other files; they are read a moment later."""
        self.serving()
        self.written, self.written_at = dict(files), self._host.clock.time

    def serving(self) -> dict[str, Served]:
        """Return what it routes to right now, by service; nothing when it does not run."""
        if not self.is_up():
            return {}
        loads_at = self.written_at + self.load_delay_s
        if self.loaded is not self.written and self._host.clock.time >= loads_at:
            self._remember(_served(self.loaded), at=loads_at)
            self.loaded = self.written
        served = _served(self.loaded)
        self._remember(served, at=self._host.clock.time)
        return served

    def wanted(self) -> dict[str, Served]:
        """Return what the files say, whether it has read them or not."""
        return _served(self.written)

    def _remember(self, served: dict[str, Served], *, at: float) -> None:
        if self._remembered == (served, at):
            return
        self._remembered = (served, at)
        for one in served.values():
            for port in (*one.ports, *one.fallback):
                self._asked[port] = at

    def last_asked(self, port: int) -> float:
        """Return when a visitor was last sent to this port."""
        self.serving()
        return self._asked.get(port, _NEVER)

    def answer_requests(self, seconds: float) -> None:
        """Let visitors come for that long, and count what a watched release gave them."""
        if not self.visitors_per_s:
            return
        for name, one in self.serving().items():
            if one.fallback:
                given = self.visitors_per_s * seconds
                passed_on = self._count(name + NEW, "GET", one.ports, given * (1 - WRITES))
                self._count(name + OLD, "GET", one.fallback, passed_on)
                self._count(name + NEW, "POST", one.ports, given * WRITES)

    def _count(self, name: str, method: str, ports: tuple[int, ...], given: float) -> float:
        replicas = [self._host.replica_at_port(port) for port in ports]
        bad = sum(not (replica and self._host.is_answering(replica)) for replica in replicas)
        failed = given * (bad / len(ports) if ports else 1.0)
        for status, some in ((200, given - failed), (502, failed)):
            self._counts[name, method, status] = self._counts.get((name, method, status), 0.0) + some
        return failed

    def answer(self, path: str) -> Response:
        """Response for the internal entry point: the API and the metrics."""
        self.serving()
        if not self.is_up():
            return Response(0, b"connection refused")
        name = path.rsplit("/", 1)[1].removesuffix("@file")
        if path == "/metrics":
            return Response(200, self._metrics().encode())
        if path.startswith("/api/http/services/"):
            item = _services(self.loaded.get(SERVERS_FILE, "{}")).get(name)
            return Response(404, b"{}") if item is None else Response(200, json.dumps(item).encode())
        if path.startswith("/api/http/middlewares/"):
            return Response(
                200 if SERVERS_FILE in self.loaded and name == _mark(self.loaded[SERVERS_FILE]) else 404, b"{}"
            )
        if path == "/api/http/services":
            return Response(200, json.dumps(list(_services(self.loaded.get(SERVERS_FILE, "{}")).values())).encode())
        return Response(200, b"[]")

    def _metrics(self) -> str:
        open_ = f'traefik_open_connections{{entrypoint="websecure",protocol="TCP"}} {self._host.visits(self._name)}\n'
        return open_ + "".join(
            f'traefik_service_requests_total{{code="{code}",method="{method}",protocol="http",service="{name}@file"}} '
            f"{int(count)}\n"
            for (name, method, code), count in self._counts.items()
        )


@functools.lru_cache(maxsize=1024)
def _mark(text: str) -> str:
    return mark_of({SERVERS_FILE: text})


def _served(files: dict[str, str]) -> dict[str, Served]:
    return _read(files.get(SERVERS_FILE, "{}"))


@functools.lru_cache(maxsize=1024)
def _services(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text).get("http", {}).get("services", {})
    return found


@functools.lru_cache(maxsize=1024)
def _read(text: str) -> dict[str, Served]:
    services = {name: item for name, item in _services(text).items() if not name.endswith(AGAIN)}
    failovers = {name: item["failover"] for name, item in services.items() if "failover" in item}
    beside = {one[part] for one in failovers.values() for part in ("service", "fallback")}
    return {
        name: Served(_ports(services[failovers[name]["service"]]), _ports(services[failovers[name]["fallback"]]))
        if name in failovers
        else Served(_ports(item), ())
        for name, item in services.items()
        if name not in beside
    }


def _ports(item: dict[str, Any]) -> tuple[int, ...]:
    return tuple(urlsplit(server["url"]).port or 0 for server in item["loadBalancer"]["servers"])
