"""The runtime for replicas that are containers of this host."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ops.engine.compose import docker_cli, images
from ops.engine.compose.containers import Containers, ip_of, is_well, replica_of
from ops.engine.compose.descriptions import FINGERPRINT, PROJECT, SERVICE, describe_replica
from ops.engine.compose.docker_api import CONFLICT, NOT_FOUND, DockerApi, DockerRefusedError, filters
from ops.engine.compose.doors import ContainerDoors
from ops.engine.compose.folders import Folders, write_description
from ops.engine.compose.jobs import Jobs
from ops.engine.compose.logs import Logs
from ops.engine.compose.networks import Networks
from ops.engine.compose.ports import read_listeners
from ops.engine.errors import EngineError
from ops.engine.host.files import only_this_host, write_routes
from ops.engine.host.state import Store
from ops.engine.model import Edge, Image, Release, Replica, Service
from ops.engine.parallel import each
from ops.engine.runtime import Line, Listener, LogQuery, Say
from ops.engine.service_roles import EDGE_SERVICE, stopping_order

COMPOSE_LABEL = f"com.docker.compose.project={PROJECT}"
UP = ("up", "--detach", "--no-build", "--no-deps", "--no-recreate")


class ComposeRuntime:
    """The `compose` runtime of one host; see `ops.engine.runtime.Runtime`."""

    def __init__(self, root: Path) -> None:
        self.folders = Folders(root.absolute())
        self._store = Store(root.absolute())
        self._api = DockerApi()
        self._containers = Containers(self._api)
        self._jobs = Jobs(self._api, self._containers, self.folders)
        self._logs = Logs(self._api, self._containers)
        self._networks = Networks(self._api, self._containers)
        self.doors = ContainerDoors(self._api, self._containers, self.folders, self._own_files)

    def prepare(self) -> None:
        """Make the folders, ask the Engine for a sign of life, and remove what a killed engine left."""
        self.folders.make()
        self._api.get("/version")
        self._jobs.end_abandoned()
        for context in self.folders.contexts.iterdir():
            shutil.rmtree(context, ignore_errors=True)
        for container in self.folders.mounted():  # a certificate that was shipped anew belongs to root
            self.folders.own_data(container)

    def observe(self) -> tuple[Replica, ...]:
        """Return every replica that has a container, in the state that the Engine sees."""
        return tuple(replica_of(container) for container in self._containers.inspected())

    def has_image(self, image: Image) -> bool:
        """Tell whether the Engine has the image; a build that was cut has given nothing its name."""
        return images.has_image(self._api, image)

    def build(self, image: Image, release: Release, say: Say) -> None:
        """Build or pull an image."""
        del release  # its sources lie in our own folder of blobs
        images.build(self.folders, image, say)

    def start(self, service: Service, name: str) -> Replica:
        """Start a replica, or return it when it already runs; it does not wait for its health."""
        found = self._containers.inspect(name)
        if found is None or not found["State"]["Running"]:
            self._start(service, name)
            found = self._containers.inspect(name)
        if found is None:
            raise EngineError(f"{name} vanished while it started", why="somebody removed it", fix="invoke deploy")
        return replica_of(found)

    def _start(self, service: Service, name: str) -> None:
        folder = self.folders.replicas / name
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        mounts = self.folders.render(service, folder)
        described = describe_replica(service, self._project(service), name=name, mounts=mounts)
        if service.sockets:
            described = self.doors.admit(described, service, name)
        elif service.name == EDGE_SERVICE:
            self.doors.close()  # one of before publishes the ports for itself
        self.folders.own_data(described["services"][name])
        docker_cli.compose(write_description(folder, described), *UP)

    def _project(self, service: Service) -> Mapping[str, Any]:
        """Return Compose's networks and volumes as the release that this service is from describes them.

        Of several the live one: what the service needs is in its networks, whatever becomes of a newer release.
        """
        live = self._store.read().release
        for release in sorted(self._store.kept_releases(), key=lambda one: one.id != live):
            same = (known for known in release.services if known.name == service.name)
            if any(known.fingerprint == service.fingerprint for known in same):
                return release.project
        raise EngineError(
            f"{service.name} cannot be started",
            why="no release that is kept on this host describes its networks and volumes",
            fix="invoke deploy",
            family="host",
        )

    def stop(self, name: str, *, signal: str, grace_s: float) -> None:
        """Send the signal, wait for the grace time, kill what is left, forget the replica and its log."""
        self._containers.stop(name, signal=signal, grace_s=grace_s)
        shutil.rmtree(self.folders.replicas / name, ignore_errors=True)
        self.folders.forget_edge(name)

    def run_once(self, service: Service, command: tuple[str, ...], *, timeout_s: float) -> tuple[int, str]:
        """Run a command in a replica that lives, or in a container of its own; 124 when it did not end in time."""
        live = None if service.is_job else self._live(service.name, fingerprint=service.fingerprint)
        if live:
            return self._jobs.run_in(live, command, timeout_s=timeout_s)
        is_published = service.is_job and not self.doors.serving()  # else Traefik has the ports, and passes on
        project = self._project(service)
        return self._jobs.run(service, command, project=project, timeout_s=timeout_s, is_published=is_published)

    def _live(self, service: str, *, fingerprint: str = "") -> dict[str, Any] | None:
        for row in self._containers.listed(f"{SERVICE}={service}"):
            if row["State"] == "running" and fingerprint in {"", row["Labels"][FINGERPRINT]}:
                return self._containers.inspect(row["Id"])
        return None

    def is_healthy(self, service: Service, replica: Replica) -> bool:
        """Tell what the Engine's own health check, which runs all the time, says about this replica."""
        found = self._containers.inspect(replica.name)
        return bool(found and service.name == replica.service and is_well(found))

    def address(self, replica: Replica) -> str:
        """Return the container's address of this moment: it has another one after a restart."""
        found = self._containers.inspect(replica.name)
        return f"{ip_of(found) if found else ''}:{replica.port}"

    def server(self, replica: Replica) -> str:
        """Return the container's name, which Traefik asks the Engine's resolver for."""
        return f"{replica.name}:{replica.port}"

    def edge_url(self, edge: Edge) -> str:
        """Return Traefik's internal entry point at its container's own address, which is never published."""
        found = self._containers.inspect(self.doors.serving() or "none")
        address = ip_of(found) if found and found["State"]["Running"] else ""
        return edge.api_url.replace("{address}", address) if address else ""

    def logs(self, name: str, *, lines: int) -> Iterator[str]:
        """Yield the last lines that a replica wrote."""
        yield from self._logs.last(name, lines=lines)

    def read_lines(self, query: LogQuery) -> Iterator[Line]:
        """Yield log lines in the order of time, of the containers that are there."""
        yield from self._logs.read(query)

    def memory_mib(self) -> dict[str, float]:
        """Return the resident memory of each replica that runs, by name, in MiB."""
        return self._containers.memory_mib()

    def listeners(self) -> tuple[Listener, ...]:
        """Return what listens on this host and what containers publish."""
        return (*read_listeners(self._containers.listed()), *self.doors.listeners())

    def static_config(self) -> str:
        """Return the file that was rendered for the Traefik that runs."""
        rendered = sorted((self.folders.replicas / (self.doors.serving() or "none")).glob("*-traefik.yml"))
        return rendered[0].read_text(encoding="utf-8") if rendered else ""

    def join(self, release: Release) -> bool:
        """Put what is not replaced into the networks that are other ones in a release."""
        make = functools.partial(self._jobs.make_networks, project=release.project)
        return self._networks.join(release, make)

    def leave(self, release: Release) -> bool:
        """Take it out of the old ones, and remove those."""
        return self._networks.leave(release)

    def write_routes(self, files: dict[str, str]) -> None:
        """Put these files in the folder of each Traefik, each by rename, and remove any other."""
        self.folders.make()
        for folder in self.folders.all_routes():
            write_routes(folder, self._own_files() | files, mode=0o644)

    def _own_files(self) -> dict[str, str]:
        """Return the file that names this host: by the address of its end of each of our networks."""
        configs = [config for row in self._networks.ours() for config in row["IPAM"]["Config"] or ()]
        gateways = [config["Gateway"] for config in configs if "." in config.get("Gateway", "")]
        return only_this_host([*gateways, self.doors.gateway()])

    def prune(self, *, keep_images: set[str]) -> tuple[str, ...]:
        """Remove images and folders that no kept release and no replica needs, and old build cache."""
        observed = self.observe()
        self.folders.forget(keep={replica.name for replica in observed})
        self.folders.forget_blobs(keep=images.sources(self._store.kept_releases()))
        return images.prune(self._api, keep_images | {replica.image_id for replica in observed})

    def down(self, *, volumes: bool) -> None:
        """Stop everything, what depends on others first; with `volumes`, delete the data too."""
        self._jobs.end_abandoned()
        for group in stopping_order(self.observe(), self._store.kept_releases()):
            each(group, lambda replica: self._containers.stop(replica.name), workers=4)
        self.folders.forget(keep=set())
        self.doors.close()
        self._remove("networks", [row["Id"] for row in self._networks.ours()])
        if volumes:
            self._remove("volumes", [row["Name"] for row in self._ours("volumes")["Volumes"] or ()])
            shutil.rmtree(self.folders.data, ignore_errors=True)

    def _ours(self, kind: str) -> Any:
        return self._api.get(f"/{kind}", filters=filters(label=[COMPOSE_LABEL]))

    def _remove(self, kind: str, names: list[str]) -> None:
        for name in names:
            try:
                self._api.ask("DELETE", f"/{kind}/{name}")
            except DockerRefusedError as error:
                if error.status not in {NOT_FOUND, CONFLICT}:
                    raise
