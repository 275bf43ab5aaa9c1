"""Which stack, and which visitors, are there when one Traefik takes over from another?"""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import itertools
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import trustme

from ops.engine.model import Edge, Release, Route, Service
from ops.engine.processes import os_processes
from tests.integration.edge.edge_fixtures import DOMAIN, ROOT, edge_environment
from tests.integration.edge.http2_client import Http2, NotTakenError
from tests.integration.engine.engine_fixtures import SmallStack
from tests.ports import free_port

ROUTED = ("api", "django", "nginx-static", "react-app")
EVERY_S = 0.04  # between two requests of a client: what is measured is the exchange, not the machine
TEMPLATE = "traefik.yml.template"


@dataclass
class EdgeStack(SmallStack):
    """The repository's own Traefik, behind which each service is the same small server."""

    https_port: int = field(default_factory=free_port)
    http_port: int = field(default_factory=free_port)
    admin_port: int = field(default_factory=free_port)

    def prepare(self) -> None:
        """Write the sources and a certificate, and pack the engine."""
        super().prepare()
        self.restore_template()
        tls = self.root / "data" / "tls"
        tls.mkdir(parents=True)
        authority = trustme.CA()
        issued = authority.issue_cert(DOMAIN)
        issued.private_key_pem.write_to_path(str(tls / "key.pem"))
        for number, pem in enumerate(issued.cert_chain_pems):
            pem.write_to_path(str(tls / "cert.pem"), append=number > 0)
        authority.cert_pem.write_to_path(str(self.folder / "ca.pem"))

    def restore_template(self) -> None:
        """Have the repository's static file from the next release on."""
        (self.folder / TEMPLATE).write_text((ROOT / "traefik" / TEMPLATE).read_text(encoding="utf-8"))

    def change_template(self, comment: str) -> None:
        """Have another static file from the next release on."""
        with (self.folder / TEMPLATE).open("a", encoding="utf-8") as file:
            file.write(f"# {comment}\n")

    def edge_release(self, number: int, *, version: str = "one", **changes: Any) -> Release:
        """Make a release whose Traefik differs by its number from any other."""
        route = Route(ready="/ready", host=DOMAIN)
        own = {"VERSION": version, "SEEN": str(self.seen)}
        rolling: dict[str, Any] = {"route": route, "rollout": "rolling", "environment": own}
        python = ("python", "{image}/server.py", "{port}")
        services = [self._service(name, ("server.py",), python, **rolling) for name in ROUTED]
        edge = self._edge_service(number)
        settings = {key: changes.pop(key) for key in tuple(changes) if key.isupper()}
        edge = dataclasses.replace(edge, environment=edge.environment | settings, **changes)
        files = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "traefik/dynamic").glob("*.yml")}
        return Release(
            id=f"edge-{number}-{version}",
            source_dir=str(self.folder),
            services=(*services, edge),
            edge=Edge(api_url=f"http://127.0.0.1:{self.admin_port}", dynamic_files=files),
            watch_s=self.watch_s,
        )

    def _edge_service(self, number: int) -> Service:
        ports = [self.http_port, self.https_port, 0]
        own = {"INTERNAL_ADDRESS": "127.0.0.1:{port}", "DYNAMIC_DIR": "{scratch}/dynamic", "HTTP_3": ""}
        tls = {"TLS_CERT_PATH": "{data}/tls/cert.pem", "TLS_KEY_PATH": "{data}/tls/key.pem"}
        steady = {"STEADY_ADDRESS": f"127.0.0.1:{self.admin_port}", "EXCHANGE": str(number)}
        config = "--configFile={scratch}/traefik.yml"
        return self._service(
            "traefik",
            (TEMPLATE,),
            ("traefik", config),
            environment={**edge_environment(self.folder, ports), **own, **tls, **steady},
            healthcheck=("traefik", "healthcheck", config),
            files={TEMPLATE: "traefik.yml"},
            stop_grace_s=35.0,
            trials=("/", "/api/health"),
            sockets={
                "web": f"127.0.0.1:{self.http_port}",
                "websecure": f"127.0.0.1:{self.https_port}",
                "steady": f"127.0.0.1:{self.admin_port}",
            },
        )

    def edge_release_of_before(self, number: int = 0) -> Release:
        """Make a release whose Traefik has no sockets but its own, as it was before they outlived it."""
        internal = {"INTERNAL_ADDRESS": f"127.0.0.1:{self.admin_port}", "STEADY_ADDRESS": "127.0.0.1:0"}
        routes = {"DYNAMIC_DIR": "{data}/traefik/dynamic"}
        return self.edge_release(number, sockets={}, trials=(), port=self.https_port, **internal, **routes)

    def holder(self) -> int:
        """Return the process that holds the sockets, 0 when none runs."""
        record = os_processes.read_record(self.root / "sockets")
        return record.pid if record and os_processes.command_of(record.pid) else 0

    @property
    def trust(self) -> ssl.SSLContext:
        """Return what trusts the certificate."""
        return ssl.create_default_context(cafile=str(self.folder / "ca.pem"))

    def edges(self) -> list[dict[str, Any]]:
        """Return what the engine says of each Traefik that there is."""
        rows = json.loads(self.engine("status").stdout)["services"]
        return [row for row in rows if row["service"] == "traefik"]

    def home_page(self) -> int:
        """Ask for the home page on a connection of its own and return the status."""
        with contextlib.closing(self.connect()) as connection:
            connection.request("GET", "/", headers={"Host": DOMAIN})
            return connection.getresponse().status

    def connect(self) -> http.client.HTTPConnection:
        """Return a client with a connection over TLS."""
        connection = _Connection("127.0.0.1", self.https_port, timeout=15)
        connection.trust = self.trust
        return connection


