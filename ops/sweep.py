"""Which ports does a stranger find open?

For the local target, from this machine's own addresses that are not loopback; for a droplet, at its address.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from ops.listeners import outside_addresses
from ops.observations import Listener, Port, ServiceState, Site
from ops.probes import connect

# What is often left open: Docker's API, databases, Flower, caches, development servers, dashboards, message brokers.
SUSPECTS = (2375, 2376, 3306, 5432, 5555, 6379, 8000, 8080, 8081, 9000, 15672)
THREADS = 64
PORTS_MOST = 64
LOCAL_PORTS_MOST = 32


def sweep(site: Site, listening: Iterable[Listener], services: Iterable[ServiceState]) -> tuple[Port, ...]:
    """Try TCP connections to every port that should be open and every one that must not be, all at once."""
    pairs = _of_this_machine(listening) if site.loopback_only else _of_droplet(site, listening, services)
    if not pairs:
        return ()
    with ThreadPoolExecutor(min(THREADS, len(pairs))) as pool:
        return tuple(pool.map(lambda pair: connect(*pair), pairs))


def _of_this_machine(listening: Iterable[Listener]) -> list[tuple[str, int]]:
    ours = sorted({one.port for one in listening if one.owner})[:LOCAL_PORTS_MOST]
    return [(address, port) for address in outside_addresses() for port in ours]


def _of_droplet(site: Site, listening: Iterable[Listener], services: Iterable[ServiceState]) -> list[tuple[str, int]]:
    known = {one.port for one in listening if one.protocol == "tcp"} | {one.port for one in services if one.port}
    first = {site.ssh_port, site.http_port, site.https_port, *SUSPECTS}
    ports = [*sorted(first), *sorted(known - first)][:PORTS_MOST]
    return [(site.address or site.domain, port) for port in ports]
