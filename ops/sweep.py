"""Which ports does a stranger find open?

For the local target, from this machine's own addresses that are not loopback; for a droplet, at its address.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from ops.engine.runtime import Listener
from ops.listeners import outside_addresses
from ops.observations import Port, ServiceState, Site
from ops.probes import connect

# What is often left open: Docker's API, databases, Flower, caches, development servers, dashboards, message brokers.
SUSPECTS = (2375, 2376, 3306, 5432, 5555, 6379, 8000, 8080, 8081, 9000, 15672)
THREADS = 64
PORTS_MOST = 64
LOCAL_PORTS_MOST = 32


def sweep(site: Site, listening: Iterable[Listener], services: Iterable[ServiceState]) -> tuple[Port, ...]:
    """Try TCP connections to every port that somebody listens on, all at once; `sweep_known` has tried the others."""
    return _try(_of_this_machine(listening) if site.loopback_only else _of_droplet(site, listening, services))


def sweep_known(site: Site) -> tuple[Port, ...]:
    """Try those ports of a droplet that are looked at whatever listens there: its own, and the usual suspects.

    What a firewall drops takes a second to find out, so this begins before anybody knows what listens.
    """
    return () if site.loopback_only else _try([(_host(site), port) for port in sorted(_known(site))])


def _try(pairs: list[tuple[str, int]]) -> tuple[Port, ...]:
    if not pairs:
        return ()
    with ThreadPoolExecutor(min(THREADS, len(pairs))) as pool:
        return tuple(pool.map(lambda pair: connect(*pair), pairs))


def _of_this_machine(listening: Iterable[Listener]) -> list[tuple[str, int]]:
    ours = sorted({one.port for one in listening if one.owner})[:LOCAL_PORTS_MOST]
    return [(address, port) for address in outside_addresses() for port in ours]


def _of_droplet(site: Site, listening: Iterable[Listener], services: Iterable[ServiceState]) -> list[tuple[str, int]]:
    outward = {one.port for one in listening if one.protocol == "tcp" and not _is_loopback(one.address)}
    others = outward | {one.port for one in services if one.port}
    return [(_host(site), port) for port in sorted(others - _known(site))[:PORTS_MOST]]


def _known(site: Site) -> set[int]:
    return {site.ssh_port, site.http_port, site.https_port, *SUSPECTS}


def _host(site: Site) -> str:
    return site.address or site.domain


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address.partition("%")[0]).is_loopback
    except ValueError:  # a name, or `*`
        return False
