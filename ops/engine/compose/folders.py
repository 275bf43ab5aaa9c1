"""What lies on the host beside the containers: their Compose files, what is rendered for them, and their data."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import string
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ops.engine.compose.descriptions import Description
from ops.engine.errors import EngineError
from ops.engine.host.files import write_atomically
from ops.engine.model import Service

COMPOSE_FILE = "compose.json"
YOUNG_S = 86400.0
PRIVATE = 0o700
OPEN = 0o755


class Folders:
    """The engine's root as containers see it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.blobs = root / "blobs"
        self.replicas = root / "replicas"
        self.jobs = root / "jobs"
        self.contexts = root / "contexts"
        self.data = root / "data"
        self.routes = self.data / "traefik" / "dynamic"  # as written last; each Traefik of a pair has its own
        self.certificates = self.data / "acme"
        self.edges = self.data / "edges"

    def make(self) -> None:
        """Make what is not there. The watched folder is open to read: Traefik's user is not ours."""
        for folder in (self.replicas, self.jobs, self.contexts):
            folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        self.routes.mkdir(mode=OPEN, parents=True, exist_ok=True)
        self.routes.chmod(OPEN)

    def of_edge(self, name: str) -> dict[Path, Path]:
        """Return which folder each Traefik has for itself, instead of which that a release names."""
        return {shared: self.edges / name / shared.name for shared in (self.routes, self.certificates)}

    def routes_of(self, name: str) -> Path:
        """Return the folder that one Traefik watches."""
        return self.of_edge(name)[self.routes]

    def all_routes(self) -> list[Path]:
        """Return every folder that a Traefik watches, or would watch."""
        return [self.routes, *sorted(path for path in self.edges.glob(f"*/{self.routes.name}") if path.is_dir())]

    def furnish(self, name: str) -> None:
        """Make a Traefik's own folders: the routes that were written last, and the newest certificates."""
        own = self.of_edge(name)
        if not own[self.routes].is_dir():
            shutil.copytree(self.routes, own[self.routes])
            own[self.routes].chmod(OPEN)
        if not own[self.certificates].is_dir():
            known = [self.certificates, *self.edges.glob(f"*/{self.certificates.name}")]
            _copy(max(known, key=_newest), own[self.certificates])

    def forget_edge(self, name: str) -> None:
        """Remove a Traefik's own folders; its certificates are kept for the next one."""
        own = self.of_edge(name)[self.certificates]
        if _newest(own) > _newest(self.certificates):
            _copy(own, self.certificates)
        shutil.rmtree(self.edges / name, ignore_errors=True)

    def blob(self, digest: str) -> bytes:
        """Return the content of a shipped file; EngineError (build) when it is not there."""
        try:
            return (self.blobs / digest).read_bytes()
        except FileNotFoundError as error:
            raise EngineError(
                "a source file is missing on the host",
                why=f"{self.blobs / digest} is not there",
                fix="invoke deploy",
                family="build",
            ) from error

    def render(self, service: Service, folder: Path) -> list[dict[str, Any]]:
        """Fill the service's templates with its environment; return the mounts that put them where they belong."""
        mounts = []
        for number, (template, target) in enumerate(sorted(service.files.items())):
            text = self.blob(service.image.files[template]).decode("utf-8")
            place = folder / f"{number}-{Path(target).name}"
            write_atomically(place, string.Template(text).safe_substitute(service.environment))
            place.chmod(0o644)  # for the container's user; on the host the folder keeps everybody else out
            mounts.append({"type": "bind", "source": str(place), "target": target, "read_only": True})
        return mounts

    def own_data(self, container: Mapping[str, Any]) -> None:
        """Make the folders below `data` that a container mounts, and give them to its user."""
        for volume in container.get("volumes") or ():
            place = Path(str(volume.get("source", "")))
            if volume.get("type") == "bind" and place.is_relative_to(self.data):
                self._own(place, _owner(container))

    def _own(self, place: Path, owner: tuple[int, int] | None) -> None:
        place.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        if place in self.all_routes():
            place.chmod(OPEN)
        elif owner:
            for path in (place, *place.rglob("*")):
                os.chown(path, *owner, follow_symlinks=False)

    def mounted(self) -> Iterator[Mapping[str, Any]]:
        """Yield what each replica's Compose file says about it."""
        for file in sorted(self.replicas.glob(f"*/{COMPOSE_FILE}")):
            with contextlib.suppress(OSError, ValueError, KeyError):
                yield from json.loads(file.read_text(encoding="utf-8"))["services"].values()

    def forget_blobs(self, *, keep: set[str]) -> None:
        """Remove shipped files that no kept release names; young ones may be on their way into a release."""
        for blob in self.blobs.glob("*"):
            if blob.name not in keep and time.time() - blob.stat().st_mtime > YOUNG_S:
                blob.unlink(missing_ok=True)

    def forget(self, *, keep: set[str]) -> None:
        """Remove the folders of replicas that are gone."""
        for folder in self.replicas.glob("*/"):
            if folder.name not in keep:
                shutil.rmtree(folder, ignore_errors=True)
        for folder in self.edges.glob("*/"):
            if folder.name not in keep:
                self.forget_edge(folder.name)


def write_description(folder: Path, description: Description) -> Path:
    """Write a Compose file for this user alone: it holds secrets."""
    write_atomically(folder / COMPOSE_FILE, json.dumps(description, indent=1, sort_keys=True))
    return folder / COMPOSE_FILE


def _newest(folder: Path) -> float:
    return max((path.stat().st_mtime for path in folder.glob("*")), default=0.0)


def _copy(source: Path, target: Path) -> None:
    """Copy files with their times and modes; whoever mounts them gets them."""
    target.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    for path in source.glob("*"):
        shutil.copy2(path, target / path.name)


def _owner(container: Mapping[str, Any]) -> tuple[int, int] | None:
    user, _, group = str(container.get("user", "")).partition(":")
    return (int(user), int(group or user)) if user.isdigit() else None
