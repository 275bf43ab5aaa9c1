"""The doors at which visitors arrive, between two Traefiks in containers; see `ops.engine.runtime.Doors`.

A packet rule of the host is the door: it sends whoever connects to a public port to the address of one Traefik, and a
connection that stands stays where it began. So an exchange is one change of that rule, and touches no connection. Each
Traefik keeps its address over restarts, and the host writes the rule again at each boot, before the Docker Engine.
"""

from __future__ import annotations

import ipaddress
import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ops.engine.compose import door_rules
from ops.engine.compose.containers import Container, Containers, ip_of, name_of
from ops.engine.compose.descriptions import SERVICE, Description
from ops.engine.compose.docker_api import CONFLICT, FORBIDDEN, NOT_FOUND, DockerApi, DockerRefusedError
from ops.engine.compose.folders import Folders
from ops.engine.compose.ports import listening, parse, publications
from ops.engine.errors import EngineError
from ops.engine.host.files import (
    CHALLENGES_FILE,
    FAREWELL,
    FAREWELL_FILE,
    challenges_passed_on,
    put_by_rename,
    write_routes,
)
from ops.engine.http import Response, fetch_over_tls, shows_certificate
from ops.engine.model import Service
from ops.engine.runtime import Listener
from ops.engine.service_roles import EDGE_SERVICE

NETWORK = "slipway_doors"
PROBE = "slipway_doors_probe"
PORTS = "slipway.doors"  # the label: which port of the host leads to which of the container
# A published port opens the Engine's own way to a container; at this address of the host nobody else comes in by it.
NOWHERE = "127.83.76.80"
INTERNAL_PORT = 8081  # of traefik.yml.template
HTTPS = "443/tcp"
READABLE = 0o644
SLOTS = 8  # addresses, after the gateway's; two are taken in turns, and a run that was cut may have left another
LISTENS = "0A"  # in /proc/net/tcp


