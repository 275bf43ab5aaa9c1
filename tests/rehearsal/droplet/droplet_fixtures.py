"""Which host do tests of the `compose` runtime use? A fresh droplet whose first boot installed Docker."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from rehearsal.docker import Owner, registry_mirror, this_process
from rehearsal.droplet.machine import Machine, start_machine
from rehearsal.network import create_network
from tests.rehearsal.compose.engine_host import EngineHost

PACKAGES = ["docker.io", "docker-cli", "docker-compose", "docker-buildx"]
READY_TIMEOUT_S = 300
BOOT_TIMEOUT_S = 60


@pytest.fixture(scope="session")
def engine_host(engine: None) -> Iterator[EngineHost]:  # noqa: ARG001 - its skip counts
    """Hold one droplet with a Docker Engine for the session."""
    with docker_machine(f"engine-{os.getpid()}", owner=this_process()) as machine:
        yield EngineHost(machine)


@contextmanager
def docker_machine(name: str, *, owner: Owner) -> Iterator[Machine]:
    """Start a droplet with a Docker Engine, and remove it with all that it held."""
    network = create_network(f"slipway-{name}", owner=owner)
    try:
        machine = start_machine(name, network=network, owner=owner, public_keys=(), user_data=_user_data())
        try:
            wait_for_docker(machine)
            yield machine
        finally:
            machine.delete()
    finally:
        network.remove()


def wait_for_docker(machine: Machine) -> None:
    """Wait until the engine on a droplet answers."""
    deadline = time.monotonic() + READY_TIMEOUT_S
    command = "docker info >/dev/null 2>&1 && docker compose version >/dev/null && echo ready || true"
    while machine.run("sh", "-c", command) != "ready":
        if time.monotonic() > deadline:
            raise AssertionError(machine.run("tail", "-20", "/var/log/cloud-init-output.log"))
        time.sleep(0.5)


def _user_data() -> str:
    mirror = registry_mirror(os.environ)
    insecure = [mirror.removeprefix("http://")] if mirror.startswith("http://") else []
    daemon = {
        "live-restore": True,
        "no-new-privileges": True,
        "userland-proxy": False,
        "bip": "10.201.0.1/24",  # not the bridge of the outer engine: a mirror may stand there
        "default-address-pools": [{"base": "10.202.0.0/16", "size": 24}],
        **({"registry-mirrors": [mirror], "insecure-registries": insecure} if mirror else {}),
    }
    config = {
        "write_files": [{"path": "/etc/docker/daemon.json", "content": json.dumps(daemon)}],
        "package_update": True,
        "packages": PACKAGES,
    }
    return f"#cloud-config\n{json.dumps(config)}\n"
