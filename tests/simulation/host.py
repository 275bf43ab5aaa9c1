"""What does a host in memory do, and what when a fault is asked for?

Every effect has a number, counted from the start of a run. A fault stops the effect of that number, or is something
that happens to the host soon after it. Time passes only when somebody waits.
"""

from __future__ import annotations

import dataclasses
import functools
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
from tests.simulation.doors import SimulatedDoors
from tests.simulation.faults import AWAY_S, HANG_S, Fault, Flaws, SimulatedCrashError, fail
from tests.simulation.traefik import SimulatedTraefik

BUSY_S = 0.8  # the last request that a replica was given takes that long
DATABASE = "postgres"
BEHIND = ("worker", "beat")


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
    held: set[str] = field(default_factory=set)  # names of databases that take no changes
    gated: set[str] = field(default_factory=set)  # replicas that were ready three times in a row
    lost: list[str] = field(default_factory=list)  # replicas that were stopped in the middle of a request
    interrupted: list[str] = field(default_factory=list)  # the database or Traefik, stopped while it ran
    places: dict[str, frozenset[str]] = field(default_factory=dict)  # replica -> marks of the networks it is in
    abandoned: list[str] = field(default_factory=list)  # workers and beats, stopped when no other one was well
    next_port: int = 20000
    events: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    events_ever: int = 0
    has_doors: bool = False  # two Traefiks may run at a time

    def __post_init__(self) -> None:
        """Let time on the clock pass here too."""
        self.alone = SimulatedTraefik(self)
        self.doors = SimulatedDoors(self) if self.has_doors else None
        self.clock.passed = self._pass

    @property
    def traefik(self) -> SimulatedTraefik:
        """Return the Traefik that gets visitors."""
        return self.doors.traefiks.get(self.doors.serving(), self.alone) if self.doors else self.alone

    def traefiks(self) -> list[SimulatedTraefik]:
        """Return all there are, and first what remembers the files that were written last."""
        return [self.alone, *(self.doors.traefiks.values() if self.doors else ())]

    def set_traffic(self, *, load_delay_s: float, visitors_per_s: float) -> None:
        """Say how long a Traefik takes to read a file, and how many requests come."""
        for traefik in self.traefiks():
            traefik.load_delay_s, traefik.visitors_per_s = load_delay_s, visitors_per_s

    def fork(self) -> SimulatedHost:
        """Return a host that is like this one from now on; nothing may be expected to happen any more."""
        names = ("replicas", "kept", "applied", "made_files", "ready_in_a_row", "images", "gated", "places")
        copied = {name: getattr(self, name).copy() for name in names}
        clock = SimulatedClock(self.clock.time)
        made = SimulatedHost(
            **copied, clock=clock, state=self.state, next_port=self.next_port, has_doors=self.has_doors
        )
        made.alone.written = made.alone.loaded = dict(self.alone.written)
        if self.doors:
            made.doors = self.doors.fork(made)
            for name, traefik in self.doors.traefiks.items():
                made.doors.traefiks[name] = copy = SimulatedTraefik(made, name, like=made.alone)
                copy.written = copy.loaded = dict(traefik.written)
        return made

    def begin_run(self, *faults: Fault) -> None:
        """Count effects from one again, with these faults; those of the run before come no more."""
        self.run += 1
        self.effects, self.blind, self.faults = 0, 0, faults
        self.did, self.interrupted, self.abandoned = [], [], []
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
        for traefik in self.visited():
            traefik.answer_requests(seconds)
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
            self._let_in(name)
        if replica.fingerprint in self.flaws.lives_s:
            self.later(self.flaws.lives_s[replica.fingerprint], lambda: self._end_if_same(replica))

    def _let_in(self, name: str) -> None:
        """Let a Traefik read its files, and have its sockets."""
        if self.doors:
            self.doors.took(name)
        self.traefik_of(name).come_up()

    def traefik_of(self, name: str) -> SimulatedTraefik:
        """Return the Traefik of a replica; one that is not there yet has the files that were written last."""
        if not self.doors:
            return self.alone
        if name not in self.doors.traefiks:
            self.doors.traefiks[name] = SimulatedTraefik(self, name, like=self.alone)
            self.doors.traefiks[name].written = self.alone.written
        return self.doors.traefiks[name]

    def visited(self) -> list[SimulatedTraefik]:
        """Return each Traefik that has visitors."""
        return self.doors.visited() if self.doors else [self.alone]

    def visits(self, name: str) -> int:
        """Return how many connections visitors have to a Traefik."""
        return self.doors.visits(name) if self.doors else 0

    def is_running(self, name: str) -> bool:
        """Tell whether the replica of this name runs."""
        replica = self.replicas.get(name)
        return replica is not None and replica.state == "running"

    def _end_if_same(self, replica: Replica) -> None:
        now = self.replicas.get(replica.name)
        if now and now.started_at == replica.started_at and replica.fingerprint in self.flaws.lives_s:
            self.die(replica.name)

    def forget_replica(self, name: str) -> None:
        """Stop a replica, and remember what that cut."""
        replica = self.replicas.get(name)
        if replica and replica.state == "running":
            self.lost += [name] if self.is_busy(replica) else []
            alone = {DATABASE} if self.doors else {DATABASE, EDGE_SERVICE}
            is_needed = replica.service in alone and name not in self.held
            is_needed &= replica.service != DATABASE or self.is_well(replica)  # a sick one serves nobody
            self.interrupted += [name] if is_needed else []
            self.abandoned += [name] if replica.service in BEHIND and self._is_last(replica) else []
        self.held.discard(name)
        if replica and not self.is_ready(replica):
            self.flaws.idle_ports.add(replica.port)
        self.replicas.pop(name, None)
        self.places.pop(name, None)
        if replica and replica.service == EDGE_SERVICE and self.doors:
            self.doors.forget(name, was_running=replica.state == "running")
        self.ready_in_a_row.pop(name, None)
        self.gated.discard(name)
        self.flaws.forget(name)

    def hold(self, service: Service) -> None:
        """Let the running replica of a service take no changes, for as long as it is said to."""
        for replica in self.replicas.values():
            if replica.fingerprint == service.fingerprint and replica.state == "running":
                self.held.add(replica.name)
                self.later(service.wait_s, functools.partial(self.held.discard, replica.name))

    def _is_last(self, replica: Replica) -> bool:
        """Tell whether this one does the work of its service alone, and nothing happened to another one."""
        others = [r for r in self.replicas.values() if r.service == replica.service and r is not replica]
        is_excused = any(r.name in self.flaws.harmed for r in (replica, *others))
        is_needed = self.state.release is not None and self.is_well(replica)
        return is_needed and not is_excused and not any(map(self.is_well, others))

    def is_well(self, replica: Replica) -> bool:
        """Tell whether a replica runs and passes its health check."""
        flaws = self.flaws
        is_sound = replica.fingerprint not in flaws.broken and replica.name not in flaws.unready
        return is_sound and replica.state == "running" and self.clock.time >= replica.started_at + flaws.ready_after_s

    def die(self, name: str) -> None:
        """Let a replica's process end and stay ended."""
        self.replicas[name] = dataclasses.replace(self.replicas[name], state="failed")
        self.held.discard(name)
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
                self._let_in(name)

    def is_busy(self, replica: Replica) -> bool:
        """Tell whether a replica has requests that it has not answered."""
        began = max(traefik.last_asked(replica.port) for traefik in self.traefiks())
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
        return self.is_well(replica) and self.is_up(DATABASE) and self._reaches_database(replica)

    def _reaches_database(self, replica: Replica) -> bool:
        """Tell whether a replica shares a network with the database that runs."""
        own = self.places.get(replica.name)
        if not own:
            return True
        return any(
            own & self.places.get(other.name, own)
            for other in self.replicas.values()
            if other.service == DATABASE and other.state == "running"
        )

    def fetch(self, url: str, *, host: str = "", timeout_s: float = 2.0) -> Response:
        """Response for a replica or for Traefik."""
        del host, timeout_s
        parts = urlsplit(url)
        if parts.path.startswith(("/api/", "/metrics")):
            asked = self.doors.at_port(parts.port or 0) if self.doors else self.alone
            return asked.answer(parts.path) if asked else Response(0, b"connection refused")
        replica = self.replica_at(url)
        if replica is None:
            return Response(0, b"connection refused")
        is_ready = self.is_ready(replica)
        self.ready_in_a_row[replica.name] = in_a_row = self.ready_in_a_row.get(replica.name, 0) + 1 if is_ready else 0
        if in_a_row >= NEEDED_IN_A_ROW:
            self.gated.add(replica.name)
        body = {"status": "ready", "in_flight": int(self.is_busy(replica))}
        return Response(200 if is_ready else 503, json.dumps(body).encode())
