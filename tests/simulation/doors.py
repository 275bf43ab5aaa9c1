"""Who gets the visitors of a simulated host, when two Traefiks may run at a time?"""

from __future__ import annotations

from typing import Protocol

from ops.engine.http import Response
from ops.engine.model import Replica
from ops.engine.service_roles import EDGE_SERVICE
from tests.simulation.traefik import Clock, SimulatedTraefik

KEPT = 3  # connections that visitors keep to a Traefik until it asks them to connect anew
HEARD_S = 0.5  # so long after the farewell they have all gone


class Edges(Protocol):
    """What the doors see of the host."""

    @property
    def clock(self) -> Clock:
        """The host's clock."""

    @property
    def replicas(self) -> dict[str, Replica]:
        """Every replica, by name."""

    def is_answering(self, replica: Replica) -> bool:
        """Tell whether visitors get from this replica what they ask for."""

    def replica_at_port(self, port: int) -> Replica | None:
        """Return the running replica that listens there."""


class SimulatedDoors:
    """The sockets, who has them, and the Traefiks with what each of them read."""

    def __init__(self, host: Edges) -> None:
        self._host = host
        self.told = ""  # who shall get the visitors
        self.traefiks: dict[str, SimulatedTraefik] = {}
        self.since: dict[str, float] = {}  # who ever had visitors
        self.farewells: dict[str, float] = {}  # who was told to let them go, and when
        self.cut: list[str] = []  # who was stopped while it had visitors

    def fork(self, host: Edges) -> SimulatedDoors:
        """Return doors of another host that are like these."""
        made = SimulatedDoors(host)
        made.told, made.since, made.farewells = self.told, dict(self.since), dict(self.farewells)
        return made

    def serving(self) -> str:
        """Return who gets visitors."""
        edges = [name for name, replica in self._host.replicas.items() if replica.service == EDGE_SERVICE]
        return self.told if self.told in edges else next(iter(edges), "")

    def took(self, name: str) -> None:
        """Give one its sockets; the first one that asks serves."""
        self.farewells.pop(name, None)
        self.told = self.told or name
        if self.told == name:
            self.since[name] = self._host.clock.time

    def turn(self, name: str) -> None:
        """Send visitors to this one."""
        self.told = name
        self.since[name] = self._host.clock.time

    def say_farewell(self, name: str) -> None:
        """Let its visitors go."""
        self.farewells.setdefault(name, self._host.clock.time)

    def forget(self, name: str, *, was_running: bool) -> None:
        """Forget one that is gone."""
        if was_running and self.visits(name):
            self.cut.append(name)
        self.traefiks.pop(name, None)
        self.since.pop(name, None)
        self.farewells.pop(name, None)
        if self.told == name:
            self.told = ""
            self.told = self.serving() if self.serving() != name else ""

    def visits(self, name: str) -> int:
        """Return how many connections this one has."""
        if name == self.serving():
            return KEPT
        heard = self.farewells.get(name)
        is_left = heard is not None and self._host.clock.time >= heard + HEARD_S
        return 0 if name not in self.since or is_left else KEPT

    def visited(self) -> list[SimulatedTraefik]:
        """Return each Traefik that has visitors."""
        return [traefik for name, traefik in self.traefiks.items() if self.visits(name)]

    def at_port(self, port: int) -> SimulatedTraefik | None:
        """Return the one whose internal port this is."""
        replica = self._host.replica_at_port(port)
        return self.traefiks.get(replica.name) if replica and replica.service == EDGE_SERVICE else None

    def answer(self, name: str) -> Response:
        """Answer as this one answers a visitor."""
        replica, traefik = self._host.replicas.get(name), self.traefiks.get(name)
        if not replica or not traefik or replica.state != "running":
            return Response(0, b"connection refused")
        ways = [port for served in traefik.serving().values() for port in (*served.ports, *served.fallback)]
        answering = [r for port in ways if (r := self._host.replica_at_port(port)) and self._host.is_answering(r)]
        is_good = bool(answering) and self._host.is_answering(replica)
        return Response(200 if is_good else 502, b"")
