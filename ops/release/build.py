"""The release that this checkout makes with these settings.

One description, `docker-compose.yml`, and two ways to run it: as processes of this machine (what stands under
`x-local`), or as containers of a droplet (all the rest).
"""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ops.engine.durations import seconds
from ops.engine.model import Edge, Image, Release, Route, Service
from ops.environments import chosen, state_of
from ops.release.compose_file import read_compose
from ops.release.git import environment_id, origin_of
from ops.release.sources import source_files

LEAST_WORDS = 2  # a source and the destination


def copied_paths(text: str) -> tuple[str, ...]:
    """Return the files and folders that a Dockerfile copies from its context, in its own order.

    Plain `COPY` lines are understood; what comes `--from` another stage is none of the checkout's.
    """
    found: list[str] = []
    for line in text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if not words or words[0].upper() != "COPY" or any(word.startswith("--from=") for word in words):
            continue
        paths = [word for word in words[1:] if not word.startswith("--")]
        if len(paths) >= LEAST_WORDS:
            found += [path.removeprefix("./").rstrip("/") or "." for path in paths[:-1]]
    return tuple(dict.fromkeys(found))


TLS_FILE = "tls.yml"  # of traefik/dynamic
HOST_ROOT = "/var/lib/slipway"  # of the engine on a droplet; docker-compose.yml mounts folders below it
PRODUCTION_FILE = "docker-compose.prod.yml"
# What the release says in its own words, or what only `docker compose up` needs.
NOT_OF_A_CONTAINER = {"build", "command", "depends_on", "deploy", "environment", "image", "profiles"}


def local_release(
    root: Path, environment: Mapping[str, str], *, release_id: str, described: Mapping[str, Any] | None = None
) -> Release:
    """Return the release of this checkout for the `processes` runtime.

    `environment` is everything that docker-compose.yml interpolates, `described` what `read_compose` made of it, if
    somebody asked already. Raises SettingsError and UsageError.
    """
    stated = (described or read_compose(root, environment))["services"]
    services = tuple(_service(root, name, raw) for name, raw in stated.items() if "x-local" in raw and _is_wanted(raw))
    own = state_of(root, chosen()) / "data" / "tls" / "cert.pem"
    edge = Edge(
        api_url=f"http://127.0.0.1:{environment['LOCAL_INTERNAL_PORT']}",
        dynamic_files=_dynamic_files(root, own.read_bytes() if own.exists() else b""),
    )
    return Release(id=release_id, source_dir=str(root), services=services, edge=edge, **_about(root, environment))


def droplet_release(
    root: Path, environment: Mapping[str, str], *, release_id: str, certificate: bytes = b""
) -> Release:
    """Return the release of this checkout for the `compose` runtime; `certificate` is the one of `USE_TLS=files`, PEM.

    Raises SettingsError and UsageError.
    """
    described = read_compose(root, environment, override=PRODUCTION_FILE)
    services = tuple(_contained(root, name, raw) for name, raw in described["services"].items() if _is_wanted(raw))
    return Release(
        id=release_id,
        source_dir=HOST_ROOT,
        services=services,
        edge=Edge(api_url="http://{address}:8081", dynamic_files=_dynamic_files(root, certificate)),
        project={key: described.get(key) or {} for key in ("networks", "volumes")},
        **_about(root, environment),
    )


