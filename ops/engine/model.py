"""What a release is made of, and what runs of it.

These values cross from the operator's side to the engine as JSON (`release.json`, 0600: it holds secrets).
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Rollout = Literal["rolling", "overlap", "replace"]
Touches = Literal["", "schema", "data", "files", "certificates"]
WATCH_S = 5.0
OUT_OF_MEMORY = "out-of-memory"  # the condition of a replica that was ended for it
NOT_OF_A_REPLICA = {
    "check",
    "dump",
    "hold",
    "fits",
    "wait_s",
    "is_scalable",
    "ready_within_s",
    "stated_replicas",
    "trials",
}  # what the engine does with a service, not what runs
CAME_LATER = {"places", "sockets"}  # left out of the fingerprint while empty


@dataclass(frozen=True, kw_only=True)
class Image:
    """What a replica is made from: files of the checkout by content, and how they become something that runs.

    `id` is `<service>-<hash of everything below>`.

    As processes: `env` names a lock, `requirements/<env>.txt`; `env_id` is `<env>-<hash of the lock and the Python>`;
    `npm` is a folder with a `package-lock.json`, `build` runs in it.

    As containers: `dockerfile` is the path of the one that is built, with `files` as its context; or `reference` is an
    image of a registry, and `files` are what the engine needs beside it.
    """

    id: str
    files: dict[str, str]  # path in the checkout -> sha256 of its content
    env: str = ""
    env_id: str = ""
    npm: str = ""
    build: tuple[str, ...] = ()
    dockerfile: str = ""
    reference: str = ""


@dataclass(frozen=True, kw_only=True)
class Route:
    """What Traefik and the gate are told: the path that says ready, asked for with this Host header.

    `port` is where a container listens; a process gets its port from the runtime.
    """

    ready: str
    host: str
    port: int = 0


@dataclass(frozen=True, kw_only=True)
class Service:
    """One service or job of the stack.

    As processes: strings may hold {port} {image} {env} {data} {scratch} {version}. As containers: strings of the
    environment may hold {version}, and `container` is all else that Compose says about the service.
    """

    name: str
    image: Image
    command: tuple[str, ...]
    environment: dict[str, str]
    healthcheck: tuple[str, ...] = ()
    workdir: str = ""  # relative to the image
    files: dict[str, str] = field(default_factory=dict)  # template in the image -> scratch file, or path in a container
    container: dict[str, Any] = field(default_factory=dict)
    route: Route | None = None
    port: int = 0  # 0: the runtime chooses a free one for each replica
    rollout: Rollout = "replace"
    replicas: int = 1
    after: tuple[str, ...] = ()
    stop_signal: str = "TERM"
    stop_grace_s: float = 10.0
    start_timeout_s: float = 60.0
    job_order: int = 0  # above 0: a job, run once per release in this order
    touches: Touches = ""  # of a job: only one that makes files is run again when a release comes back
    check: tuple[str, ...] = ()  # of a job that touches the schema: prints as JSON what it would do
    dump: tuple[str, ...] = ()  # of the database: writes a checked dump under {name}
    hold: tuple[str, ...] = ()  # of the database: has it take no changes, once what runs has ended
    fits: tuple[str, ...] = ()  # of the database: tells what an image brings, and what the data is of
    wait_s: float = 0.0  # how long a request waits at most, or does without, while it is replaced; 0: it fails
    is_scalable: bool = False
    ready_within_s: float = 0.0  # how long it may take to be ready; 0: `start_timeout_s`, less once it answers
    places: tuple[str, ...] = ()  # its networks that are other ones than at first: `<network>:<mark>`
    # Of the edge, what outlives it: entry point -> address; of a container: `<port>/<protocol>` -> port of the host.
    sockets: dict[str, str] = field(default_factory=dict)
    trials: tuple[str, ...] = ()  # of the edge: the paths that a new one is asked for before it has visitors
    stated_replicas: int = 0  # what the settings say, where an operator has asked for another number

    @property
    def is_job(self) -> bool:
        """Tell whether this runs once per release instead of all the time."""
        return self.job_order > 0

    @functools.cached_property
    def fingerprint(self) -> str:
        """Twelve hex digits that change when, and only when, a replica would have to be replaced."""
        # A field that comes later is left out while it has its default: a release of before has to keep the names of
        # its replicas, which run.
        changing = dataclasses.asdict(dataclasses.replace(self, replicas=0, after=()))
        changing = {
            key: value
            for key, value in changing.items()
            if key not in NOT_OF_A_REPLICA and (value or key not in CAME_LATER)
        }
        return hashlib.sha256(json.dumps(changing, sort_keys=True).encode()).hexdigest()[:12]

    @functools.cached_property
    def replica_names(self) -> tuple[str, ...]:
        """The names of its replicas: `<service>-<fingerprint>-<index>`."""
        return tuple(f"{self.name}-{self.fingerprint}-{index}" for index in range(1, self.replicas + 1))


@dataclass(frozen=True, kw_only=True)
class Edge:
    """What the routes need: Traefik's API, and the reviewed dynamic files (name -> content).

    In `api_url` of a container stands {address}, the container's own.
    """

    api_url: str
    dynamic_files: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Which commit a release was made from; all empty outside of git. A dirty checkout ends its commit on `-dirty`."""

    commit: str = ""
    committed_at: str = ""  # ISO 8601
    subject: str = ""


