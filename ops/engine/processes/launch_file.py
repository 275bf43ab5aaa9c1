"""A replica's launch file, and the value that each placeholder in it gets."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ops.engine.model import Service
from ops.engine.processes.layout import Layout, write_private

LAUNCH_FILE = "launch.json"
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
# What any program and any of its configuration files takes for a path, without quotes and as it stands.
PLAIN = re.compile(r"[\w/.+@=,-]*")
Launch = dict[str, Any]


def describe(service: Service, layout: Layout, *, name: str, scratch: Path, port: int) -> Launch:
    """Return everything that turns a process into this replica, every placeholder filled."""
    image = layout.image(service.image.id)
    env = layout.env(service.image.env_id)
    cwd = image / service.workdir

    def place(path: Path) -> str:
        # A template is filled in as it is: in nginx's and Traefik's files a blank, a quote or a dollar means something
        # else. From where the program runs, no name is the operator's.
        return os.path.relpath(path, cwd) if service.files and not PLAIN.fullmatch(str(path)) else str(path)

    values = {
        "{port}": str(port),
        "{image}": place(image),
        "{env}": str(env),
        "{data}": place(layout.data),
        "{scratch}": place(scratch),
        "{version}": service.image.id,
    }
    return {
        "name": name,
        "service": service.name,
        "fingerprint": service.fingerprint,
        "image_id": service.image.id,
        "env_id": service.image.env_id,
        "port": port,
        "after": list(service.after),
        "stop_signal": service.stop_signal,
        "stop_grace_s": service.stop_grace_s,
        "cwd": str(cwd),
        "command": [fill(word, values) for word in service.command],
        "healthcheck": [fill(word, values) for word in service.healthcheck],
        "sockets": service.sockets,
        "files": {str(image / source): str(scratch / target) for source, target in service.files.items()},
        "environment": base_environment(env, home=scratch)
        | {key: fill(value, values) for key, value in service.environment.items()},
    }


def fill(text: str, values: dict[str, str]) -> str:
    """Replace the known placeholders; any other brace stays as it is (a log format, JSON)."""
    for placeholder, value in values.items():
        text = text.replace(placeholder, value)
    return text


def base_environment(env: Path, *, home: Path) -> dict[str, str]:
    """Return what every process gets beyond its declared environment; nothing of the operator's is in it."""
    return {
        "PATH": f"{env / 'bin'}:{SYSTEM_PATH}",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def write_launch(folder: Path, launch: Launch) -> None:
    """Write the launch file for this user alone: it holds secrets."""
    write_private(folder / LAUNCH_FILE, json.dumps(launch, indent=1))


def read_launch(folder: Path) -> Launch | None:
    """Return a replica's launch file, None when there is no whole one."""
    try:
        launch = json.loads((folder / LAUNCH_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return launch if isinstance(launch, dict) and "service" in launch else None


def launches(layout: Layout) -> Iterator[Launch]:
    """Yield the launch file of every replica there is, by name."""
    for folder in sorted(layout.replicas.glob("*")):
        launch = read_launch(folder)
        if launch:
            yield launch


def waves(running: list[Launch]) -> list[tuple[str, ...]]:
    """Return the names of replicas in the order to stop them: none before those that need it."""
    result = []
    while running:
        needed = {service for launch in running for service in launch["after"] if service != launch["service"]}
        # A circle has no order: then all that is left goes at once.
        wave = [launch for launch in running if launch["service"] not in needed] or running
        result.append(tuple(launch["name"] for launch in wave))
        running = [launch for launch in running if launch not in wave]
    return result
