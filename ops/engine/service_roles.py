"""The part that each service of a release plays, and the replicas it should have."""

from __future__ import annotations

from collections.abc import Iterable

from ops.engine.model import Image, Release, Replica, Service

EDGE_SERVICE = "traefik"
Replicas = tuple[Replica, ...]


def replica_names(service: Service) -> tuple[str, ...]:
    """Name the replicas a service should have: `<service>-<fingerprint>-<index>`."""
    return service.replica_names


def wanted_names(release: Release) -> set[str]:
    """Name every replica that a release should have."""
    return {name for service in long_running(release) for name in replica_names(service)}


def jobs(release: Release) -> list[Service]:
    """Return what runs once per release, in its order."""
    return sorted((service for service in release.services if service.is_job), key=lambda job: job.job_order)


def long_running(release: Release) -> list[Service]:
    """Return what runs all the time."""
    return [service for service in release.services if not service.is_job]


def data_services(release: Release) -> list[Service]:
    """Return the services that others come after and that allow one instance only, first needed first."""
    needed = {name for service in release.services for name in service.after}
    data = [s for s in long_running(release) if s.rollout == "replace" and s.name in needed and s.name != EDGE_SERVICE]
    return _in_order(data)


def rolling_services(release: Release) -> list[Service]:
    """Return the services whose new replicas run beside the old ones."""
    return [s for s in long_running(release) if s.rollout == "rolling" and s.name != EDGE_SERVICE]


def background_services(release: Release) -> list[Service]:
    """Return the services that nobody waits for, and that are replaced before visitors are sent elsewhere."""
    special = {EDGE_SERVICE, *(s.name for s in data_services(release)), *(s.name for s in rolling_services(release))}
    return _in_order([service for service in long_running(release) if service.name not in special])


def edge_services(release: Release) -> list[Service]:
    """Return Traefik, or nothing when a release has no edge."""
    return [service for service in long_running(release) if service.name == EDGE_SERVICE]


def takes_over(before: Service | None, after: Service) -> bool:
    """Tell whether a new Traefik can serve before the old one goes.

    Of processes both must have doors that outlive them; in containers a new one can go before a port that is published.
    """
    return after.name == EDGE_SERVICE and bool(before and after.sockets and (before.sockets or before.container))


def images(releases: Iterable[Release | None]) -> dict[str, Image]:
    """Return every image of these releases by its id."""
    return {s.image.id: s.image for release in releases if release for s in release.services}


def is_present(replica: Replica) -> bool:
    """Tell whether a replica runs or is about to."""
    return replica.state in {"starting", "running"}


def present(fleet: Iterable[Replica], names: Iterable[str]) -> list[Replica]:
    """Return those of the named replicas that run."""
    wanted = set(names)
    return [replica for replica in fleet if replica.name in wanted and is_present(replica)]


def obsolete(fleet: Iterable[Replica], release: Release) -> list[Replica]:
    """Return the replicas that a release does not ask for."""
    wanted = wanted_names(release)
    return [replica for replica in fleet if replica.name not in wanted]


def stopping_order(replicas: Replicas, releases: tuple[Release, ...]) -> list[list[Replica]]:
    """Group replicas in the order in which they stop: the edge, what it serves, what works behind, the data."""
    data = {service.name for release in releases for service in data_services(release)}
    routed = {service.name for release in releases for service in release.services if service.route}
    groups: list[list[Replica]] = [[], [], [], []]
    for replica in replicas:
        edge = replica.service == EDGE_SERVICE
        place = 0 if edge else 3 if replica.service in data else 1 if replica.service in routed else 2
        groups[place].append(replica)
    return [group for group in groups if group]


def is_same(one: Release, other: Release) -> bool:
    """Tell whether two releases are the same but for their ids and the commits they are from."""
    kinds = [(wanted_names(release), {job.fingerprint for job in jobs(release)}) for release in (one, other)]
    return kinds[0] == kinds[1] and one.edge.dynamic_files == other.edge.dynamic_files


def find_service(replica: Replica, releases: Iterable[Release | None]) -> Service | None:
    """Return the service that a replica was started from, None when no release knows it."""
    for release in releases:
        for service in release.services if release else ():
            if service.name == replica.service and service.fingerprint == replica.fingerprint:
                return service
    return None


def _in_order(services: list[Service]) -> list[Service]:
    """Put every service behind those it comes after; the order of the release decides otherwise."""
    names = {service.name for service in services}
    ordered: list[Service] = []
    waiting = list(services)
    while waiting:
        done = {service.name for service in ordered}
        ready = [s for s in waiting if not (set(s.after) & names) - done] or waiting[:1]
        ordered.append(ready[0])
        waiting.remove(ready[0])
    return ordered
