"""Which small stack runs under the real engine, runtime and Traefik?"""

from __future__ import annotations

import hashlib
import http.client
import json
import subprocess
import sys
import threading
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from ops.engine.model import Edge, Image, Release, Route, Service, release_to_json
from ops.engine.packing import pack
from tests.ports import free_port

HOST = "slipway.localhost"
EVERY_S = 0.03  # between two requests of a client: what is measured is the rollout, not the machine
SERVER = """
import http.server, json, os, signal, sys, threading, time
IN_FLIGHT = 0
LOCK = threading.Lock()

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        with open(os.environ["SEEN"], "a") as seen:
            print(self.rfile.read(int(self.headers["Content-Length"])).decode(), file=seen)
        self.do_GET()

    def do_GET(self):
        global IN_FLIGHT
        if self.path == "/ready":
            is_ready = os.environ["VERSION"] != "broken" and self.headers["Host"] == "slipway.localhost"
            return self.answer(200 if is_ready else 503, {"status": "ready", "in_flight": IN_FLIGHT})
        with LOCK:
            IN_FLIGHT += 1
        time.sleep(float(self.path.partition("?")[2] or 0))
        is_wrong = os.environ["VERSION"] == "errs" or os.environ["VERSION"] == "errs-on-post" and self.command == "POST"
        self.answer(500 if is_wrong else 200, {"version": os.environ["VERSION"]})
        with LOCK:
            IN_FLIGHT -= 1

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *words):
        pass

if os.environ["VERSION"] == "dies":
    sys.exit("no database, no life, and " + os.environ["HELLO_PASSWORD"])
if os.environ["VERSION"] == "crashes":
    threading.Timer(2, os._exit, [1]).start()
print("hello from", os.environ["VERSION"], flush=True)
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
server.serve_forever()
"""
STATIC = """
entryPoints: {web: {address: "127.0.0.1:${WEB_PORT}"}, internal: {address: "127.0.0.1:${API_PORT}"}}
providers: {providersThrottleDuration: 100ms, file: {directory: "${DYNAMIC_DIR}", watch: true}}
api: {dashboard: false}
ping: {entryPoint: internal}
metrics: {prometheus: {entryPoint: internal}}
"""
DYNAMIC = """
http:
  routers:
    api: {entryPoints: [internal], rule: "PathPrefix(`/api`)", service: api@internal}
    hello: {entryPoints: [web], rule: "PathPrefix(`/`)"}
    hello-again: {parentRefs: [hello], rule: "Method(`GET`)", priority: 2, service: hello-again}
    hello-once: {parentRefs: [hello], rule: "PathPrefix(`/`)", priority: 1, middlewares: [unsent], service: hello}
  middlewares: {unsent: {retry: {attempts: 10, initialInterval: 20ms}}}
  serversTransports: {upstream: {maxIdleConnsPerHost: 100}}
"""


