"""What was seen of a running stack, and where we looked.

Values only: the probes and the engine fill them in, the checks and the report read them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from ops.engine.runtime import Listener
from ops.environments import addressed
from ops.settings import STANDARD_SSH_PORT

LIMIT_S = 5.0  # what takes longer is asked again, and is `slow` when it takes longer again
PATIENCE_S = 15.0  # what takes longer than this has failed
SERVICES = ("api", "beat", "django", "nginx-static", "postgres", "react-app", "redis", "traefik", "worker")
# Who signs the certificate: this checkout's own authority, Let's Encrypt's staging or production directory, a private
# ACME server, or whoever signed the operator's own files.
Issuer = Literal["local", "staging", "production", "private", "files"]


@dataclass(frozen=True, kw_only=True)
class Site:
    """Where a stack answers, and what its settings promise about it."""

    domain: str
    address: str = "127.0.0.1"  # connected to instead of what the name resolves to; empty: resolve it
    https_port: int = 443
    http_port: int = 80
    ssh_port: int = STANDARD_SSH_PORT
    ca_file: str = ""  # the authority to verify against; empty: those that this machine trusts
    issuer: Issuer = "local"  # `staging` without `ca_file`: name and dates count, for nobody trusts its root
    rate_limit_burst: int = 50
    exposed: tuple[str, ...] = ()  # of `admin` and `flower`: what was asked to be public, behind authentication
    graphql: bool = False  # whether /graphql was asked to be public
    target: str = "local"
    environment: str = "development"
    loopback_only: bool = True  # nothing of ours may listen outside the loopback range (the local target)

    @property
    def https(self) -> str:
        """The public address, without a trailing slash."""
        return f"https://{self.domain}" + ("" if self.https_port == 443 else f":{self.https_port}")  # noqa: PLR2004 - https

    @property
    def http(self) -> str:
        """The address that only redirects, without a trailing slash."""
        return f"http://{self.domain}" + ("" if self.http_port == 80 else f":{self.http_port}")  # noqa: PLR2004 - http

    @property
    def services(self) -> tuple[str, ...]:
        """The services that have to run."""
        return (*SERVICES, *(["flower"] if "flower" in self.exposed else []))

    @property
    def is_untrusted_staging(self) -> bool:
        """Tell whether the certificate comes from an authority that nobody trusts, and whose root is not at hand."""
        return self.issuer == "staging" and not self.ca_file

    def word(self, *words: str) -> str:
        """Write a command that the operator may type next."""
        place = ["--target", self.target] if self.target != "droplet" else []
        return addressed(" ".join(("invoke", *words, *place)))

    @property
    def entrance(self) -> str:
        """Where the host itself finds the public side: Traefik's port on its own loopback address."""
        return f"127.0.0.1:{self.https_port}"

    def logs(self, service: str) -> str:
        """Write the command that shows what a service says."""
        return self.word("logs", "--service", service)


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """The certificate that a server showed, after it was verified."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    protocol: str = ""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What happened when a URL was asked for; `error` is empty when there was an answer."""

    url: str
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)  # names in lower case
    body_head: str = ""
    seconds: float = 0.0
    error: str = ""
    http_version: str = ""
    method: str = "GET"
    certificate: Certificate | None = None

    def header(self, name: str) -> str:
        """Return a header, or nothing."""
        return self.headers.get(name.lower(), "")

    @property
    def summary(self) -> str:
        """What came back, in two or three words."""
        return self.error or f"{self.status}"


@dataclass(frozen=True, kw_only=True)
class Burst:
    """How many requests in a row the host made at the edge until one was refused with a 429; `why` it made none."""

    asked: int = 0
    seconds: float = 0.0
    refused: Answer | None = None
    others: int = 0  # answers that were neither good nor a 429
    other: Answer | None = None  # the first of these
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Port:
    """What happened when a TCP connection was tried."""

    host: str
    port: int
    is_open: bool
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class ServiceState:
    """One replica as the engine reports it."""

    service: str
    replica: str
    state: str
    healthy: bool
    pid: int = 0
    port: int = 0
    image_id: str = ""
    started_at: float = 0.0  # Unix seconds
    restarts: int = 0
    rss_mib: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A command that ran in a service; `error` is set when it could not be run at all."""

    exit_code: int = -1
    output: str = ""
    seconds: float = 0.0
    error: str = ""
    is_limited: bool = False  # it was not done, because the rate limit met us wherever we asked from

    @property
    def text(self) -> str:
        """What it said, or why it could not run."""
        return self.error or self.output


@dataclass(frozen=True, kw_only=True)
class Observations:
    """Everything that one verification saw, before anything is concluded from it."""

    at: datetime | None = None
    answers: dict[str, Answer] = field(default_factory=dict)  # by the name of the route
    burst: Burst = field(default_factory=lambda: Burst(why="nobody asked"))
    outside: tuple[Port, ...] = ()  # ports that were tried as a stranger would
    listeners: tuple[Listener, ...] = ()
    services: tuple[ServiceState, ...] = ()
    commands: dict[str, Ran] = field(default_factory=dict)
    logs: dict[str, str] = field(default_factory=dict)  # by service
    static_config: str = ""
    problems: dict[str, str] = field(default_factory=dict)  # what could not be looked at -> why; `host`: all of it
    seconds: dict[str, float] = field(default_factory=dict)  # how long the host took for a part
    release: str = ""  # the one that was live
    host_time: float = 0.0  # Unix seconds, by the host's own clock
    host_uptime: float = float("inf")  # for how many seconds it has been up, where it says so
    is_trusted: bool = False  # whether browsers trust the certificate; asked where they must not


class ObservedHost(Protocol):
    """Where the stack runs."""

    def engine(self, verb: str, *words: str) -> Any:
        """Run an engine command and return the JSON it printed; raises OpsError."""

    def examine(self) -> dict[str, Any]:
        """Return what the engine's `examine` prints; raises OpsError."""

    def run(self, service: str, command: tuple[str, ...], *, timeout_s: float) -> tuple[int, str]:
        """Run a command of a service; return its exit code and output; raises OpsError."""
