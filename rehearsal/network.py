"""Where do the machines of a rehearsal stand, and which address does each get?"""

from __future__ import annotations

import ipaddress
import itertools
import json
import secrets
import threading
from dataclasses import dataclass, field

from ops.errors import HostError, PreflightError
from rehearsal.docker import Owner, docker
from rehearsal.droplet.image import droplet_image

_ATTEMPTS = 5
_DOCKERS_OWN = "172.16.0.0/12"  # where an engine takes its networks from, unless it was told otherwise
# A DNS query for the root, and three seconds for any answer.
_QUESTION = """
import socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
    asking.settimeout(3)
    asking.sendto(b"\\0\\1\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\0\\0\\1\\0\\1", (sys.argv[1], int(sys.argv[2])))
    asking.recv(512)
"""
_FIRST = 10  # the first addresses are the gateway's and the servers'


@dataclass(kw_only=True)
class Network:
    """A network of Docker's: `gateway` is this machine in it, `resolver` the name servers that containers may ask.

    With `subnet_v6` each machine has an IPv6 address too, with the same number within its subnet.
    """

    name: str
    subnet: ipaddress.IPv4Network
    gateway: str
    resolver: str
    subnet_v6: ipaddress.IPv6Network | None = None
    taken: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> str:
        """Return an address that nobody has, and note it."""
        with self._lock:
            used = {*self.taken, *self._in_use()}
            hosts = itertools.islice(self.subnet.hosts(), _FIRST, None)
            free = next(address for address in map(str, hosts) if address not in used)
            self.taken.add(free)
        return free

    def address_v6(self, address: str) -> str:
        """Return the IPv6 address of whoever has this one; empty without IPv6."""
        number = int(ipaddress.IPv4Address(address)) - int(self.subnet.network_address)
        return str(self.subnet_v6[number]) if self.subnet_v6 else ""

    def place(self, address: str) -> tuple[str, ...]:
        """Return the switches that give a container this address, for `docker create` and `docker network connect`."""
        v6 = self.address_v6(address)
        return ("--ip", address, *(("--ip6", v6) if v6 else ()))

    def release(self, address: str) -> None:
        """Give an address back."""
        self.taken.discard(address)

    def remove(self) -> None:
        """Remove the network; its machines have to be gone."""
        docker("network", "rm", self.name)

    def _in_use(self) -> set[str]:
        seen = json.loads(docker("network", "inspect", self.name))[0]["Containers"] or {}
        return {row["IPv4Address"].partition("/")[0] for row in seen.values()}


def create_network(name: str, *, owner: Owner, ipv6: bool = False) -> Network:
    """Create a network with a subnet of its own: only then can machines keep their addresses; raises HostError."""
    for attempt in range(_ATTEMPTS):
        subnets = ["--subnet", str(_free_subnet(name, owner=owner))]
        if ipv6:
            prefix = ":".join(("fd" + secrets.token_hex(1), secrets.token_hex(2), secrets.token_hex(2)))
            subnets += ["--ipv6", "--subnet", f"{prefix}::/64"]
        try:
            docker("network", "create", *owner.label, *subnets, name)
        except HostError:
            if attempt == _ATTEMPTS - 1:
                raise
        else:
            return open_network(name)
    raise AssertionError  # the loop returns or raises


def open_network(name: str) -> Network:
    """Return a network that is there."""
    plans = {
        ipaddress.ip_network(plan["Subnet"]): plan.get("Gateway", "").partition("/")[0]
        for plan in json.loads(docker("network", "inspect", name))[0]["IPAM"]["Config"]
    }
    subnet = next(one for one in plans if isinstance(one, ipaddress.IPv4Network))
    subnet_v6 = next((one for one in plans if isinstance(one, ipaddress.IPv6Network)), None)
    gateway = plans[subnet] or str(next(subnet.hosts()))
    return Network(name=name, subnet=subnet, gateway=gateway, resolver=_resolver(), subnet_v6=subnet_v6)


def _free_subnet(name: str, *, owner: Owner) -> ipaddress.IPv4Network:
    """Ask the engine for a subnet that is free: it knows its own and the machine's routes."""
    docker("network", "create", *owner.label, name)
    try:
        return ipaddress.IPv4Network(json.loads(docker("network", "inspect", name))[0]["IPAM"]["Config"][0]["Subnet"])
    finally:
        docker("network", "rm", name)


def _resolver() -> str:
    """Return the resolv.conf that the engine gives a container of its default network.

    One of a named network holds Docker's own resolver, which the engine in a droplet cannot pass on to its containers.
    """
    return docker("run", "--rm", "--entrypoint", "cat", droplet_image(), "/etc/resolv.conf") + "\n"


def check_way_back(network: Network, *, dns_server: str) -> None:
    """Stop here unless a container of the network gets an answer from a name server on this machine.

    Raises PreflightError: a firewall here would otherwise look like an ACME server that validates nothing.
    """
    host, _, port = dns_server.rpartition(":")
    words = ("--rm", "--network", network.name, "--entrypoint", "python3", droplet_image(), "-c", _QUESTION)
    try:
        docker("run", *words, host, port, timeout_s=60)
    except HostError as error:
        raise PreflightError(
            "containers cannot reach this machine",
            why=f"a packet from {network.subnet} to {dns_server} got no answer: a firewall here, ufw or another",
            fix=f"sudo ufw allow from {_DOCKERS_OWN}",
        ) from error