@dataclass
class SmallStack:
    """A folder with sources, a root for the engine, and the ports of its Traefik."""

    folder: Path
    env_id: str
    web_port: int = field(default_factory=free_port)
    api_port: int = field(default_factory=free_port)
    runs: int = 0
    watch_s: float = 0.5

    @property
    def root(self) -> Path:
        """Return what is `.local` elsewhere."""
        return self.folder / "state"

    @property
    def dropped(self) -> Path:
        """Return the file with the names of the migrations that have dropped something."""
        return self.folder / "dropped"

    @property
    def seen(self) -> Path:
        """Return the file with a line for each POST that any replica got."""
        return self.folder / "seen"

    def prepare(self) -> None:
        """Write the sources and pack the engine."""
        for name, text in {"server.py": SERVER, "traefik.yml.template": STATIC}.items():
            (self.folder / name).write_text(text, encoding="utf-8")
        pack(self.root / "engine.pyz")

    def release(self, version: str, *, replicas: int = 2, drops: str = "", start_timeout_s: float = 4.0) -> Release:
        """Make a release whose `hello` says this version; it may drop a column that the one before uses."""
        own = {"VERSION": version, "HELLO_PASSWORD": "canary-in-hello", "SEEN": str(self.seen)}
        common: dict[str, Any] = {"environment": own}
        python = ("python", "{image}/server.py", "{port}")
        sleep = ("python", "-c", "import time; time.sleep(3600)")
        route = Route(ready="/ready", host=HOST)
        services = (
            self._service("store", ("server.py",), python, environment={"VERSION": "1", "SEEN": str(self.seen)}),
            self._service(
                "hello",
                ("server.py",),
                python,
                **common,
                route=route,
                rollout="rolling",
                replicas=replicas,
                after=("store",),
                start_timeout_s=start_timeout_s,
                stop_grace_s=5.0,
            ),
            self._migrate(drops, common),
            self._service("beat", ("server.py",), sleep, **common, after=("store",)),
            self._traefik(),
        )
        edge = Edge(api_url=f"http://127.0.0.1:{self.api_port}", dynamic_files={"public.yml": DYNAMIC})
        name = f"release-{version}-{replicas}"
        return Release(id=name, source_dir=str(self.folder), services=services, edge=edge, watch_s=self.watch_s)

    def _migrate(self, drops: str, common: dict[str, Any]) -> Service:
        """Return the job; `dropped` is its database: a line for each column that is gone."""
        if not drops:
            nothing = ("python", "-c", "print('migrated')")
            return self._service("migrate", ("server.py",), nothing, **common, job_order=1)
        work = f"print({drops!r}, file=open({str(self.dropped)!r}, 'a'))"
        problem = {"migration": drops, "code": "drop-column", "table": "t", "why": "drops what is read"}
        told = {"pending": [drops], "problems": [problem], "is_atomic": True}
        done = {"pending": [], "problems": [], "is_atomic": True}
        check = (
            "import json, pathlib\n"
            f"database = pathlib.Path({str(self.dropped)!r})\n"
            f"is_done = database.exists() and {drops!r} in database.read_text()\n"
            f"print(json.dumps({done!r} if is_done else {told!r}))"
        )
        fields: dict[str, Any] = {"job_order": 1, "touches": "schema", "check": ("python", "-c", check)}
        return self._service("migrate", ("server.py",), ("python", "-c", work), **common, **fields)

    def engine(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the packed engine to its end."""
        return subprocess.run(self.command(*words), capture_output=True, text=True, check=False, timeout=120)

    def command(self, verb: str, *words: str) -> tuple[str, ...]:
        """Return the words of an engine command."""
        return (sys.executable, str(self.root / "engine.pyz"), verb, "--root", str(self.root), *words)

    def deploy_words(self, release: Release) -> tuple[str, ...]:
        """Ship a release and return the words that deploy it in a run of its own."""
        self.runs += 1
        shipped = self.folder / "release.json"
        shipped.write_text(release_to_json(release), encoding="utf-8")
        return ("deploy", "--release", str(shipped), "--run-id", f"run-{self.runs}")

    def deploy(self, release: Release, *switches: str) -> tuple[int, list[dict[str, Any]]]:
        """Deploy and return the exit code and the journal."""
        done = self.engine(*self.deploy_words(release), *switches)
        return done.returncode, self.journal()

    def rollback(self) -> tuple[int, list[dict[str, Any]]]:
        """Go back to the release before and return the exit code and the journal."""
        self.runs += 1
        done = self.engine("rollback", "--run-id", f"run-{self.runs}")
        return done.returncode, self.journal()

    def journal(self) -> list[dict[str, Any]]:
        """Return the entries of the last run."""
        file = self.root / "runs" / f"run-{self.runs}" / "journal.jsonl"
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]

    def answer(self) -> str:
        """Ask through Traefik and return the version that answered."""
        connection = http.client.HTTPConnection("127.0.0.1", self.web_port, timeout=5)
        try:
            connection.request("GET", "/", headers={"Host": HOST})
            return str(json.loads(connection.getresponse().read())["version"])
        finally:
            connection.close()

    def _traefik(self) -> Service:
        ports = {"WEB_PORT": str(self.web_port), "API_PORT": str(self.api_port)}
        config = "--configFile={scratch}/traefik.yml"
        return self._service(
            "traefik",
            ("traefik.yml.template",),
            ("traefik", config),
            environment={**ports, "DYNAMIC_DIR": "{data}/traefik/dynamic"},
            healthcheck=("traefik", "healthcheck", "--ping.entryPoint=internal", config),
            files={"traefik.yml.template": "traefik.yml"},
            port=self.web_port,
        )

    def _service(self, name: str, sources: tuple[str, ...], command: tuple[str, ...], **fields: Any) -> Service:
        hashes = {file: hashlib.sha256((self.folder / file).read_bytes()).hexdigest() for file in sources}
        digest = hashlib.sha256(json.dumps([self.env_id, hashes]).encode()).hexdigest()[:12]
        image = Image(id=f"{name}-{digest}", env="local", env_id=self.env_id, files=hashes)
        return Service(name=name, image=image, command=command, **fields)


class Load:
    """Clients that ask all the time, over connections they keep; every other request is slow.

    `failed_posts`: what failed and may not be asked again by anybody but who sent it.
    """

    def __init__(self, port: int, *, clients: int = 6) -> None:
        self.failures: list[str] = []
        self.failed_posts: list[str] = []
        self.versions: list[str] = []
        self._port = port
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._ask_all_the_time) for _ in range(clients)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join(timeout=20)

    def _ask_all_the_time(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            self._ask(connection)
        finally:
            connection.close()

    def _ask(self, connection: http.client.HTTPConnection) -> None:
        paths = ["/", "/?0.4", "/", "/"]
        while not self._stopped.wait(EVERY_S):
            paths.append(paths.pop(0))
            method, body = ("POST", uuid.uuid4().hex) if len(self.versions) % 5 == 0 else ("GET", None)
            failures = self.failed_posts if method == "POST" else self.failures
            try:
                connection.request(method, paths[0], body=body, headers={"Host": HOST})
                response = connection.getresponse()
                text = response.read().decode()
                (self.versions if response.status == 200 else failures).append(text)
            except (OSError, http.client.HTTPException) as error:
                failures.append(repr(error))
                connection.close()
