"""How does a rehearsal talk to the Docker Engine, and what does it leave there?

Every container, network and image carries the label `slipway.rehearsal` with its owner, a process id and a machine, so
that what a killed rehearsal left behind is found and removed.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from ops.errors import HostError, OpsError, PreflightError
from ops.shell_words import AGAIN

LABEL = "slipway.rehearsal"
LOOPBACK = re.compile(r"127\.|localhost$|::1$")
KEPT = "kept"  # the value of what no process owns: `down` and `--end` remove it
_TIMEOUT_S = 120.0
_TAIL_LINES = 15


@dataclass(frozen=True, kw_only=True)
class Owner:
    """Who answers for what is made: a process, or nobody but the operator."""

    name: str

    @property
    def label(self) -> tuple[str, str]:
        """Return the switch and its value, for `docker create`, `docker network create` and `docker build`."""
        return ("--label", f"{LABEL}={self.name}")


def this_process() -> Owner:
    """Return a new owner, whose things go when this process is gone."""
    return Owner(name=f"{os.getpid()}@{socket.gethostname()}:{secrets.token_hex(3)}")


def docker(*words: str, stdin: bytes | None = None, timeout_s: float = _TIMEOUT_S, joined: bool = False) -> str:
    """Run a docker command and return what it prints, stripped; `joined` takes in what it says on stderr.

    Raises PreflightError without a `docker`, HostError when the command fails or exceeds `timeout_s` seconds.
    """
    try:
        done = subprocess.run(("docker", *words), input=stdin, capture_output=True, timeout=timeout_s, check=False)
    except FileNotFoundError as error:
        raise _no_engine("there is no `docker` on the PATH") from error
    except subprocess.TimeoutExpired as error:
        raise HostError(
            f"`docker {words[0]}` did not end",
            why=f"it was given {timeout_s:.0f} s",
            fix="docker info",
        ) from error
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()
        raise HostError(
            f"`docker {words[0]}` failed",
            why="\n       ".join(said[-_TAIL_LINES:]) or f"exit code {done.returncode}",
            fix="docker info",
        )
    return (done.stdout + (done.stderr if joined else b"")).decode(errors="replace").strip()


def require_engine() -> None:
    """Stop here unless an engine answers whose containers this machine can reach; raises PreflightError."""
    asked = "{{.OperatingSystem}}|{{.OSType}}|{{.ServerVersion}}|{{.SecurityOptions}}"
    try:
        system = docker("info", "--format", asked, timeout_s=20)
    except HostError as error:
        raise _no_engine(error.why) from error
    name, kind, version, security = [*system.split("|"), "", "", ""][:4]
    if not version:
        raise _no_engine(system or "the engine does not answer")
    if kind != "linux" or "Docker Desktop" in name or "rootless" in security:
        raise PreflightError(
            "this Docker Engine cannot hold a rehearsal",
            why=f"{name} keeps its containers where this machine cannot reach their addresses (Desktop, or rootless)",
            fix=f"start a Linux that has Docker Engine (a WSL 2 distribution counts), then {AGAIN}",
        )


def registry_mirror(environ: Mapping[str, str]) -> str:
    """Return the mirror that droplets pull through: DOCKER_REGISTRY_MIRROR, or the one of this machine's engine.

    One on the loopback range is this machine's alone, and means nothing to a droplet.
    """
    if environ.get("DOCKER_REGISTRY_MIRROR"):
        return environ["DOCKER_REGISTRY_MIRROR"]
    known = json.loads(docker("info", "--format", "{{json .RegistryConfig.Mirrors}}")) or []
    usable = [url for url in known if not LOOPBACK.match(urlsplit(url).hostname or "")]
    return usable[0].rstrip("/") if usable else ""


def has(kind: str, name: str) -> bool:
    """Tell whether a container, network, image or volume of this name is there."""
    try:
        docker(kind, "inspect", name)
    except HostError:
        return False
    return True


def remove_leftovers() -> list[str]:
    """Remove containers and networks whose owner is a process that is gone; returns their names."""
    return [name for name, owner in _owned() if _is_orphaned(owner) and _remove(name)]


def remove_owned_by(owner: Owner) -> list[str]:
    """Remove every container and network of an owner; returns their names."""
    return [name for name, found in _owned() if found == owner.name and _remove(name)]


def _owned() -> list[tuple[str, str]]:
    """Return name and owner: containers first, because a network goes only when it is empty."""
    shape = f'{{{{.Label "{LABEL}"}}}}'
    containers = docker("ps", "--all", "--filter", f"label={LABEL}", "--format", f"{{{{.Names}}}}|{shape}")
    networks = docker("network", "ls", "--filter", f"label={LABEL}", "--format", f"{{{{.Name}}}}|{shape}")
    pairs = [line.partition("|") for line in [*containers.splitlines(), *networks.splitlines()]]
    return [(name, owner) for name, _, owner in pairs]


def _remove(name: str) -> bool:
    """Remove a container with its anonymous volumes, or a network; tells whether it was there."""
    for words in (("rm", "--force", "--volumes", name), ("network", "rm", name)):
        kind = "network" if words[0] == "network" else "container"
        with contextlib.suppress(OpsError):
            if has(kind, name):
                docker(*words)
                return True
    return False


def _is_orphaned(owner: str) -> bool:
    """Tell whether the owner was a process of this machine, and is gone; an engine may serve several machines."""
    pid, _, where = owner.partition("@")
    host = where.partition(":")[0]
    if not pid.isdigit() or host != socket.gethostname():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False  # it is there and somebody else's
    return False


def _no_engine(why: str) -> PreflightError:
    return PreflightError(
        "a rehearsal needs a Docker Engine",
        why=f"{why}; its droplets are containers",
        fix="install Docker Engine (https://docs.docker.com/engine/install/), start it, and check with: docker info",
    )
