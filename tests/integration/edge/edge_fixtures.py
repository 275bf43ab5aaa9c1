"""What do the edge's tests stand on: the real Traefik and nginx, and a certificate authority?"""

from __future__ import annotations

import contextlib
import json
import shutil
import ssl
import string
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import bcrypt
import httpx
import trustme
from playwright.sync_api import ConsoleMessage

from ops.engine.host.files import only_this_host
from ops.engine.model import Route
from ops.engine.rollout.routes import Backends, balanced
from tests.ports import free_ports

ROOT = Path(__file__).parents[3]
DOMAIN = "slipway.localhost"
READY = {"api": "/ready", "django": "/ready", "flower": "/healthcheck"}
START_TIMEOUT_S = 15.0


@dataclass(frozen=True, kw_only=True)
class Edge:
    """A running Traefik: where it listens, and which authority signed its certificate."""

    http_port: int
    https_port: int
    internal_port: int
    authority: str  # PEM
    trust: ssl.SSLContext
    log: Path
    pid: int

    def ask(
        self,
        path: str,
        method: str = "GET",
        *,
        host: str = DOMAIN,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
    ) -> httpx.Response:
        """Send one request to the public entry point, under the name of a host."""
        with httpx.Client(verify=self.trust, timeout=10) as client:
            return client.request(
                method,
                f"https://127.0.0.1:{self.https_port}{path}",
                content=content,
                headers={"Host": host, **(headers or {})},
                extensions={"sni_hostname": DOMAIN},
            )

    def ask_plain(self, path: str, method: str = "GET", *, host: str) -> httpx.Response:
        """Send one request over plain HTTP and follow nothing."""
        return httpx.request(method, f"http://127.0.0.1:{self.http_port}{path}", headers={"Host": host})

    def ask_inside(self, path: str, *, host: str = "127.0.0.1") -> httpx.Response:
        """Send one request to the internal entry point."""
        return httpx.get(f"http://127.0.0.1:{self.internal_port}{path}", headers={"Host": host})


@contextlib.contextmanager
def edge(
    local_env: Path,
    folder: Path,
    servers: Mapping[str, list[str]],
    *,
    fallback: Mapping[str, list[str]] | None = None,
    settings: Mapping[str, str] | None = None,
    ports: list[int] | None = None,
    hosts: tuple[str, ...] = (),
) -> Iterator[Edge]:
    """Run Traefik on the repository's own files, as the local target does, in front of these servers.

    With a `fallback` it runs as while a release of those services is watched.

    The ports are those of HTTP, HTTPS and the internal entry point; by default any that are free.
    """
    authority = trustme.CA()
    ports = ports or free_ports(3)
    environment = edge_environment(folder, ports) | dict(settings or {})
    write_certificate(authority, environment)
    conf = folder / "traefik.yml"
    conf.write_text(fill_in(ROOT / "traefik/traefik.yml.template", environment))
    shutil.copytree(ROOT / "traefik/dynamic", folder / "dynamic")
    for name, text in only_this_host(hosts).items():
        (folder / "dynamic" / name).write_text(text)
    (folder / "dynamic/servers.yml").write_text(routes(servers, fallback=fallback))
    signer = authority.cert_pem.bytes().decode()
    log = folder / "traefik.log"
    with process((str(local_env / "bin/traefik"), f"--configFile={conf}"), environment, log) as traefik:
        running = Edge(
            http_port=ports[0],
            https_port=ports[1],
            internal_port=ports[2],
            authority=signer,
            trust=ssl.create_default_context(cadata=signer),
            log=log,
            pid=traefik.pid,
        )
        wait_for("Traefik to serve its routes", lambda: "api@file" in running.ask_inside("/api/http/services").text)
        yield running


def edge_environment(folder: Path, ports: list[int]) -> dict[str, str]:
    """Return the environment that docker-compose.yml gives to Traefik on the local target."""
    return {
        "ENVIRONMENT": "staging",
        "WEBSITE_DOMAIN": DOMAIN,
        "USE_TLS": "files",
        "TLS_CERT_PATH": str(folder / "cert.pem"),
        "TLS_KEY_PATH": str(folder / "key.pem"),
        "RATE_LIMIT_API_RPM": "0",
        "RATE_LIMIT_API_BURST": "1",
        "HTTP_ADDRESS": f"127.0.0.1:{ports[0]}",
        "HTTPS_ADDRESS": f"127.0.0.1:{ports[1]}",
        "HTTPS_PORT": str(ports[1]),
        "HTTP_3": f"http3: {{advertisedPort: {ports[1]}}}",
        "STEADY_ADDRESS": "127.0.0.1:0",
        "INTERNAL_ADDRESS": f"127.0.0.1:{ports[2]}",
        "DYNAMIC_DIR": str(folder / "dynamic"),
        "ACME_RESOLVER": "le-staging",
        "ACME_STORAGE": str(folder / "acme.json"),
        "ACME_EMAIL": "",
        "ACME_CERTIFICATE_HOURS": "2160",
        "ACME_CA_SERVER": "https://acme-staging-v02.api.letsencrypt.org/directory",
    }