class _Connection(http.client.HTTPConnection):
    trust: ssl.SSLContext

    def connect(self) -> None:
        plain = socket.create_connection((self.host, self.port), self.timeout)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = self.trust.wrap_socket(plain, server_hostname=DOMAIN)


@dataclass
class Visitors:
    """What visitors got: how many answers on each kind of connection, every failure, the longest wait."""

    answered: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    longest_s: float = 0.0

    def note(self, kind: str, status: int, seconds: float) -> None:
        """Note an answer."""
        self.longest_s = max(self.longest_s, seconds)
        if status == http.client.OK:
            self.answered[kind] = self.answered.get(kind, 0) + 1
        else:
            self.failures.append(f"{kind}: {status}")


METHODS = ("GET", "POST", "GET", "GET")


@contextlib.contextmanager
def visitors(stack: EdgeStack, *, fresh: int = 6, kept: int = 4, streams: int = 2) -> Iterator[Visitors]:
    """Let visitors come: some connect anew for each request, some keep theirs, some speak HTTP/2."""
    seen, stopped = Visitors(), threading.Event()
    jobs: list[Callable[[], None]] = [lambda: _ask_anew(stack, seen, stopped)] * fresh
    jobs += [lambda: _ask_on_one(stack, seen, stopped)] * kept
    jobs += [lambda: _ask_in_streams(stack, seen, stopped)] * streams
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        stopped.set()
        for thread in threads:
            thread.join(timeout=30)


def _ask(kind: str, connection: http.client.HTTPConnection, seen: Visitors, method: str, path: str) -> None:
    began = time.monotonic()
    try:
        body = b"a body" if method == "POST" else None
        connection.request(method, path, body=body, headers={"Host": DOMAIN})
        answer = connection.getresponse()
        answer.read()
        seen.note(kind, answer.status, time.monotonic() - began)
    except (OSError, http.client.HTTPException) as error:
        seen.failures.append(f"{kind} {method}: {error!r}")
        connection.close()


def _ask_anew(stack: EdgeStack, seen: Visitors, stopped: threading.Event) -> None:
    for method in itertools.cycle(METHODS):
        if stopped.wait(EVERY_S):
            return
        with contextlib.closing(stack.connect()) as connection:
            _ask("fresh", connection, seen, method, "/api/health")


def _ask_on_one(stack: EdgeStack, seen: Visitors, stopped: threading.Event) -> None:
    with contextlib.closing(stack.connect()) as connection:
        for number, method in enumerate(itertools.cycle(METHODS)):
            if stopped.wait(EVERY_S):
                return
            _ask("kept", connection, seen, method, "/?0.3" if number % 20 == 0 else "/")


def _ask_in_streams(stack: EdgeStack, seen: Visitors, stopped: threading.Event) -> None:
    methods = itertools.cycle(METHODS)
    while not stopped.is_set():
        connection = Http2(stack.https_port, trust=stack.trust, domain=DOMAIN, timeout_s=15)
        with contextlib.closing(connection):
            while not stopped.wait(EVERY_S) and not connection.is_leaving:
                method, began = next(methods), time.monotonic()
                try:
                    status = connection.request(method, "/api/health", body=b"a body" if method == "POST" else b"")
                    seen.note("http/2", status, time.monotonic() - began)
                except NotTakenError:
                    break  # the server has not touched it: a browser asks again, on another connection
                except OSError as error:
                    seen.failures.append(f"http/2 {method}: {error!r}")
                    break
