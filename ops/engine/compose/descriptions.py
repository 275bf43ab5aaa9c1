"""What Compose reads about one replica, or about one run of a job. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ops.engine.model import Image, Service

PROJECT = "slipway"
SERVICE = "slipway.service"  # the labels of a container: what observing it needs, without any file
FINGERPRINT = "slipway.fingerprint"
IMAGE = "slipway.image"
PORT = "slipway.port"
JOB = "slipway.job"
OWNER = "slipway.owner"
ONLY_LASTING = ("ports", "healthcheck", "restart", "container_name", "stop_grace_period")

Description = dict[str, Any]


def tag(image: Image) -> str:
    """Return the name of an image in the Engine: `slipway/<name>:<hash>`, or the reference that was pulled."""
    name, _, digest = image.id.rpartition("-")
    return image.reference or f"{PROJECT}/{name}:{digest}"


def image_id(name: str) -> str:
    """Return the id of the image with this tag."""
    return name.removeprefix(f"{PROJECT}/").replace(":", "-")


def describe_replica(service: Service, project: Mapping[str, Any], *, name: str, mounts: list[Any]) -> Description:
    """Return the Compose file of a replica: one service, with the plain service's name as an alias in its networks."""
    networks = {key: {**(value or {}), "aliases": [service.name]} for key, value in _networks(service).items()}
    port = service.route.port if service.route else service.port
    labels = {SERVICE: service.name, FINGERPRINT: service.fingerprint, IMAGE: service.image.id, PORT: str(port)}
    described = {**_common(service, mounts), "networks": networks, "container_name": name}
    return _file(name, described, labels=labels, project=project)


def describe_job(
    service: Service,
    project: Mapping[str, Any],
    *,
    name: str,
    command: tuple[str, ...],
    mounts: list[Any],
    owner: str,
    is_published: bool = False,
) -> Description:
    """Return the Compose file of one run: no alias and no restart, so that nobody takes it for a replica.

    Nor has it a port, unless it `is_published`.
    """
    dropped = set(ONLY_LASTING) - ({"ports"} if is_published else set())
    common = {key: value for key, value in _common(service, mounts).items() if key not in dropped}
    described = {**common, "networks": _networks(service), "container_name": name, "command": list(command)}
    return _file(name, {**described, "restart": "no"}, labels={JOB: service.name, OWNER: owner}, project=project)


def network_names(project: Mapping[str, Any]) -> dict[str, str]:
    """Return each network's name in the Engine; one that is another than at first ends in its mark."""
    moved = project.get("moved") or {}
    names = {}
    for key, stated in (project.get("networks") or {}).items():
        name = str((stated or {}).get("name") or f"{PROJECT}_{key}")
        is_marked = key in moved and not (stated or {}).get("external")
        names[key] = f"{name}_{moved[key]}" if is_marked else name
    return names


def _networks(service: Service) -> dict[str, Any]:
    return dict(service.container.get("networks") or {})


def _common(service: Service, mounts: list[Any]) -> Description:
    version = service.image.id
    return {
        **service.container,
        **({"command": list(service.command)} if service.command else {}),
        "image": tag(service.image),
        "pull_policy": "never",
        "environment": {key: value.replace("{version}", version) for key, value in service.environment.items()},
        "volumes": [*(service.container.get("volumes") or ()), *mounts],
    }


def _file(name: str, described: Description, *, labels: dict[str, str], project: Mapping[str, Any]) -> Description:
    named = {**described, "labels": {**(described.get("labels") or {}), **labels}}
    volumes = {volume["source"] for volume in named["volumes"] if volume["type"] == "volume" and "source" in volume}
    used = {"networks": set(named["networks"]), "volumes": volumes}
    definitions = {
        kind: {key: value for key, value in (project.get(kind) or {}).items() if key in keys}
        for kind, keys in used.items()
    }
    names = network_names(project)
    for key in used["networks"] & set(project.get("moved") or {}):
        definitions["networks"][key] = {**(definitions["networks"][key] or {}), "name": names[key]}
    doubled: Description = double({"name": PROJECT, "services": {name: named}, **definitions})
    return doubled


def double(value: Any) -> Any:
    """Double every `$`: what stands here was interpolated before, and Compose must leave it alone."""
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, list | tuple):
        return [double(item) for item in value]
    if isinstance(value, dict):
        return {key: double(item) for key, item in value.items()}
    return value
