"""How do tests order a droplet from the fake cloud, and look at it from outside?"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from rehearsal.cloud import Rule
from rehearsal.droplet.machine import Machine
from rehearsal.world import World

WAIT_S = 30.0
CLOSED_S = 1.0
EVERYBODY = ("0.0.0.0/0", "::/0")
WEB = Rule(protocol="tcp", first=80, last=80, sources=EVERYBODY)


@dataclass(frozen=True, kw_only=True)
class Ordered:
    """A droplet as the cloud's customer sees it, and the machine behind it."""

    api: httpx.Client
    number: int
    machine: Machine

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ask the cloud's API and return its answer."""
        answer = self.api.request(method, path, json=body)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found

    def act(self, kind: str) -> None:
        """Let the cloud do something to the droplet, and wait until it is done."""
        action = self.ask("POST", f"/v2/droplets/{self.number}/actions", {"type": kind})["action"]
        wait_for(lambda: self.ask("GET", f"/v2/actions/{action['id']}")["action"]["status"] == "completed", kind)


@contextlib.contextmanager
def order(world: World, name: str, *, ssh_from: str, user_data: str = "") -> Iterator[Ordered]:
    """Order a droplet and a firewall for its tag: SSH from one network, port 80 for all, nothing else."""
    token = world.environment["DIGITALOCEAN_TOKEN"]
    base = world.environment["DIGITALOCEAN_API_URL"]
    key = world.ssh_key.with_suffix(".pub").read_text(encoding="utf-8").strip()
    with httpx.Client(base_url=base, headers={"Authorization": f"Bearer {token}"}, timeout=WAIT_S) as api:
        number, made_here = _key(api, name, key)
        body = {"name": name, "region": "fra1", "size": "s-1vcpu-1gb", "image": "debian-13-x64", "tags": [name]}
        made = api.post("/v2/droplets", json={**body, "ssh_keys": [number], "user_data": user_data}).json()["droplet"]
        inbound = [_rule("22", (ssh_from,)), _rule("80", EVERYBODY)]
        firewall = api.post("/v2/firewalls", json={"name": name, "tags": [name], "inbound_rules": inbound}).json()
        path = f"/v2/droplets/{made['id']}"
        wait_for(lambda: api.get(path).json()["droplet"]["status"] == "active", "the droplet")
        yield Ordered(api=api, number=made["id"], machine=world.droplet(name))
        for gone in (path, f"/v2/firewalls/{firewall['firewall']['id']}", *made_here):
            api.delete(gone)


def wait_for(is_so: Callable[[], bool], what: str) -> None:
    """Wait until something is so; fails after half a minute."""
    deadline = time.monotonic() + WAIT_S
    while not is_so():
        assert time.monotonic() < deadline, f"waited {WAIT_S:.0f} s for {what}"
        time.sleep(0.1)


def answers(machine: Machine, port: int, *, address: str = "") -> bool:
    """Tell whether a connection from this machine is accepted; a dropped packet counts as no after a second."""
    try:
        socket.create_connection((address or machine.address, port), timeout=CLOSED_S).close()
    except OSError:
        return False
    return True


def ssh(world: World, machine: Machine, user: str, *words: str) -> str:
    """Log in with the world's key, run a command and return what it printed."""
    known = ("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR")
    options = ("-o", "BatchMode=yes", "-o", "ConnectTimeout=5", *known, "-i", str(world.ssh_key))
    command = ("ssh", *options, f"{user}@{machine.address}", *words)
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=WAIT_S).stdout.strip()


def _rule(ports: str, sources: tuple[str, ...]) -> dict[str, Any]:
    return {"protocol": "tcp", "ports": ports, "sources": {"addresses": list(sources)}}


def _key(api: httpx.Client, name: str, public_key: str) -> tuple[int, tuple[str, ...]]:
    """Return the number of this key in the account, and what has to go again: a deploy may have put the key there."""
    known = api.get("/v2/account/keys").json()["ssh_keys"]
    same = [int(one["id"]) for one in known if one["public_key"].split()[1] == public_key.split()[1]]
    if same:
        return same[0], ()
    made = api.post("/v2/account/keys", json={"name": name, "public_key": public_key}).json()["ssh_key"]["id"]
    return int(made), (f"/v2/account/keys/{made}",)
