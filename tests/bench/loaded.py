"""How is the load generator run beside a stack, and from where do its requests come?

It is a process of its own, so that nothing else that this program does delays a request, and it goes first on the
cores, which visitors would not share. Each of its source addresses has a rate limit of its own at the edge: the limits
stay as they are, and nothing about the stack is special.
"""

from __future__ import annotations

import ipaddress
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rehearsal.archive import archive
from rehearsal.docker import docker, this_process
from rehearsal.droplet.image import droplet_image
from rehearsal.droplet.machine import Machine
from rehearsal.world import DOMAIN as REHEARSAL_DOMAIN
from tests.bench.generator import READY
from tests.bench.recording import Recording, read_recording
from tests.bench.traffic import Kind, Plan
from tests.stack import DOMAIN, ROOT, Stack

SOURCES = 40  # 300 requests a second are 7.5 for each, and the limit is 10
MODULE = "tests.bench.generator"
FILES = ("tests/bench/generator.py", "tests/bench/client.py", "tests/bench/traffic.py")
HTTPS_PORT = 443
ENDS_WITHIN_S = 60


class Loaded:
    """A generator that runs; `recording` is there once the `with` block is over."""

    def __init__(self) -> None:
        self.recording = Recording(())


def local_plan(stack: Stack, kinds: tuple[Kind, ...]) -> Plan:
    """Plan the load on a stack of this machine."""
    return Plan(
        address="127.0.0.1",
        port=stack.https_port,
        host=DOMAIN,
        authority=stack.ca_file.read_text(encoding="utf-8"),
        kinds=kinds,
        sources=tuple(f"127.0.1.{number}" for number in range(1, SOURCES + 1)),
    )


def droplet_plan(machine: Machine, kinds: tuple[Kind, ...], *, authority: str) -> Plan:
    """Plan the load on a droplet in a container; the addresses are of its network, beyond those that machines get."""
    subnet = machine.network.subnet
    sources = [str(ipaddress.IPv4Address(int(subnet.broadcast_address) - number)) for number in range(1, SOURCES + 1)]
    return Plan(
        address=machine.address,
        port=HTTPS_PORT,
        host=REHEARSAL_DOMAIN,
        authority=authority,
        kinds=kinds,
        sources=tuple(sources),
        network=str(subnet),
    )


@contextmanager
def load_from_here(plan: Plan) -> Iterator[Loaded]:
    """Run the generator as a process of this machine while the block lasts."""
    with _load(plan, (sys.executable, "-m", MODULE)) as loaded:
        yield loaded


@contextmanager
def load_from_container(plan: Plan, machine: Machine) -> Iterator[Loaded]:
    """Run the generator in a container on the droplet's network while the block lasts."""
    owner, name = this_process(), f"{machine.network.name}-load-{secrets.token_hex(3)}"
    bits = machine.network.subnet.prefixlen
    add = "; ".join(f"ip address add {source}/{bits} dev eth0" for source in plan.sources)
    place = ("--name", name, "--network", machine.network.name, *owner.label, "--workdir", "/srv")
    start = ("--interactive", "--cap-add", "NET_ADMIN", "--cap-add", "SYS_NICE", "--entrypoint", "sh", droplet_image())
    docker("create", *place, *start, "-c", f"set -e; {add}; exec python3 -m {MODULE}")
    try:
        docker("cp", "-", f"{name}:/srv", stdin=archive({path: (ROOT / path).read_text("utf-8") for path in FILES}))
        with _load(plan, ("docker", "start", "--attach", "--interactive", name)) as loaded:
            yield loaded
    finally:
        docker("rm", "--force", name)


@contextmanager
def _load(plan: Plan, command: tuple[str, ...]) -> Iterator[Loaded]:
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        start_new_session=True,  # Linux shares the cores among sessions, and visitors are not part of this one
    )
    loaded = Loaded()
    try:
        assert process.stdin
        assert process.stdout
        process.stdin.write(plan.as_json() + "\n")
        process.stdin.flush()
        if process.stdout.readline().strip() != READY:
            raise RuntimeError("the load generator did not start; what it said is above")
        yield loaded
        written, _ = process.communicate(timeout=ENDS_WITHIN_S)  # closes its stdin, which ends the load
        loaded.recording = read_recording(written.splitlines())
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