def write_certificate(authority: trustme.CA, environment: Mapping[str, str]) -> None:
    """Write a certificate for the domain where Traefik is told to look for it."""
    issued = authority.issue_cert(environment["WEBSITE_DOMAIN"])
    issued.private_key_pem.write_to_path(environment["TLS_KEY_PATH"])
    for number, pem in enumerate(issued.cert_chain_pems):
        pem.write_to_path(environment["TLS_CERT_PATH"], append=number > 0)


def routes(servers: Mapping[str, list[str]], *, fallback: Mapping[str, list[str]] | None = None) -> str:
    """Return a servers.yml like the engine's; with a fallback, as while a release is watched."""
    services: dict[str, object] = {}
    for name, addresses in servers.items():
        route = Route(ready=READY.get(name, "/healthz"), host=DOMAIN)
        old = [f"http://{address}" for address in (fallback or {}).get(name, ())]
        services |= balanced(name, route, Backends([f"http://{address}" for address in addresses], old))
    return json.dumps({"http": {"services": services}})


@contextlib.contextmanager
def nginx(local_env: Path, folder: Path, template: str, settings: Mapping[str, str]) -> Iterator[str]:
    """Run nginx through its entry point on one of the repository's server templates; yield `host:port`."""
    port = free_ports(1)[0]
    environment = {"NGINX_HOST": "127.0.0.1", "NGINX_PORT": str(port), "SCRATCH": str(folder), **settings}
    (folder / "conf.d").mkdir(parents=True)
    (folder / "nginx.conf").write_text(fill_in(ROOT / "nginx/local.conf.template", environment))
    (folder / "conf.d/default.conf").write_text(fill_in(ROOT / "nginx" / template, environment))
    python, program = str(local_env / "bin/python"), str(ROOT / "nginx/entrypoint.py")
    with process((python, program, "serve", str(folder / "nginx.conf")), environment, folder / "nginx.log"):
        check = (python, program, "check")
        wait_for("nginx to serve", lambda: not subprocess.run(check, env=environment, check=False).returncode)
        yield f"127.0.0.1:{port}"


@contextlib.contextmanager
def process(command: tuple[str, ...], environment: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program that writes into a log; end it in any case."""
    with log.open("wb") as out:
        running = subprocess.Popen(command, env=dict(environment), stdout=out, stderr=subprocess.STDOUT)
    try:
        yield running
    finally:
        running.terminate()
        try:
            running.wait(timeout=10)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


def wait_for(what: str, is_true: Callable[[], bool], *, timeout_s: float = START_TIMEOUT_S) -> None:
    """Wait until something holds; AssertionError names what was waited for."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            if is_true():
                return
        time.sleep(0.05)
    raise AssertionError(f"waited {timeout_s} s for {what}")


def fill_in(template: Path, environment: Mapping[str, str]) -> str:
    """Fill a template the way the engine does."""
    return string.Template(template.read_text()).safe_substitute(environment)


HEADERS = {
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "strict-origin-when-cross-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
}


def assert_hardened(answer: httpx.Response) -> None:
    """Every public answer carries the headers, and none that names a server."""
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert answer.headers.get_list("content-security-policy") == [answer.headers["content-security-policy"]]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert "permissions-policy" in answer.headers
    assert not {"server", "x-powered-by"} & set(answer.headers)


ADMIN, FLOWER, WWW = f"admin.{DOMAIN}", f"flower.{DOMAIN}", f"www.{DOMAIN}"


USER, PASSWORD = "operator", "canary-of-the-lock"


AUTH = f"{USER}:{bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()}"


EXPOSED = {
    "EXPOSE_ADMIN": "true",
    "EXPOSE_FLOWER": "true",
    "OPERATOR_NETWORKS": "203.0.113.0/24, 127.0.0.1",
    "OPERATOR_AUTH": AUTH,
}


def is_complaint(message: ConsoleMessage) -> bool:
    """Tell whether the browser reports more than an icon that is not there."""
    return message.type == "error" and "favicon" not in message.location["url"]
