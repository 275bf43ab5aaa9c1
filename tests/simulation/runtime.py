"""How does the engine behave when anything fails at any moment? A runtime and a store on a host in memory."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator

from ops.engine.errors import EngineError
from ops.engine.host.state import State, Store
from ops.engine.http import Response
from ops.engine.model import Edge, Image, Release, Replica, Service
from ops.engine.rollout.routes import SERVERS_FILE
from ops.engine.runtime import Line, LogQuery, Say
from ops.engine.service_roles import find_service
from tests.simulation.doors import SimulatedDoors
from tests.simulation.host import DATABASE, SimulatedHost

NETWORK = "data"  # between the database and those who need it


def _write_all(host: SimulatedHost, files: dict[str, str]) -> None:
    for traefik in host.traefiks():
        traefik.write(files)
    if host.doors:
        host.doors.farewells.clear()  # the reviewed file of that name is back


class SimulatedRuntime:
    """The runtime of a simulated host."""

    def __init__(self, host: SimulatedHost) -> None:
        self._host = host
        self.doors = RuntimeDoors(host, host.doors) if host.doors else None

    def prepare(self) -> None:
        """Have nothing to prepare."""

    def observe(self) -> tuple[Replica, ...]:
        """Return every replica."""
        if self._host.blind:
            self._host.blind -= 1
            raise EngineError("the replicas cannot be seen", why="the simulation asked for it", fix="deploy again")
        return tuple(self._host.replicas.values())

    def has_image(self, image: Image) -> bool:
        """Tell whether the image was built."""
        return image.id in self._host.images

    def build(self, image: Image, release: Release, say: Say) -> None:
        """Have the image from now on."""
        say(f"{image.id} of {release.id}")
        self._host.effect(f"build {image.id}", lambda: self._host.images.add(image.id))

    def start(self, service: Service, name: str) -> Replica:
        """Run a replica, unless it runs; its image has to be there, and a release that describes it."""
        host = self._host
        if service.image.id not in host.images:
            raise AssertionError(f"{service.image.id} was not built")
        if not find_service(host.describe(service, name), host.kept.values()):
            raise AssertionError(f"no kept release describes {name}")
        if name not in host.replicas or host.replicas[name].state != "running":
            host.effect(f"start {name}", lambda: self._run(service, name))
        return host.replicas[name]

    def _run(self, service: Service, name: str) -> None:
        self._host.run_replica(service, name)
        if NETWORK in (service.container.get("networks") or ()):
            mark = service.places[0].partition(":")[2] if service.places else self._mark_of(service)
            self._host.places[name] = frozenset({mark})

    def _mark_of(self, service: Service) -> str:
        """Return the mark of the network in the release that describes a service: of several the live one."""
        kept = sorted(self._host.kept.values(), key=lambda one: one.id != self._host.state.release)
        known = next(one for one in kept if any(own.fingerprint == service.fingerprint for own in one.services))
        return _mark(known)

    def join(self, release: Release) -> bool:
        """Put the database into the network of a release too."""
        missing = {name: own for name, own in self._of_database(release) if _mark(release) not in own}
        for name, own in missing.items():
            self._host.effect("join", functools.partial(self._place, name, own | {_mark(release)}))
        return bool(missing)

    def leave(self, release: Release) -> bool:
        """Take the database out of every other network."""
        more = [name for name, own in self._of_database(release) if len(own) > 1]
        for name in more:
            self._host.effect("leave", functools.partial(self._place, name, frozenset({_mark(release)})))
        return bool(more)

    def _place(self, name: str, marks: frozenset[str]) -> None:
        self._host.places[name] = marks

    def _of_database(self, release: Release) -> list[tuple[str, frozenset[str]]]:
        names = {name for one in release.services if one.name == DATABASE for name in one.replica_names}
        return [(name, own) for name, own in self._host.places.items() if name in names]

    def stop(self, name: str, *, signal: str, grace_s: float) -> None:
        """Forget a replica."""
        del signal, grace_s
        self._host.effect(f"stop {name}", lambda: self._host.forget_replica(name))

    def run_once(self, service: Service, command: tuple[str, ...], *, timeout_s: float) -> tuple[int, str]:
        """Run a job, its check, or a dump; a broken one fails."""
        del timeout_s
        if service.check and command[: len(service.check)] == service.check:
            return self._check(service)
        if service.fits and command == service.fits:
            self._host.effect(f"ask {service.name} whether it fits", lambda: None)
            return 0, json.dumps(
                {"brings": "18", "found": "18 ", "libc": "2.41", "databases": []} | self._host.flaws.fits
            )
        if service.hold and command == service.hold:
            return self._hold(service)
        if command != service.command:
            self._host.effect(f"dump {service.name}", lambda: None)
            return 0, json.dumps({"file": "dumps/one", "bytes": 1})
        if service.fingerprint in self._host.flaws.broken:
            self._host.effect(f"run {service.name}", lambda: None)
            return 1, "it failed"
        self._host.effect(f"run {service.name}", lambda: self._do(service))
        return 0, "done"

    def _hold(self, service: Service) -> tuple[int, str]:
        host = self._host
        if host.flaws.is_stubborn:
            host.effect(f"hold {service.name}", lambda: None)
            return 0, json.dumps({"held": False, "left": "process 7 (ada, psql) has been in a transaction for 900 s"})
        host.effect(f"hold {service.name}", lambda: host.hold(service))
        return 0, json.dumps({"held": True, "left": ""})

    def _check(self, service: Service) -> tuple[int, str]:
        host, print_ = self._host, service.fingerprint
        self._host.effect(f"check {service.name}", lambda: None)
        problem = {"migration": "0002", "code": "E1", "table": "t", "why": "drops a column"}
        told = {
            "pending": [] if print_ in host.applied else ["0002"],
            "problems": [problem] if print_ in host.flaws.breaking and print_ not in host.applied else [],
            "is_atomic": True,
        }
        return 0, json.dumps(told)

    def _do(self, service: Service) -> None:
        host, print_ = self._host, service.fingerprint
        if service.touches == "files":
            host.made_files[service.name] = print_
        else:
            host.applied[print_] = host.applied.get(print_, 0) + 1

    def is_healthy(self, service: Service, replica: Replica) -> bool:
        """Tell whether a replica is well."""
        del service
        now = self._host.replicas.get(replica.name)
        return now is not None and self._host.is_well(now)

    def address(self, replica: Replica) -> str:
        """Return host and port."""
        return f"127.0.0.1:{replica.port}"

    def server(self, replica: Replica) -> str:
        """Return the same."""
        return self.address(replica)

    def edge_url(self, edge: Edge) -> str:
        """Return what the release says, or where the Traefik with visitors is."""
        return self.doors.url(self.doors.serving()) if self.doors else edge.api_url

    def read_lines(self, query: LogQuery) -> Iterator[Line]:
        """Have no lines."""
        del query
        yield from ()

    def memory_mib(self) -> dict[str, float]:
        """Need no memory."""
        return {}

    def listeners(self) -> None:
        """Listen nowhere."""

    def static_config(self) -> str:
        """Have no file."""
        return ""

    def logs(self, name: str, *, lines: int) -> Iterator[str]:
        """Yield one line."""
        yield f"{name} said so"[: lines * 80]

    def write_routes(self, files: dict[str, str]) -> None:
        """Replace the routes: the reviewed files that differ, then the servers; Traefik sees them a moment later."""
        host, traefik = self._host, self._host.traefik
        servers = {SERVERS_FILE: traefik.written[SERVERS_FILE]} if SERVERS_FILE in traefik.written else {}
        reviewed = {name: content for name, content in files.items() if name != SERVERS_FILE}
        if traefik.written and traefik.written != {**reviewed, **servers}:
            host.effect("write reviewed files", lambda: _write_all(host, {**reviewed, **servers}))
        host.effect("write routes", lambda: _write_all(host, files))

    def prune(self, *, keep_images: set[str]) -> tuple[str, ...]:
        """Forget images."""
        gone = tuple(sorted(self._host.images - keep_images))
        self._host.effect("prune", lambda: self._host.images.intersection_update(keep_images))
        return gone

    def down(self, *, volumes: bool) -> None:
        """Stop everything."""
        del volumes
        self._host.effect("down", self._host.replicas.clear)


def _mark(release: Release) -> str:
    return str((release.project.get("moved") or {}).get(NETWORK, ""))


class RuntimeDoors:
    """The doors of a simulated host, whose changes are effects."""

    def __init__(self, host: SimulatedHost, doors: SimulatedDoors) -> None:
        self._host, self._doors = host, doors

    def serving(self) -> str:
        """Return who gets visitors."""
        return self._doors.serving()

    def url(self, name: str) -> str:
        """Return where it answers the engine."""
        replica = self._host.replicas.get(name)
        return f"http://127.0.0.1:{replica.port}" if replica else ""

    def write_routes(self, name: str, files: dict[str, str]) -> None:
        """Replace the routes of one."""
        self._host.effect(f"write routes of {name}", lambda: self._host.traefik_of(name).write(files))

    def ask(self, name: str, path: str, *, host: str) -> Response | None:
        """Answer as it answers a visitor."""
        del path, host
        return self._doors.answer(name)

    def lead_challenges(self, to: str) -> None:
        """Note who is asked for challenges too."""
        self._host.effect(f"pass challenges on to {to or 'nobody'}", lambda: None)

    def has_certificate(self, name: str, host: str) -> bool:
        """Tell whether this one shows a certificate that names a host."""
        return bool(name and host)

    def turn_to(self, name: str) -> None:
        """Send visitors to this one."""
        self._host.effect(f"turn to {name}", lambda: self._doors.turn(name))

    def say_farewell(self, name: str) -> None:
        """Let its visitors go."""
        self._host.effect(f"farewell of {name}", lambda: self._doors.say_farewell(name))

    def waiting(self, name: str) -> int:
        """Have no queue."""
        del name
        return 0


class SimulatedStore(Store):
    """A store in memory whose writes are effects."""

    def __init__(self, host: SimulatedHost) -> None:
        self._host = host

    def read(self) -> State:
        """Return the state."""
        return self._host.state

    def write(self, state: State) -> None:
        """Replace the state."""
        self._host.effect(f"state {state.release}", lambda: setattr(self._host, "state", state))

    def save_release(self, release: Release) -> None:
        """Keep a release."""
        self._host.effect(f"keep {release.id}", lambda: self._host.kept.update({release.id: release}))

    def load_release(self, release_id: str | None) -> Release | None:
        """Return a kept release."""
        return self._host.kept.get(release_id or "")

    def kept_releases(self) -> tuple[Release, ...]:
        """Return all kept releases."""
        return tuple(self._host.kept.values())

    def forget_releases(self, *, keep: set[str]) -> None:
        """Forget other releases."""
        for gone in sorted(set(self._host.kept) - keep):
            self._host.effect(f"forget {gone}", functools.partial(self._forget, gone))

    def _forget(self, release_id: str) -> None:
        del self._host.kept[release_id]
