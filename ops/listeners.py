"""Which process of this machine listens on which port, and is it one of ours?"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import psutil

from ops.engine.runtime import Listener
from ops.observations import ServiceState


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
    for connection in every:
        if connection.status == psutil.CONN_LISTEN:
            yield connection, connection.pid or 0


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
