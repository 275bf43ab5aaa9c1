"""What does a host in memory do, and what when a fault is asked for?

Every effect has a number, counted from the start of a run. A fault stops the effect of that number, or is something
that happens to the host soon after it. Time passes only when somebody waits.
"""

from __future__ import annotations

import dataclasses
import heapq
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ops.engine.host.state import State
from ops.engine.http import Response
from ops.engine.model import Release, Replica, Service
from ops.engine.rollout.gate import NEEDED_IN_A_ROW
from ops.engine.service_roles import EDGE_SERVICE
from tests.simulation.faults import AWAY_S, HANG_S, Fault, Flaws, SimulatedCrashError, fail
from tests.simulation.traefik import SimulatedTraefik

BUSY_S = 0.8  # the last request that a replica was given takes that long
DATABASE = "postgres"


@dataclass
class SimulatedClock:
    """A clock that moves only when somebody waits."""

    time: float = 1000.0
    passed: Callable[[float], None] = lambda _: None  # is told of every wait

    def now(self) -> float:
        """Return the time in seconds."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Let time pass at once."""
        self.time += seconds
        self.passed(seconds)


@dataclass
class SimulatedHost:
    """Replicas, images, data, and a Traefik, in memory."""

    clock: SimulatedClock = field(default_factory=SimulatedClock)
    faults: tuple[Fault, ...] = ()
    flaws: Flaws = field(default_factory=Flaws)
    watch: Callable[[], None] = lambda: None  # called after every effect, to check what must always hold
    cancelled: threading.Event = field(default_factory=threading.Event)  # the operator's Ctrl-C
    run: int = 0
    effects: int = 0
    blind: int = 0  # how often the next look at the replicas fails
    did: list[str] = field(default_factory=list)
    replicas: dict[str, Replica] = field(default_factory=dict)
    images: set[str] = field(default_factory=set)
    state: State = field(default_factory=State)
    kept: dict[str, Release] = field(default_factory=dict)
    applied: dict[str, int] = field(default_factory=dict)  # fingerprint of a schema job -> how often it ran
    made_files: dict[str, str] = field(default_factory=dict)  # job that makes files -> fingerprint that made them last
    ready_in_a_row: dict[str, int] = field(default_factory=dict)
    gated: set[str] = field(default_factory=set)  # replicas that were ready three times in a row
    lost: list[str] = field(default_factory=list)  # replicas that were stopped in the middle of a request
    interrupted: list[str] = field(default_factory=list)  # the database or Traefik, stopped while it ran
    next_port: int = 20000
    events: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    events_ever: int = 0

    def __post_init__(self) -> None:
        """Let time on the clock pass here too."""
        self.traefik = SimulatedTraefik(self)
        self.clock.passed = self._pass

    def fork(self) -> SimulatedHost:
        """Return a host that is like this one from now on; nothing may be expected to happen any more."""
        names = ("replicas", "kept", "applied", "made_files", "ready_in_a_row", "images", "gated")
        copied = {name: getattr(self, name).copy() for name in names}
        clock = SimulatedClock(self.clock.time)
        made = SimulatedHost(**copied, clock=clock, state=self.state, next_port=self.next_port)
        made.traefik.written = made.traefik.loaded = dict(self.traefik.written)
        return made

    def begin_run(self, *faults: Fault) -> None:
        """Count effects from one again, with these faults; those of the run before come no more."""
        self.run += 1
        self.effects, self.blind, self.faults, self.did, self.interrupted = 0, 0, faults, [], []
        self.cancelled.clear()

    def effect(self, name: str, change: Callable[[], None]) -> None:
        """Change something, unless a fault says otherwise."""
        self.effects += 1
        faults = [fault for fault in self.faults if fault.at == self.effects] if self.faults else []
        kind = next((fault.kind for fault in faults if fault.kind.endswith((" before", " after"))), "")
        if kind.endswith("before"):
            self._fail(kind, name)
        change()
        self.did.append(name)
        self.watch()
        for fault in faults:
            self._expect(fault)
        if kind:
            self._fail(kind, name)

    def _fail(self, kind: str, name: str) -> None:
        self.did.append(f"({kind} `{name}`)")
        if kind.startswith("hang"):
            self.clock.sleep(HANG_S)
        fail(kind, name)

    def _expect(self, fault: Fault) -> None:
        run = self.run

        def happen() -> None:
            if self.run == run:  # otherwise the run that it was meant for has ended
                self._strike(fault)

        if not fault.kind.endswith((" before", " after")):
            self.later(fault.delay_s, happen)

    def _strike(self, fault: Fault) -> None:
        """Let something happen to the host."""
        self.did.append(f"({fault.kind})")
        if fault.kind == "cancel":
            self.cancelled.set()
        elif fault.kind == "crash":
            raise SimulatedCrashError(fault.kind)
        elif fault.kind == "look fails":
            self.blind += 1
        elif fault.kind.startswith("reboot"):
            self._reboot(comes_back=fault.kind == "reboot")
        else:
            self._harm_one(fault)

    def _harm_one(self, fault: Fault) -> None:
        running = sorted(name for name, replica in self.replicas.items() if replica.state == "running")
        if fault.kind == "edge dies":
            running = [name for name in running if self.replicas[name].service == EDGE_SERVICE]
        if not running:
            return
        name = running[int(fault.pick * (len(running) - 1))]
        if fault.kind == "unready":
            self.flaws.unready.add(name)
            self.harm(name)
            self.did.append(f"({name} is unready)")
        elif fault.kind == "5xx":
            self.flaws.failing.add(name)
            self.harm(name)
            self.did.append(f"({name} answers 5xx)")
        else:
            self.die(name)
            if fault.kind != "die":
                self.later(AWAY_S, lambda: self.come_back(name))

    def _reboot(self, *, comes_back: bool) -> None:
        running = [name for name, replica in self.replicas.items() if replica.state == "running"]
        for name in running:
            self.die(name)
        for name in running if comes_back else ():
            self.come_back(name)
        raise SimulatedCrashError("reboot")

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Let something happen when that much time has passed; at once when it is none."""
        if seconds <= 0:
            action()
            return
        self.events_ever += 1
        heapq.heappush(self.events, (self.clock.time + seconds, self.events_ever, action))

    def _pass(self, seconds: float) -> None:
        self.traefik.answer_requests(seconds)
        while self.events and self.events[0][0] <= self.clock.time:
            heapq.heappop(self.events)[2]()
            self.watch()

    def describe(self, service: Service, name: str) -> Replica:
        """Return what a replica would be."""
        return Replica(
            name=name,
            service=service.name,
            fingerprint=service.fingerprint,
            image_id=service.image.id,
            port=service.port or self.next_port,
            state="running",
            started_at=self.clock.time,
        )

    def run_replica(self, service: Service, name: str) -> None:
        """Start a replica's process."""
        replica = self.describe(service, name)
        self.next_port += 1
        self.replicas[name] = replica
        if service.name == EDGE_SERVICE:
            self.traefik.come_up()
        if replica.fingerprint in self.flaws.lives_s:
            self.later(self.flaws.lives_s[replica.fingerprint], lambda: self._end_if_same(replica))

    def _end_if_same(self, replica: Replica) -> None:
        now = self.replicas.get(replica.name)
        if now and now.started_at == replica.started_at and replica.fingerprint in self.flaws.lives_s:
            self.die(replica.name)

    def forget_replica(self, name: str) -> None:
        """Stop a replica, and remember what that cut."""
        replica = self.replicas.get(name)
        if replica and replica.state == "running":
            self.lost += [name] if self.is_busy(replica) else []
            self.interrupted += [name] if replica.service in {DATABASE, EDGE_SERVICE} else []
        if replica and not self.is_ready(replica):
            self.flaws.idle_ports.add(replica.port)
        self.replicas.pop(name, None)
        self.ready_in_a_row.pop(name, None)
        self.gated.discard(name)
        self.flaws.forget(name)

    def die(self, name: str) -> None:
        """Let a replica's process end and stay ended."""
        self.replicas[name] = dataclasses.replace(self.replicas[name], state="failed")
        self.harm(name)
        self.did.append(f"({name} ended)")

    def harm(self, name: str) -> None:
        """Remember that something happened to a replica which was no run's doing."""
        self.flaws.harmed.add(name)
        self.flaws.harmed_ports[self.replicas[name].port] = self.replicas[name].service

    def come_back(self, name: str) -> None:
        """Start an ended process again, as the Docker Engine does."""
        replica = self.replicas.get(name)
        if replica and replica.state != "running":
            self.replicas[name] = dataclasses.replace(replica, state="running", restarts=replica.restarts + 1)
            self.flaws.harmed.discard(name)
            self.did.append(f"({name} came back)")
            if replica.service == EDGE_SERVICE:
                self.traefik.come_up()

    def is_busy(self, replica: Replica) -> bool:
        """Tell whether a replica has requests that it has not answered."""
        began = self.traefik.last_asked(replica.port)
        is_asked = self.traefik.is_up() and self.is_ready(replica)  # who stops Traefik lets all of them end
        return is_asked and self.clock.time < began + BUSY_S

    def replica_at(self, url: str) -> Replica | None:
        """Return the running replica that listens there."""
        return self.replica_at_port(urlsplit(url).port or 0)

    def replica_at_port(self, port: int) -> Replica | None:
        """Return the running replica that listens there."""
        for replica in self.replicas.values():  # the hottest loops of a simulation
            if replica.port == port and replica.state == "running":
                return replica
        return None

    def is_up(self, service: str) -> bool:
        """Tell whether a replica of a service runs."""
        for replica in self.replicas.values():  # noqa: SIM110 - twice as fast as a generator
            if replica.service == service and replica.state == "running":
                return True
        return False

    def is_answering(self, replica: Replica) -> bool:
        """Tell whether visitors get from this replica what they ask for."""
        return not {replica.name, replica.fingerprint} & self.flaws.failing and self.is_ready(replica)

    def is_ready(self, replica: Replica) -> bool:
        """Tell whether a replica says that it is ready."""
        flaws = self.flaws
        is_well = replica.fingerprint not in flaws.broken and replica.name not in flaws.unready
        return is_well and replica.state == "running" and self.is_up(DATABASE)

    def fetch(self, url: str, *, host: str = "", timeout_s: float = 2.0) -> Response:
        """Response for a replica or for Traefik."""
        del host, timeout_s
        parts = urlsplit(url)
        if parts.path.startswith(("/api/", "/metrics")):
            return self.traefik.answer(parts.path)
        replica = self.replica_at(url)
        if replica is None:
            return Response(0, b"connection refused")
        is_ready = self.is_ready(replica)
        self.ready_in_a_row[replica.name] = in_a_row = self.ready_in_a_row.get(replica.name, 0) + 1 if is_ready else 0
        if in_a_row >= NEEDED_IN_A_ROW:
            self.gated.add(replica.name)
        body = {"status": "ready", "in_flight": int(self.is_busy(replica))}
        return Response(200 if is_ready else 503, json.dumps(body).encode())