@dataclass(frozen=True, kw_only=True)
class Release:
    """Everything the engine needs to bring a release up, and nothing it would have to ask for."""

    id: str
    source_dir: str
    services: tuple[Service, ...]
    edge: Edge
    # Compose's `networks` and `volumes`; `moved`: the mark of each network that is another one than at first.
    project: dict[str, Any] = field(default_factory=dict)
    origin: Origin = field(default_factory=Origin)
    watch_s: float = WATCH_S  # how long the old release stays beside the new one, to answer where that fails

    def service(self, name: str) -> Service:
        """Return the service of that name; KeyError when there is none."""
        for service in self.services:
            if service.name == name:
                return service
        raise KeyError(name)

    def with_counts(self, counts: Mapping[str, int]) -> Release:
        """Return the release with these numbers of replicas, and with the stated number for all other services."""
        return dataclasses.replace(self, services=tuple(_with_count(service, counts) for service in self.services))


@dataclass(frozen=True, kw_only=True)
class Replica:
    """One instance of a service as a runtime sees it. `name` is `<service>-<fingerprint>-<index>`."""

    name: str
    service: str
    fingerprint: str
    image_id: str
    port: int
    state: Literal["starting", "running", "stopped", "failed"]
    pid: int = 0
    started_at: float = 0.0  # Unix seconds
    restarts: int = 0
    condition: str = ""  # the runtime's own word for its state, finer than `state`: healthy, paused, exited …
    exit_code: int | None = None  # of its last end; None as long as it never ended
    address: str = ""  # where this host reaches it; empty while it has none


def _with_count(service: Service, counts: Mapping[str, int]) -> Service:
    stated = service.stated_replicas or service.replicas
    wanted = counts.get(service.name, stated) if service.is_scalable else stated
    if (service.replicas, service.stated_replicas) == (wanted, stated):
        return service  # which knows its fingerprint already
    return dataclasses.replace(service, replicas=wanted, stated_replicas=stated)


def release_to_json(release: Release) -> str:
    """Write a release as JSON text."""
    return json.dumps(dataclasses.asdict(release), indent=1, sort_keys=True)


def release_from_json(text: str) -> Release:
    """Read what `release_to_json` wrote."""
    raw = json.loads(text)
    services = tuple(_service(item) for item in raw["services"])
    origin = Origin(**known_fields(Origin, raw["origin"]))
    edge = Edge(**known_fields(Edge, raw["edge"]))
    return Release(**{**known_fields(Release, raw), "services": services, "edge": edge, "origin": origin})


def known_fields(kind: type[Any], raw: dict[str, Any]) -> dict[str, Any]:
    """Return what this version knows of a value that another one wrote."""
    return {name: raw[name] for name in (field.name for field in dataclasses.fields(kind)) if name in raw}


def _service(raw: dict[str, Any]) -> Service:
    image = Image(**{**known_fields(Image, raw["image"]), "build": tuple(raw["image"]["build"])})
    route = Route(**known_fields(Route, raw["route"])) if raw["route"] else None
    names = ("command", "healthcheck", "after", "check", "dump", "hold", "fits", "places", "trials")
    tuples = {key: tuple(raw.get(key, ())) for key in names}
    return Service(**{**known_fields(Service, raw), **tuples, "image": image, "route": route})
