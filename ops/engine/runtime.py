"""The interface through which the engine drives replicas."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from ops.engine.http import Response
from ops.engine.model import Edge, Image, Release, Replica, Service

Say = Callable[[str], None]  # one line of progress, into the journal


class Line(NamedTuple):
    """One line of a log. `at` is Unix seconds: the line's own time, or that of the line before it."""

    at: float
    service: str
    replica: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Listener:
    """A TCP or UDP port of this host that is listened on; `owner` is the service, or empty when it is not ours."""

    address: str
    port: int
    protocol: str = "tcp"
    pid: int = 0
    process: str = ""
    owner: str = ""


@dataclass(frozen=True, kw_only=True)
class LogQuery:
    """Which lines are wanted; empty means all. `since_s` counts back from now."""

    services: tuple[str, ...] = ()
    since_s: float | None = None
    grep: str = ""
    lines: int = 200
    follow: bool = False


class Doors(Protocol):
    """What lets two Traefiks overlap: the sockets at which visitors arrive, which outlive both."""

    def serving(self) -> str:
        """Return the replica that gets visitors; empty when there is none."""

    def url(self, name: str) -> str:
        """Return where this one's own API answers."""

    def write_routes(self, name: str, files: dict[str, str]) -> None:
        """Put these files in the folder that this one alone watches, or will watch once it is started."""

    def ask(self, name: str, path: str, *, host: str) -> Response | None:
        """Ask one that has no visitors yet, as they will ask it; None where it cannot be asked alone."""

    def lead_challenges(self, to: str) -> None:
        """Have the one with visitors pass on challenges that it does not know to this `host:port`; empty: to nobody."""

    def has_certificate(self, name: str, host: str) -> bool:
        """Tell whether this one shows a certificate that names a host."""

    def turn_to(self, name: str) -> None:
        """Send whoever connects from now on to this one."""

    def say_farewell(self, name: str) -> None:
        """Let this one ask each of its visitors to connect anew."""

    def waiting(self, name: str) -> int:
        """Return how many have come to this one's doors and were not let in yet."""


class Runtime(Protocol):
    """Start, stop, run once, list, logs, health. Every verb is idempotent; failures raise `EngineError`."""

    @property
    def doors(self) -> Doors | None:
        """What lets two Traefiks overlap; None where nothing does."""

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
        """Return `host:port` as the engine, on this host, reaches it."""

    def server(self, replica: Replica) -> str:
        """Return `host:port` as Traefik reaches it; the same over restarts of the replica."""

    def edge_url(self, edge: Edge) -> str:
        """Return where the API of the Traefik with visitors answers the engine; empty while none runs."""

    def logs(self, name: str, *, lines: int) -> Iterator[str]:
        """Yield the last lines that a replica wrote."""

    def read_lines(self, query: LogQuery) -> Iterator[Line]:
        """Yield log lines of all replicas, also of those that are gone where they are kept, in the order of time."""

    def memory_mib(self) -> dict[str, float]:
        """Return the resident memory of each replica that runs, by name, in MiB."""

    def listeners(self) -> tuple[Listener, ...] | None:
        """Return the ports that something listens on, with the service that owns each.

        None on a runtime that leaves this to the operator's side, which is on the same machine.
        """

    def static_config(self) -> str:
        """Return the file that the running Traefik was started with; empty while there is none."""

    def join(self, release: Release) -> bool:
        """Put what runs of a release into its networks too, without replacing it; tell whether anything was done."""

    def leave(self, release: Release) -> bool:
        """Take what runs of a release out of networks that are not its own; tell whether anything was done."""

    def write_routes(self, files: dict[str, str]) -> None:
        """Put these files (name -> content) in every Traefik's watched folder, each by rename, and remove any other."""

    def prune(self, *, keep_images: set[str]) -> tuple[str, ...]:
        """Remove images that no kept release needs; return their ids."""

    def down(self, *, volumes: bool) -> None:
        """Stop everything; with `volumes`, delete the data too."""
