"""The ports that a stranger finds open.

For the local target, from this machine's own addresses that are not loopback; for a droplet, at its address.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psutil

from ops.engine.runtime import Listener
from ops.verification.http import connect
from ops.verification.observations import Port, ServiceState, Site


def listeners(services: Iterable[ServiceState]) -> tuple[Listener, ...]:
    """Return every listening TCP socket that this user may see, with the service that owns it."""
    owners = _owners(services)
    found = {_listener(connection, pid, owners) for connection, pid in _listening(owners)}
    return tuple(sorted(found, key=lambda seen: (not seen.owner, seen.port, seen.address)))


def outside_addresses(*, most: int = 2) -> tuple[str, ...]:
    """Return this machine's own IPv4 addresses that are not loopback: from there we look as a stranger does."""
    every = (address for addresses in psutil.net_if_addrs().values() for address in addresses)
    ipv4 = (address.address for address in every if address.family == socket.AF_INET)
    return tuple(sorted(address for address in ipv4 if not ipaddress.ip_address(address).is_loopback))[:most]


def _owners(services: Iterable[ServiceState]) -> dict[int, str]:
    """Map the processes of each replica, and their children, to the service."""
    owners: dict[int, str] = {}
    for service in services:
        if not service.pid:
            continue
        owners[service.pid] = service.service
        try:
            children = psutil.Process(service.pid).children(recursive=True)
        except psutil.Error:
            continue  # it ended meanwhile: the health check says so
        owners.update(dict.fromkeys((child.pid for child in children), service.service))
    return owners


def _listening(owners: Mapping[int, str]) -> Iterator[tuple[Any, int]]:
    try:
        every = psutil.net_connections(kind="tcp")
    except psutil.AccessDenied:  # macOS shows an ordinary user only its own processes
        yield from _of_our_processes(owners)
        return
    # Of a socket that several processes have, one is named: what holds the edge's doors may be named, not Traefik.
    owned = {connection.laddr: pid for connection, pid in _of_our_processes(owners)}
    for connection in every:
        if connection.status == psutil.CONN_LISTEN:
            yield connection, owned.get(connection.laddr, connection.pid or 0)


def _of_our_processes(owners: Mapping[int, str]) -> Iterator[tuple[Any, int]]:
    for pid in owners:
        try:
            connections = psutil.Process(pid).net_connections(kind="tcp")
        except psutil.Error:
            continue
        yield from ((connection, pid) for connection in connections if connection.status == psutil.CONN_LISTEN)


def _listener(connection: Any, pid: int, owners: Mapping[int, str]) -> Listener:
    try:
        process = psutil.Process(pid).name() if pid else ""
    except psutil.Error:
        process = ""
    address, port = connection.laddr
    return Listener(address=address, port=port, pid=pid, process=process, owner=owners.get(pid, ""))


# What is often left open: Docker's API, databases, Flower, caches, development servers, dashboards, message brokers.
SUSPECTS = (2375, 2376, 3306, 5432, 5555, 6379, 8000, 8080, 8081, 9000, 15672)
THREADS = 64
PORTS_MOST = 64
LOCAL_PORTS_MOST = 32


def scan_ports(site: Site, listening: Iterable[Listener], services: Iterable[ServiceState]) -> tuple[Port, ...]:
    """Try TCP connections to every port that somebody listens on, at once; `scan_known_ports` has tried the others."""
    return _try(_of_this_machine(listening) if site.loopback_only else _of_droplet(site, listening, services))


def scan_known_ports(site: Site) -> tuple[Port, ...]:
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
