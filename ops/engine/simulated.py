"""How does the engine behave when anything fails at any moment? A runtime and a store on a host in memory."""

from __future__ import annotations

from collections.abc import Iterator

from ops.engine.fleet import EDGE_SERVICE
from ops.engine.model import Edge, Image, Release, Replica, Service
from ops.engine.runtime import Line, LogQuery, Say
from ops.engine.simulated_host import SimulatedHost
from ops.engine.state import State, Store


class SimulatedRuntime:
    """The runtime of a simulated host."""

    def __init__(self, host: SimulatedHost) -> None:
        self._host = host

    def prepare(self) -> None:
        """Have nothing to prepare."""

    def observe(self) -> tuple[Replica, ...]:
        """Return every replica."""
        return tuple(self._host.replicas.values())

    def has_image(self, image: Image) -> bool:
        """Tell whether the image was built."""
        return image.id in self._host.images

    def build(self, image: Image, release: Release, say: Say) -> None:
        """Have the image from now on."""
        say(f"{image.id} of {release.id}")
        self._host.effect(f"build {image.id}", lambda: self._host.images.add(image.id))

    def start(self, service: Service, name: str) -> Replica:
        """Run a replica, unless it runs."""
        host = self._host
        if service.image.id not in host.images:
            raise AssertionError(f"{service.image.id} was not built")

        def run() -> None:
            port = service.port or host.next_port
            host.next_port += 1
            host.replicas[name] = _replica(service, name, port)
            if service.name == EDGE_SERVICE:
                host.loaded = host.written

        host.effect(f"start {name}", run)
        return host.replicas[name]

    def stop(self, name: str, *, signal: str, grace_s: float) -> None:
        """Forget a replica."""
        del signal, grace_s

        def forget() -> None:
            replica = self._host.replicas.get(name)
            self._host.lost += [name] if replica and self._host.is_busy(replica) else []
            self._host.replicas.pop(name, None)
            self._host.ready_answers.pop(name, None)

        self._host.effect(f"stop {name}", forget)

    def run_once(self, service: Service, command: tuple[str, ...], *, timeout_s: float) -> tuple[int, str]:
        """Run a job; a broken one fails."""
        del command, timeout_s
        self._host.effect(f"run {service.name}", lambda: None)
        return (1, "it failed") if service.fingerprint in self._host.broken else (0, "done")

    def is_healthy(self, service: Service, replica: Replica) -> bool:
        """Tell whether a replica is not one of the broken ones."""
        return service.fingerprint not in self._host.broken and replica.name in self._host.replicas

    def address(self, replica: Replica) -> str:
        """Return host and port."""
        return f"127.0.0.1:{replica.port}"

    def server(self, replica: Replica) -> str:
        """Return the same."""
        return self.address(replica)

    def edge_url(self, edge: Edge) -> str:
        """Return what the release says."""
        return edge.api_url

    def read_lines(self, query: LogQuery) -> Iterator[Line]:
        """Have no lines."""
        del query
        yield from ()

    def memory_mib(self) -> dict[str, float]:
        """Need no memory."""
        return {}

    def listeners(self) -> None:
        """Listen nowhere."""

    def static_config(self) -> str:
        """Have no file."""
        return ""

    def logs(self, name: str, *, lines: int) -> Iterator[str]:
        """Yield one line."""
        yield f"{name} said so"[: lines * 80]

    def write_routes(self, files: dict[str, str]) -> None:
        """Replace the routes; Traefik sees them a moment later, or at once when it starts."""

        def write() -> None:
            self._host.serving()
            self._host.written, self._host.written_at = dict(files), self._host.clock.time

        self._host.effect("write routes", write)

    def prune(self, *, keep_images: set[str]) -> tuple[str, ...]:
        """Forget images."""
        gone = tuple(sorted(self._host.images - keep_images))
        self._host.effect("prune", lambda: self._host.images.intersection_update(keep_images))
        return gone

    def down(self, *, volumes: bool) -> None:
        """Stop everything."""
        del volumes
        self._host.effect("down", self._host.replicas.clear)


class SimulatedStore(Store):
    """A store in memory whose writes are effects."""

    def __init__(self, host: SimulatedHost) -> None:
        self._host = host
        self._now = State()
        self._kept: dict[str, Release] = {}

    def read(self) -> State:
        """Return the state."""
        return self._now

    def write(self, state: State) -> None:
        """Replace the state."""
        self._host.effect(f"state {state.release}", lambda: setattr(self, "_now", state))

    def save_release(self, release: Release) -> None:
        """Keep a release."""
        self._host.effect(f"keep {release.id}", lambda: self._kept.update({release.id: release}))

    def load_release(self, release_id: str | None) -> Release | None:
        """Return a kept release."""
        return self._kept.get(release_id or "")

    def kept_releases(self) -> tuple[Release, ...]:
        """Return all kept releases."""
        return tuple(self._kept.values())

    def forget_releases(self, *, keep: set[str]) -> None:
        """Forget other releases."""
        self._kept = {key: release for key, release in self._kept.items() if key in keep}


def _replica(service: Service, name: str, port: int) -> Replica:
    return Replica(
        name=name,
        service=service.name,
        fingerprint=service.fingerprint,
        image_id=service.image.id,
        port=port,
        state="running",
    )