def _about(root: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    """Return what every runtime is told about a release as a whole."""
    return {"origin": origin_of(root), "watch_s": float(environment["RELEASE_WATCH_SECONDS"])}


def _is_wanted(raw: dict[str, Any]) -> bool:
    return str(raw.get("x-when", "true")) == "true"


def _service(root: Path, name: str, raw: dict[str, Any]) -> Service:
    local = raw["x-local"]
    health = raw.get("healthcheck") or {}
    common = _common(name, raw)
    return Service(
        **{**common, "dump": tuple(local.get("dump", common["dump"]))},
        image=_image(root, name, local["image"]),
        command=tuple(local.get("command") or raw["command"]),
        environment=_environment({**(raw.get("environment") or {}), **local.get("environment", {})}),
        healthcheck=tuple(local.get("healthcheck") or _exec_form(health.get("test", []))),
        workdir=local.get("workdir", ""),
        files=local.get("files", {}),
        sockets=local.get("sockets", {}),
        port=int(local.get("port", 0)),
    )


def _contained(root: Path, name: str, raw: dict[str, Any]) -> Service:
    environment = _environment(raw.get("environment") or {})
    container = {key: raw[key] for key in raw if key not in NOT_OF_A_CONTAINER and not key.startswith("x-")}
    return Service(
        **_common(name, raw),
        image=_container_image(root, name, raw),
        command=tuple(raw.get("command") or ()),
        environment=environment | ({"SERVICE_VERSION": "{version}"} if "SERVICE_VERSION" in environment else {}),
        healthcheck=_exec_form((raw.get("healthcheck") or {}).get("test", [])),
        files=raw.get("x-files", {}),
        sockets=_doors(container) if raw.get("x-doors") else {},
        container=container,
    )


def _doors(container: Mapping[str, Any]) -> dict[str, str]:
    """Return which port of the host leads to which of the edge: `<port>/<protocol>` -> port."""
    return {f"{port['target']}/{port['protocol']}": str(port["published"]) for port in container.get("ports") or ()}


def _common(name: str, raw: dict[str, Any]) -> dict[str, Any]:
    """Return what every runtime is told about a service."""
    route, job = raw.get("x-route"), raw.get("x-job", {})
    health = raw.get("healthcheck") or {}
    return {
        "name": name,
        "route": Route(ready=route["ready"], host=route["host"], port=int(route["port"])) if route else None,
        "rollout": raw.get("x-rollout", "replace"),
        "replicas": int(raw.get("deploy", {}).get("replicas", 1)),
        "after": tuple(sorted(raw.get("depends_on") or ())),
        "stop_signal": raw.get("stop_signal", "SIGTERM").removeprefix("SIG"),
        "stop_grace_s": seconds(raw.get("stop_grace_period", "10s")),
        "start_timeout_s": seconds(health.get("start_period", "60s")),
        "ready_within_s": seconds(raw.get("x-ready-within", "0s")),
        "job_order": int(job.get("order", 0)),
        "touches": job.get("touches", ""),
        "check": tuple(job.get("check", ())),
        "dump": tuple(raw.get("x-dump", ())),
        "hold": tuple(str(word) for word in raw.get("x-hold", ())),
        "fits": tuple(raw.get("x-fits", ())),
        "wait_s": seconds(raw.get("x-wait", "0s")),
        "trials": tuple(raw.get("x-trials", ())),
        "is_scalable": "replicas" in raw.get("deploy", {}),
    }


def _environment(stated: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(value if value is not None else "") for key, value in stated.items()}


def _image(root: Path, name: str, raw: dict[str, Any]) -> Image:
    image = Image(
        id="",
        env=raw["env"],
        env_id=environment_id(root, raw["env"]),
        files=source_files(root, raw["sources"]),
        npm=raw.get("npm", ""),
        build=tuple(raw.get("build", ())),
    )
    return _named(image, raw.get("name", name), [image.env_id, image.files, image.npm, image.build])


def _container_image(root: Path, name: str, raw: dict[str, Any]) -> Image:
    templates = tuple(raw.get("x-files", {}))
    if "build" not in raw:
        image = Image(id="", files=source_files(root, templates, whole=True), reference=raw["image"])
        return _named(image, name, [image.reference, image.files])
    dockerfile = raw["build"]["dockerfile"]
    sources = copied_paths((root / dockerfile).read_text(encoding="utf-8"))
    image = Image(
        id="", files=source_files(root, (dockerfile, *sources, *templates), whole=True), dockerfile=dockerfile
    )
    owner = raw["image"].partition(":")[0].rpartition("/")[2]
    return _named(image, owner, [image.dockerfile, image.files])


def _named(image: Image, owner: str, content: list[Any]) -> Image:
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]
    return Image(**{**vars(image), "id": f"{owner}-{digest}"})


def _exec_form(test: list[str]) -> tuple[str, ...]:
    return ("sh", "-c", test[1]) if test[:1] == ["CMD-SHELL"] else tuple(test[1:])


def _dynamic_files(root: Path, certificate: bytes) -> dict[str, str]:
    files = sorted((root / "traefik" / "dynamic").glob("*.yml"))
    return {path.name: path.read_text(encoding="utf-8") + _seal(path.name, certificate) for path in files}


def _seal(name: str, certificate: bytes) -> str:
    """Name the certificate in the file that serves it: Traefik reads a new one only when one of its files changes."""
    if name != TLS_FILE or not certificate:
        return ""
    return f"# certificate {hashlib.sha256(certificate).hexdigest()[:12]}\n"
