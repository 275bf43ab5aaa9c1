"""What does the engine promise, at every moment and after a run? Checked on a simulated host."""

from __future__ import annotations

from pathlib import Path

from ops.engine import service_roles
from ops.engine.host.lock import lock_holder
from ops.engine.model import Release, Replica, Service
from ops.engine.service_roles import EDGE_SERVICE
from tests.simulation.host import DATABASE
from tests.simulation.traefik import Served
from tests.simulation.world import World

LOCK_EVERY = 16  # effects
SOCKETS = 2  # of each address


class BrokenPromiseError(BaseException):
    """A promise was broken in the middle of a run; no handler of the engine may swallow this."""


def promise(holds: object, text: str) -> None:
    """Raise when something does not hold that always has to."""
    if not holds:
        raise BrokenPromiseError(text)


class Promises:
    """What has to hold on a host; `tried` are the releases since the last run that ended in order."""

    def __init__(self, made: World) -> None:
        self.made = made
        self.host = made.host
        self.tried: list[Release] = []
        self.left: list[Release] = []  # those that an earlier run may not have been able to take away
        self.replacing: tuple[Release, Release] | None = None  # while a run goes from one to a later one
        self._empty: set[str] = set()  # services of which none runs, because something happened to all of them

    def at_every_moment(self) -> None:
        """Check what holds whatever happens, and whenever."""
        host = self.host
        promise(not host.lost, f"a request to {host.lost} was cut")
        promise(not host.abandoned, f"{host.abandoned} was stopped, and no other one did its work")
        databases = [r.name for r in host.replicas.values() if r.service == DATABASE and r.state == "running"]
        promise(len(databases) <= 1, f"{databases} run on one volume")
        live = host.kept.get(host.state.release or "")
        self._edge_serves(live)
        for traefik in host.visited():
            serving = traefik.serving()
            if self.replacing:
                self._is_known_to_every_worker(serving, *self.replacing)
            if live is None or not serving or not host.is_up(DATABASE):
                continue  # nothing is live yet, or what everything needs is being replaced or was killed
            for service in live.services:
                if service.route and all(_routed(release, service.name) for release in self.tried):
                    self._serves(service, serving.get(service.name, Served((), ())))

    def _edge_serves(self, live: Release | None) -> None:
        """Check that no run ever takes away the Traefik that has visitors, and that the one they get has its routes."""
        doors = self.host.doors
        if doors is None:
            return
        if live is None:
            doors.cut.clear()  # nothing is live that visitors would come to
        edges = [r for r in self.host.replicas.values() if r.service == EDGE_SERVICE and r.state == "running"]
        promise(len(edges) <= SOCKETS, f"there are sockets for two, and {len(edges)} run")
        promise(not doors.cut, f"{doors.cut} were stopped while they had visitors")
        name = doors.serving()
        if name and self.host.is_running(name):
            promise(doors.traefiks[name].loaded, f"{name} gets visitors and has no routes")

    def _is_known_to_every_worker(self, serving: dict[str, Served], older: Release, newer: Release) -> None:
        """Check that no worker takes tasks that does not know those of a web process which serves."""
        host = self.host
        old, new = ({s.fingerprint for s in one.services} for one in (older, newer))
        workers = [r.name for r in host.replicas.values() if r.service == "worker" and r.fingerprint in old - new]
        served = [r for one in serving.values() for port in one.ports if (r := host.replica_at_port(port))]
        fresh = [r.name for r in served if r.fingerprint in new - old]
        promise(not workers or not fresh, f"{workers} take tasks while {fresh} serve")

    def _serves(self, service: Service, served: Served) -> None:
        host, name = self.host, service.name
        if not served.ports:
            usable = [r.name for r in host.replicas.values() if r.service == name and self._is_usable(r)]
            promise(name in self._empty or not usable, f"{name} has no server in the routes, and {usable} run")
            self._empty.add(name)
            return
        (self._empty.discard if any(map(host.replica_at_port, served.ports)) else self._empty.add)(name)
        for port in served.ports:
            self._is_sound(name, port)
        answering = [r for port in served.ports if (r := host.replica_at_port(port)) and host.is_answering(r)]
        if len(answering) < len(served.ports):
            self._is_answered_by_the_old(service, served)

    def _is_usable(self, replica: Replica) -> bool:
        return (
            replica.state == "running"
            and replica.name in self.host.gated
            and replica.port not in self.host.flaws.harmed_ports
        )

    def _is_sound(self, name: str, port: int) -> None:
        if port in self.host.flaws.harmed_ports or port in self.host.flaws.idle_ports:
            return
        replica = self.host.replica_at_port(port)
        promise(replica, f"{name}: nothing listens at port {port}, which is in the routes")
        promise(replica and replica.name in self.host.gated, f"{replica and replica.name} was never gated")

    def _is_answered_by_the_old(self, service: Service, served: Served) -> None:
        """Check that the old release answers what the new one fails, unless nobody watches or it is bad too."""
        host = self.host
        bad = set(served.ports) - {r.port for r in host.replicas.values() if r.fingerprint == service.fingerprint}
        bad -= {*host.flaws.harmed_ports, *host.flaws.idle_ports}
        flawed = service.fingerprint in {*host.flaws.failing, *host.flaws.broken}
        is_watched = bool(self.tried) and all(release.watch_s > 0 for release in self.tried)
        if not bad or flawed or not is_watched:
            return
        old = [host.replica_at_port(port) for port in served.fallback]
        is_answered = any(replica and host.is_answering(replica) for replica in old)
        is_harmed = service.name in host.flaws.harmed_ports.values()
        promise(is_answered or is_harmed, f"what the new {service.name} fails is answered by nobody")

    def during(self, run: str, *, root: Path) -> None:
        """Check what holds while a run is at work."""
        self.at_every_moment()
        if self.host.effects % LOCK_EVERY == 1:
            holder = lock_holder(root)
            promise(holder and holder.run == run, "a second run could start")

    def settled(self, wanted: Release, *, is_pruned: bool) -> None:
        """Check that all of this host is of one release, and nothing of another."""
        host, state, names = self.host, self.host.state, service_roles.wanted_names(wanted)
        live = host.kept.get(state.release or "")
        promise(live, f"{state.release} is live and not kept")
        promise(set(host.replicas) == names, f"{sorted(host.replicas)} are there, not {sorted(names)}")
        dead = {name for name, replica in host.replicas.items() if replica.state != "running"}
        promise(dead <= host.flaws.harmed, f"{dead} do not run")
        stated = {name for some in state.replicas.values() for name in some}
        promise(stated == names, f"the state names {sorted(stated)}, not {sorted(names)}")
        self._routes_are_of(wanted)
        self._keeps_what_it_needs(is_pruned=is_pruned)
        for job in service_roles.jobs(wanted):
            made = host.made_files.get(job.name)
            promise(job.touches != "files" or made == job.fingerprint, f"the files of {job.name} are of another one")
        if is_pruned:
            self.tried, self.left = [], []

    def _routes_are_of(self, wanted: Release) -> None:
        traefik, host = self.host.traefik, self.host
        reviewed = {name: text for name, text in traefik.written.items() if name in wanted.edge.dynamic_files}
        promise(reviewed == wanted.edge.dynamic_files, "the reviewed files are of another release")
        routes = traefik.wanted()
        promise(set(routes) == {s.name for s in wanted.services if s.route}, f"the routes are of {sorted(routes)}")
        for service in wanted.services:
            ports = (
                {host.replicas[name].port for name in service_roles.replica_names(service)} if service.route else set()
            )
            if service.route and not ports & set(host.flaws.harmed_ports):
                promise(routes[service.name] == (tuple(sorted(ports)), ()), f"{service.name} has {routes}, not {ports}")
        is_read = not host.is_up(EDGE_SERVICE) or traefik.serving() == routes
        promise(is_read, "Traefik serves other routes than those that were written")

    def _keeps_what_it_needs(self, *, is_pruned: bool) -> None:
        host, state = self.host, self.host.state
        needed = {state.release, *state.past}
        promise(needed <= set(host.kept), f"{needed} are live or past, and only {set(host.kept)} are kept")
        promise(len(set(state.past)) == len(state.past), f"{state.past} names a release twice")
        promise(state.release not in state.past, "the live release can be gone back to")
        images = set(service_roles.images(host.kept[one] for one in needed if one))
        promise(images <= host.images, f"{images - host.images} are needed to go back")
        tried = [] if is_pruned else [*self.tried, *self.left]
        known = needed | {release.id for release in tried}
        promise(set(host.kept) <= known, f"{set(host.kept) - known} are kept for nothing")
        images |= set(service_roles.images(tried))
        promise(host.images <= images, f"{host.images - images} are kept for nothing")


def _routed(release: Release, name: str) -> bool:
    return any(service.name == name and service.route for service in release.services)
