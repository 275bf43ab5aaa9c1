"""What would be released from this checkout with these settings?"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ops.compose import read_compose, seconds
from ops.engine.model import Edge, Image, Release, Route, Service
from ops.sources import environment_id, source_files

TLS_FILE = "tls.yml"  # of traefik/dynamic


def local_release(root: Path, environment: Mapping[str, str], *, release_id: str) -> Release:
    """Return the release of this checkout for the `processes` runtime.

    `environment` is everything that docker-compose.yml interpolates. Raises SettingsError and UsageError.
    """
    described = read_compose(root, environment)["services"]
    services = tuple(_service(root, name, raw) for name, raw in described.items() if "x-local" in raw)
    return Release(id=release_id, source_dir=str(root), services=services, edge=_edge(root, environment))


def _service(root: Path, name: str, raw: dict[str, Any]) -> Service:
    local = raw["x-local"]
    stated = {**(raw.get("environment") or {}), **local.get("environment", {})}
    route = raw.get("x-route")
    health = raw.get("healthcheck") or {}
    return Service(
        name=name,
        image=_image(root, name, local["image"]),
        command=tuple(local.get("command") or raw["command"]),
        environment={key: str(value if value is not None else "") for key, value in stated.items()},
        healthcheck=tuple(local.get("healthcheck") or _exec_form(health.get("test", []))),
        workdir=local.get("workdir", ""),
        files=local.get("files", {}),
        route=Route(ready=route["ready"], host=route["host"]) if route else None,
        port=int(local.get("port", 0)),
        rollout=raw.get("x-rollout", "replace"),
        replicas=int(raw.get("deploy", {}).get("replicas", 1)),
        after=tuple(sorted(raw.get("depends_on") or ())),
        stop_signal=raw.get("stop_signal", "SIGTERM").removeprefix("SIG"),
        stop_grace_s=seconds(raw.get("stop_grace_period", "10s")),
        start_timeout_s=seconds(health.get("start_period", "60s")),
        job_order=int(raw.get("x-job", {}).get("order", 0)),
    )


def _image(root: Path, name: str, raw: dict[str, Any]) -> Image:
    unnamed = Image(
        id="",
        env=raw["env"],
        env_id=environment_id(root, raw["env"]),
        files=source_files(root, raw["sources"]),
        npm=raw.get("npm", ""),
        build=tuple(raw.get("build", ())),
    )
    content = json.dumps([unnamed.env_id, unnamed.files, unnamed.npm, unnamed.build], sort_keys=True)
    owner = raw.get("name", name)
    return Image(**{**vars(unnamed), "id": f"{owner}-{hashlib.sha256(content.encode()).hexdigest()[:12]}"})


def _exec_form(test: list[str]) -> tuple[str, ...]:
    return ("sh", "-c", test[1]) if test[:1] == ["CMD-SHELL"] else tuple(test[1:])


def _edge(root: Path, environment: Mapping[str, str]) -> Edge:
    dynamic = sorted((root / "traefik" / "dynamic").glob("*.yml"))
    return Edge(
        api_url=f"http://127.0.0.1:{environment['LOCAL_INTERNAL_PORT']}",
        dynamic_files={path.name: path.read_text(encoding="utf-8") + _seal(root, path.name) for path in dynamic},
    )


def _seal(root: Path, name: str) -> str:
    """Name the certificate in the file that serves it: Traefik reads a new one only when one of its files changes."""
    certificate = root / ".local" / "data" / "tls" / "cert.pem"
    if name != TLS_FILE or not certificate.exists():
        return ""
    return f"# certificate {hashlib.sha256(certificate.read_bytes()).hexdigest()[:12]}\n"
