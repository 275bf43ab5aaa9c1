"""What must a runtime be able to do for the engine?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from ops.engine.model import Image, Release, Replica, Service

Say = Callable[[str], None]  # one line of progress, into the journal


class Runtime(Protocol):
    """Start, stop, run once, list, logs, health. Every verb is idempotent; failures raise `EngineError`."""

    def prepare(self) -> None:
        """Make sure that replicas can be started at all (a supervisor runs, folders exist)."""

    def observe(self) -> tuple[Replica, ...]:
        """Return every replica there is, running or not, of any release."""

    def has_image(self, image: Image) -> bool:
        """Tell whether `build` of this image has finished before."""

    def build(self, image: Image, release: Release, say: Say) -> None:
        """Build an image; a build that was cut leaves nothing that `has_image` believes."""

    def start(self, service: Service, name: str) -> Replica:
        """Start a replica under this name, or return it when it already runs."""

    def stop(self, name: str, *, signal: str, grace_s: float) -> None:
        """Send the signal, wait for the grace time, kill what is left, forget the replica."""

    def run_once(self, service: Service, command: tuple[str, ...], *, timeout_s: float) -> tuple[int, str]:
        """Run a command in the service's image and environment; return exit code and combined output."""

    def is_healthy(self, service: Service, replica: Replica) -> bool:
        """Run the service's health check once, against this replica."""

    def address(self, replica: Replica) -> str:
        """Return `host:port` as Traefik reaches it."""

    def logs(self, name: str, *, lines: int) -> Iterator[str]:
        """Yield the last lines that a replica wrote."""

    def write_routes(self, files: dict[str, str]) -> None:
        """Put these files (name -> content) in Traefik's watched folder, each by rename, and remove any other."""

    def prune(self, *, keep_images: set[str]) -> tuple[str, ...]:
        """Remove images that no kept release needs; return their ids."""

    def down(self, *, volumes: bool) -> None:
        """Stop everything; with `volumes`, delete the data too."""
