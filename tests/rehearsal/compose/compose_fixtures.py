"""Which small release do the tests of the `compose` runtime deploy, and on which host?"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ops.engine.model import Edge, Image, Release, Route, Service

ROOT = "/var/lib/slipway"
HOST = "slipway.localhost"
SECRET = "canary-$HOME-$$-${PATH}"
APP = Path(__file__).with_name("small_app.py")
RECIPE = """\
FROM python:3.13-slim
WORKDIR /srv/app
COPY tests/small_app.py app.py
USER 10001:10001
CMD ["python", "app.py"]
"""
STATIC = """\
entryPoints:
  web:
    address: ":80"
    http: {middlewares: [leaving@file]}
  internal: {address: ":8081"}
providers:
  providersThrottleDuration: 100ms
  file: {directory: "${DYNAMIC_DIR}", watch: true}
api: {insecure: false}
ping: {entryPoint: internal}
metrics: {prometheus: {entryPoint: internal}}
log: {level: INFO, format: json}
"""
DYNAMIC = {
    "http": {
        "routers": {
            "web": {"entryPoints": ["web"], "rule": "PathPrefix(`/`)"},
            "web-again": {"parentRefs": ["web"], "rule": "Method(`GET`)", "priority": 2, "service": "web-again"},
            "web-once": {"parentRefs": ["web"], "rule": "PathPrefix(`/`)", "priority": 1, "service": "web"},
            "api": {"entryPoints": ["internal"], "rule": "PathPrefix(`/api`)", "service": "api@internal"},
        },
        "serversTransports": {"upstream": {"maxIdleConnsPerHost": 200}},
    }
}
LEAVING: dict[str, Any] = {"http": {"middlewares": {"leaving": {"chain": {"middlewares": []}}}}}
DOORS = {"80/tcp": "80"}
HARDENED: dict[str, Any] = {
    "read_only": True,
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges:true"],
    "pids_limit": 128,
    "init": True,
    "mem_limit": "268435456",
    "cpus": 0.5,
    "restart": "unless-stopped",
    "logging": {"driver": "json-file", "options": {"max-size": "1m", "max-file": "2"}},
    "tmpfs": ["/tmp"],  # noqa: S108 - inside a container
    "stop_grace_period": "10s",
}
CHECK = {"interval": "10s", "timeout": "5s", "retries": 3, "start_period": "60s", "start_interval": "300ms"}
PROJECT: dict[str, Any] = {
    "name": "slipway",
    "networks": {
        "public": {"name": "slipway_public"},
        "edge": {"name": "slipway_edge", "internal": True},
    },
    "volumes": {"media": {"name": "slipway_media"}},
}
Blobs = dict[str, bytes]


@dataclass(frozen=True)
class Small:
    """A release and the content of its files, by digest."""

    release: Release
    blobs: Blobs


def small_release(
    version: str = "one",
    *,
    replicas: int = 2,
    recipe: str = RECIPE,
    broken: str = "",
    edge: str = "traefik:v3.7",
    static_file: str = STATIC,
    doors: dict[str, str] = DOORS,
) -> Small:
    """Make a release with a web service, a worker, a job and a real Traefik; without `doors` it has its port alone."""
    files = {"tests/Dockerfile": recipe.encode(), "tests/small_app.py": APP.read_bytes() + f"# {version}\n".encode()}
    static = {"traefik/traefik.yml.template": static_file.encode()}
    image = Image(id=_id("small", files), files=_digests(files), dockerfile="tests/Dockerfile")
    proxy = Image(id=_id(f"traefik-{len(edge)}", static), files=_digests(static), reference=edge)
    environment = {"VERSION": version, "IMAGE": "{version}", "SECRET": SECRET, **({"BROKEN": broken} if broken else {})}
    services = (*working(image, environment), web(image, environment, replicas), replace(traefik(proxy), sockets=doors))
    routes = {"leaving.yml": json.dumps(LEAVING), "public.yml": json.dumps(DYNAMIC)}
    made = Release(
        id=f"small-{version}",
        source_dir=ROOT,
        services=services,
        project=PROJECT,
        edge=Edge(api_url="http://{address}:8081", dynamic_files=routes),
        watch_s=1.0,
    )
    contents = [*files.values(), *static.values()]
    return Small(made, {hashlib.sha256(content).hexdigest(): content for content in contents})


def working(image: Image, environment: dict[str, str]) -> tuple[Service, ...]:
    """Describe a job, and a worker that beats like a heart."""
    job = Service(
        name="prepare",
        image=image,
        command=("sh", "-c", "id -u; echo $VERSION"),
        environment=environment,
        container={**HARDENED, "networks": {"edge": None}},
        job_order=1,
    )
    worker = Service(
        name="worker",
        image=image,
        command=(),
        environment={**environment, "BEAT": "1"},
        container={**HARDENED, "networks": {"edge": None}, "healthcheck": {**CHECK, "test": BEATS}},
        healthcheck=tuple(BEATS[1:]),
        rollout="overlap",
    )
    return job, worker


BEATS = ["CMD", "python", "-c", "import os, time; assert time.time() - os.stat('/tmp/heartbeat').st_mtime < 5"]
ASKS = ["CMD", "python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/ready', timeout=2)"]


def web(image: Image, environment: dict[str, str], replicas: int) -> Service:
    """Describe the service that is routed."""
    volumes = [{"type": "volume", "source": "media", "target": "/srv/media", "volume": {}}]
    container = {**HARDENED, "networks": {"edge": None}, "volumes": volumes, "healthcheck": {**CHECK, "test": ASKS}}
    return Service(
        name="web",
        image=image,
        command=("python", "app.py"),
        environment=environment,
        healthcheck=tuple(ASKS[1:]),
        container=container,
        replicas=replicas,
        rollout="rolling",
        route=Route(ready="/ready", host=HOST, port=8000),
        start_timeout_s=10,
    )


def traefik(image: Image) -> Service:
    """Describe the edge as docker-compose.yml does: an ordinary user, the routes folder, one file of ours."""
    bind = {"type": "bind", "read_only": True}
    container = {
        **HARDENED,
        "user": "65532:65532",
        "networks": {"public": None, "edge": None},
        "sysctls": {"net.ipv4.ip_unprivileged_port_start": "0"},
        "ports": [{"mode": "ingress", "target": 80, "published": "80", "protocol": "tcp"}],
        "healthcheck": {**CHECK, "test": ["CMD", "traefik", "healthcheck", "--configFile=/etc/traefik/traefik.yml"]},
        "volumes": [
            {**bind, "source": f"{ROOT}/data/traefik/dynamic", "target": "/etc/traefik/dynamic"},
            {**bind, "source": f"{ROOT}/data/acme", "target": "/acme", "read_only": False},
        ],
    }
    return Service(
        name="traefik",
        image=image,
        command=("traefik", "--configFile=/etc/traefik/traefik.yml"),
        environment={"DYNAMIC_DIR": "/etc/traefik/dynamic"},
        container=container,
        files={"traefik/traefik.yml.template": "/etc/traefik/traefik.yml"},
        healthcheck=("traefik", "healthcheck"),
    )


def _digests(files: dict[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


def _id(name: str, files: dict[str, bytes]) -> str:
    return f"{name}-{hashlib.sha256(json.dumps(_digests(files), sort_keys=True).encode()).hexdigest()[:12]}"
