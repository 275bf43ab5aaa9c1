"""The networks of this host that are ours: what runs is put into others, and out of those that nobody needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ops.engine.compose.containers import Container, Containers
from ops.engine.compose.descriptions import FINGERPRINT, PROJECT, SERVICE, network_names
from ops.engine.compose.docker_api import CONFLICT, FORBIDDEN, NOT_FOUND, DockerApi, DockerRefusedError, filters
from ops.engine.model import Release, Service

LABEL = f"com.docker.compose.project={PROJECT}"


class Networks:
    """Moves containers that cannot be replaced from one network to another while they run."""

    def __init__(self, api: DockerApi, containers: Containers) -> None:
        self._api = api
        self._containers = containers

    def join(self, release: Release, make: Callable[[Service], None]) -> bool:
        """Put the containers of a release into its networks, those that are not there yet made first; tell if any."""
        missing = list(self._differing(release, wanted=True))
        there = {row["Name"] for row in self.ours()}
        for service, _, name in missing:
            if name not in there:
                make(service)
                there |= {row["Name"] for row in self.ours()}
        for service, container, name in missing:
            wanted = {"Container": container["Id"], "EndpointConfig": {"Aliases": [service.name]}}
            self._ask("POST", f"/networks/{name}/connect", body=wanted, fine={FORBIDDEN})
        return bool(missing)

    def leave(self, release: Release) -> bool:
        """Take the containers of a release out of networks that it does not name, and remove those that nobody needs.

        The network that a container was made in has to be there whenever it starts, though it is in it no more.
        """
        left = list(self._differing(release, wanted=False))
        for _, container, name in left:
            body = {"Container": container["Id"], "Force": False}
            self._ask("POST", f"/networks/{name}/disconnect", body=body, fine={NOT_FOUND})
        needed = set(network_names(release.project).values())
        needed |= {container["HostConfig"]["NetworkMode"] for container in self._containers.inspected()}
        for row in self.ours():
            if not {row["Name"], row["Id"]} & needed:
                self._ask("DELETE", f"/networks/{row['Id']}", fine={NOT_FOUND, CONFLICT, FORBIDDEN})
        return bool(left)

    def ours(self) -> list[Mapping[str, Any]]:
        """Return our networks."""
        found: list[Mapping[str, Any]] = self._api.get("/networks", filters=filters(label=[LABEL]))
        return found

    def _differing(self, release: Release, *, wanted: bool) -> Iterable[tuple[Service, Container, str]]:
        """Yield each running container of a release with a network that it should be in, or should not be in."""
        names = network_names(release.project)
        services = {(one.name, one.fingerprint): one for one in release.services if not one.is_job}
        ours = {row["Name"] for row in self.ours()}
        for container in self._containers.inspected():
            labels = container["Config"]["Labels"]
            service = services.get((labels[SERVICE], labels[FINGERPRINT]))
            is_guest = container["HostConfig"]["NetworkMode"].startswith("container:")  # of another one's networks
            if service is None or is_guest or not container["State"]["Running"]:
                continue
            own = {names[key] for key in service.container.get("networks") or () if key in names}
            present = set(container["NetworkSettings"]["Networks"])
            found = own - present if wanted else (present & ours) - own
            yield from ((service, container, name) for name in sorted(found))

    def _ask(self, method: str, path: str, *, fine: set[int], body: Any = None) -> None:
        try:
            self._api.ask(method, path, body=body)
        except DockerRefusedError as error:
            if error.status not in fine:
                raise
