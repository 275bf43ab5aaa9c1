"""How do the tests of the `compose` runtime drive the packed engine on a droplet?"""

from __future__ import annotations

import http.client
import io
import json
import tarfile
from dataclasses import dataclass, field
from typing import Any

from ops.engine.model import release_to_json
from ops.engine.packing import packed
from rehearsal.docker import docker
from rehearsal.droplet.machine import Machine
from tests.rehearsal.compose.compose_fixtures import HOST, ROOT, Small

Entry = dict[str, Any]


@dataclass
class EngineHost:
    """A droplet with Docker, and the packed engine on it."""

    machine: Machine
    runs: list[str] = field(default_factory=list)

    def ship(self, small: Small) -> None:
        """Put the engine, the files and the release where they belong."""
        files = {"engine.pyz": packed(), f"{small.release.id}.json": release_to_json(small.release).encode()}
        files |= {f"blobs/{digest}": content for digest, content in small.blobs.items()}
        self.put(files)

    def put(self, files: dict[str, bytes]) -> None:
        """Put files below the engine's root, for root alone."""
        self.run("mkdir", "-p", ROOT)
        docker("cp", "-", f"{self.machine.container}:{ROOT}", stdin=_tar(files))

    def deploy(self, small: Small, *words: str) -> list[Entry]:
        """Ship and deploy; return the journal."""
        self.ship(small)
        self.runs.append(f"run-{len(self.runs) + 1}-{small.release.id}")
        self.engine("deploy", "--release", f"{ROOT}/{small.release.id}.json", "--run-id", self.runs[-1], *words)
        return self.journal()

    def journal(self) -> list[Entry]:
        """Return the entries of the last run."""
        text = self.run("cat", f"{ROOT}/runs/{self.runs[-1]}/journal.jsonl")
        return [json.loads(line) for line in text.splitlines()]

    def engine(self, verb: str, *words: str) -> str:
        """Run a verb of the engine, whatever its exit code, and return what it printed."""
        command = f'python3 {ROOT}/engine.pyz "$@" 2>&1 || true'
        return self.run("sh", "-c", command, "engine", verb, "--root", ROOT, "--runtime", "compose", *words)

    def run(self, *words: str, timeout_s: float = 300) -> str:
        """Run a command as root on the host."""
        return self.machine.run(*words, timeout_s=timeout_s)

    def docker(self, *words: str) -> str:
        """Run a command of the host's own Docker."""
        return self.run("docker", *words)

    def inspect(self) -> list[Entry]:
        """Return all about every container of ours."""
        names = self.docker("ps", "--all", "--quiet", "--filter", "label=slipway.service").split()
        found: list[Entry] = json.loads(self.docker("inspect", *names)) if names else []
        return found

    def python(self, expression: str) -> Any:
        """Return what an expression about `runtime`, the engine's own, gives on the host."""
        lines = (
            f"import sys; sys.path.insert(0, '{ROOT}/engine.pyz')",
            "import dataclasses, json; from pathlib import Path; from ops.engine.compose.runtime import ComposeRuntime",
            f"runtime = ComposeRuntime(Path('{ROOT}'))",
            f"print(json.dumps({expression}, default=dataclasses.asdict))",
        )
        return json.loads(self.run("python3", "-c", "\n".join(lines)))

    def status(self) -> dict[str, Entry]:
        """Return what the engine tells of each replica."""
        rows = json.loads(self.engine("status"))["services"]
        return {row["replica"]: row for row in rows}

    def get(self, path: str = "/", *, timeout_s: float = 5) -> tuple[int, Entry]:
        """Ask Traefik, from outside; return status and answer."""
        connection = http.client.HTTPConnection(self.machine.address, 80, timeout=timeout_s)
        try:
            connection.request("GET", path, headers={"Host": HOST})
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        return answer.status, json.loads(body) if body.startswith(b"{") else {}

    def serving(self) -> str:
        """Return the version that answers through Traefik, empty while nothing does."""
        try:
            return str(self.get()[1].get("version", ""))
        except (OSError, http.client.HTTPException):
            return ""


def outcome(journal: list[Entry]) -> Entry:
    """Return the last entry of a run: outcome, what changed, the error."""
    return journal[-1]


def _tar(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o600
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