class ContainerDoors:
    """The public ports of this host, which one Traefik hands over to the next."""

    def __init__(
        self,
        api: DockerApi,
        containers: Containers,
        folders: Folders,
        own_files: Callable[[], dict[str, str]],
    ) -> None:
        self._api = api
        self._containers = containers
        self._folders = folders
        self._own_files = own_files  # of the runtime, in each folder of routes

    def admit(self, described: Description, service: Service, name: str) -> Description:
        """Return a Traefik's Compose file with an address, a folder of routes and certificates of its own.

        The first one gets visitors before it is started: a certificate authority is one of them.
        """
        others = [self._address(one) for one in self._edges() if one != name]
        slots = map(str, itertools.islice(self._network().hosts(), 1, SLOTS + 1))
        address = self._address(name) or next(one for one in slots if one not in others)
        if not others:
            self._refuse_taken(service, name)
            door_rules.turn(service.sockets, address)
        self._folders.furnish(name)
        for file, content in self._own_files().items():  # the network may be new, and so this host's address in it
            put_by_rename(self._folders.routes_of(name) / file, content, mode=READABLE)
        container = described["services"][name]
        ports = (one.partition("/") for one in service.sockets)
        given = [
            {"target": int(port), "protocol": kind, "host_ip": NOWHERE, "mode": "ingress"} for port, _, kind in ports
        ]
        changed = {
            **container,
            "ports": given,
            "networks": {**container["networks"], "doors": {"ipv4_address": address}},
            "volumes": [self._own(volume, name) for volume in container["volumes"]],
            "labels": {**container["labels"], PORTS: json.dumps(service.sockets)},
        }
        networks = {**described["networks"], "doors": {"name": NETWORK, "external": True}}
        return {**described, "services": {name: changed}, "networks": networks}

    def _refuse_taken(self, service: Service, name: str) -> None:
        """Refuse ports that somebody else serves at: a rule would take his visitors from him without a word."""
        wanted = {(one.partition("/")[2], int(port)) for one, port in service.sockets.items()}
        containers = self._api.get("/containers/json")
        for one in (*publications(containers, by=name_of), *parse(listening())):
            if (one.protocol, one.port) in wanted:
                who = one.owner or one.process or "another program"
                raise EngineError(
                    f"{name} could not be started",
                    why=f"port {one.port}/{one.protocol}: address already in use, by {who}",
                    fix=f"end {who} on the host, then invoke deploy",
                    family="host",
                )

    def _own(self, volume: dict[str, Any], name: str) -> dict[str, Any]:
        source = Path(str(volume.get("source", "")))
        return {**volume, "source": str(self._folders.of_edge(name).get(source, source))} if source.name else volume

    def _network(self) -> ipaddress.IPv4Network:
        """Return the network of the doors; it is made with the addresses that the Engine would have given it.

        Only in a network whose addresses were stated may a container have one that stays.
        """
        if self._inspect(NETWORK) is None:
            self._remove(PROBE)
            self._create({"Name": PROBE})
            config = _ipv4(self._inspect(PROBE))
            self._remove(PROBE)
            self._create({"Name": NETWORK, "IPAM": {"Driver": "default", "Config": [config]}})
        return ipaddress.IPv4Network(_ipv4(self._inspect(NETWORK))["Subnet"])

    def _inspect(self, network: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self._api.get(f"/networks/{network}")
        except DockerRefusedError as error:
            if error.status == NOT_FOUND:
                return None
            raise
        return found

    def _create(self, body: dict[str, Any]) -> None:
        self._api.ask("POST", "/networks/create", body={**body, "Driver": "bridge"})

    def _remove(self, network: str) -> None:
        try:
            self._api.ask("DELETE", f"/networks/{network}")
        except DockerRefusedError as error:
            if error.status not in {NOT_FOUND, CONFLICT, FORBIDDEN}:
                raise

    def gateway(self) -> str:
        """Return by which address a Traefik there sees this host; empty while there is no such network."""
        return str(_ipv4(self._inspect(NETWORK)).get("Gateway", ""))

    def _edges(self) -> list[str]:
        return [name_of(row) for row in self._containers.listed(f"{SERVICE}={EDGE_SERVICE}")]

    def _address(self, name: str) -> str:
        """Return the address that one keeps; empty for one that has none, or is not there."""
        return _kept_address(self._containers.inspect(name))

    def serving(self) -> str:
        """Return who gets visitors by the rules of the kernel; who is alone serves in any case."""
        to, edges = door_rules.destination(), {name: self._address(name) for name in self._edges()}
        found = [name for name, address in edges.items() if address == to]  # without a rule: who publishes for itself
        return next(iter(found or edges), "")

    def url(self, name: str) -> str:
        """Return where this one's own API answers; empty for one that shares its doors with nobody."""
        container = self._containers.inspect(name)
        address = ip_of(container) if container and _kept_address(container) else ""
        return f"http://{address}:{INTERNAL_PORT}" if address else ""

    def write_routes(self, name: str, files: dict[str, str]) -> None:
        """Put these files in the folder that this one alone watches, or will watch."""
        self._folders.furnish(name)
        write_routes(self._folders.routes_of(name), self._own_files() | files, mode=READABLE)

    def ask(self, name: str, path: str, *, host: str) -> Response | None:
        """Ask one as visitors will ask it; None where it does not speak TLS."""
        container = self._containers.inspect(name)
        address = _kept_address(container)
        if not address or HTTPS not in _ports(container):
            return None
        return fetch_over_tls((address, int(HTTPS.partition("/")[0])), path, host=host)

    def lead_challenges(self, to: str) -> None:
        """Have the one with visitors pass on challenges that it does not know to this `host:port`; empty: to nobody."""
        place = self._folders.routes_of(self.serving()) / CHALLENGES_FILE
        if to:
            put_by_rename(place, challenges_passed_on(to), mode=READABLE)
        else:
            place.unlink(missing_ok=True)

    def has_certificate(self, name: str, host: str) -> bool:
        """Tell whether this one shows a certificate that names a host."""
        address = self._address(name)
        return bool(address) and shows_certificate((address, int(HTTPS.partition("/")[0])), host)

    def turn_to(self, name: str) -> None:
        """Send whoever connects from now on to this one."""
        container = self._containers.inspect(name)
        address = _kept_address(container)
        if not address:  # a rule without one would send everybody nowhere
            what, fix = "visitors were not sent to the new Traefik", "run the same command again"
            raise EngineError(what, why=f"{name} is gone", fix=fix, family="host")
        door_rules.turn(_ports(container), address)

    def say_farewell(self, name: str) -> None:
        """Let this one ask each of its visitors to connect anew."""
        put_by_rename(self._folders.routes_of(name) / FAREWELL_FILE, FAREWELL, mode=READABLE)

    def waiting(self, name: str) -> int:
        """Return how many have come to this one's doors and were not let in yet."""
        container = self._containers.inspect(name)
        ports = {int(one.partition("/")[0]) for one in _ports(container)}
        return queued(container["State"]["Pid"], ports) if container and container["State"]["Pid"] else 0

    def listeners(self) -> Iterator[Listener]:
        """Yield the ports of the host that lead to a Traefik."""
        return door_rules.listeners(EDGE_SERVICE)

    def close(self) -> None:
        """Send nobody anywhere any more."""
        door_rules.close()
        self._remove(NETWORK)


def _ipv4(network: dict[str, Any] | None) -> dict[str, Any]:
    configs = (network or {}).get("IPAM", {}).get("Config") or ()
    return next((config for config in configs if "." in config.get("Subnet", "")), {})


def _kept_address(container: Container | None) -> str:
    place = ((container or {}).get("NetworkSettings", {}).get("Networks") or {}).get(NETWORK) or {}
    return str((place.get("IPAMConfig") or {}).get("IPv4Address", ""))


def _ports(container: Container | None) -> dict[str, str]:
    found: dict[str, str] = json.loads((container or {}).get("Config", {}).get("Labels", {}).get(PORTS, "{}"))
    return found


def queued(pid: int, ports: set[int]) -> int:
    """Count who waits to be accepted at these ports, in the network of a process."""
    waiting = 0
    for file in ("tcp", "tcp6"):
        try:
            lines = Path(f"/proc/{pid}/net/{file}").read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue  # it has ended
        for fields in map(str.split, lines):
            if fields[3] == LISTENS and int(fields[1].rpartition(":")[2], 16) in ports:
                waiting += int(fields[4].rpartition(":")[2], 16)
    return waiting
