"""Which run and which host do tests of the operator's stories play with? A host that answers as it is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from ops.engine.model import Edge, Origin, Release
from ops.redact import Redactor
from ops.runs.artifacts import create_run_folder
from ops.runs.console import Console
from ops.runs.run import Run
from ops.targets.base import Request, Shipment, Target
from ops.verification.checks.check import Check
from tests.unit.ops.runs.evidence_fixtures import SITE

GOOD = {
    "release": "20261121_030000-0a1b2c3",
    "commit": "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567",
    "committed_at": "2026-11-21T02:00:00+00:00",
    "subject": "Say hello",
    "live_since": "2026-11-21T03:00:20.000Z",
}
OLDER = {**GOOD, "release": "20261120_120000-ffffff0", "commit": "ffffff0" + "0" * 33, "subject": "Say nothing"}
LIVE = {**GOOD, "release": "20261121_040000-1111111-dirty", "commit": "1" * 40 + "-dirty", "subject": "Say goodbye"}
PLANNED = {
    "event": "plan",
    "changes": [{"service": "api", "action": "replace", "why": "code of api changed"}],
    "live": GOOD["release"],
}


def history(*past: dict[str, Any], live: dict[str, Any] | None = LIVE, runs: Any = ()) -> dict[str, Any]:
    """Return what the engine's `history` prints."""
    return {"live": live, "past": list(past), "runs": list(runs)}


def finished(error: str = "", outcome: str = "success") -> dict[str, Any]:
    """Return the last event of a journal."""
    told = {"what": error, "why": "it said so", "fix": "invoke logs", "family": "release"} if error else None
    return {"event": "run_finished", "outcome": outcome, "changed": [], "error": told}


def stepped(name: str) -> list[dict[str, Any]]:
    """Return a step's two events."""
    return [
        {"event": "step_started", "step": name},
        {"event": "step_finished", "step": name, "outcome": "ok", "seconds": 0.2},
    ]


class FakeHost:
    """A host whose engine plays journals; `started` is every run that was asked for."""

    is_ready = True

    def __init__(self, *journals: list[dict[str, Any]], **answers: Any) -> None:
        self.answers = answers
        self.journals = list(journals)
        self.started: list[tuple[str, str, tuple[str, ...]]] = []
        self.concluded: list[tuple[str, ...]] = []
        self.told: list[str] = []
        self.shipped = ""

    def engine(self, verb: str, *words: str) -> Any:
        """Answer by the verb; `concluded` is what the host is told of a run's end, what was shipped is live then."""
        if verb == "conclude":
            self.concluded.append(words)
            return {}
        answer = self.answers[verb]
        if verb == "history" and self.shipped and answer["live"]:
            return {**answer, "live": {**answer["live"], "release": self.shipped}}
        return answer

    def tell(self, run_id: str, word: str) -> None:
        """Note what the engine is told."""
        assert run_id == self.started[-1][0] if self.started else run_id
        self.told.append(word)

    def start(self, run_id: str, verb: str, words: tuple[str, ...]) -> None:
        """Note a run."""
        self.started.append((run_id, verb, words))

    def follow(self, run_id: str) -> Iterator[dict[str, Any]]:
        """Play the next journal."""
        assert run_id == self.started[-1][0]
        yield from self.journals.pop(0)

    def ship(self, run_id: str, release: Release, _: object) -> str:
        """Take a release."""
        self.shipped = release.id
        return f"/runs/{run_id}/release.json"


class FakeTarget:
    """A target that is reached at once."""

    name = "local"
    site = SITE
    url = SITE.https

    def __init__(self, root: Path, host: FakeHost) -> None:
        self.root = root
        self.host = host
        self.redactor = Redactor({})
        self.settings = SimpleNamespace(notices=("a key that nothing reads",))

    def reach(self, told: object) -> None:
        """Be there."""

    def wait_for_starts(self, told: object) -> None:
        """Have nothing that starts."""

    def seen_on_host(self) -> None:
        """Have looked at no host."""

    def make_ready(self, request: object, told: object) -> None:
        """Be ready."""

    def pack(self, release_id: str) -> Shipment:
        """Return an empty release."""
        edge, origin = Edge(api_url="", dynamic_files={}), Origin(commit="c" * 40, subject="Say it")
        return Shipment(release=Release(id=release_id, source_dir="", services=(), edge=edge, origin=origin))

    def instance(self) -> None:
        """Be no machine of a cloud."""

    def close(self) -> None:
        """Have nothing to close."""


def opened(root: Path, host: FakeHost) -> Target:
    """Return a target with this host."""
    return cast("Target", FakeTarget(root, host))


def a_run(root: Path, *, mode: str, said: list[str] | None = None) -> Run:
    """Return a run that tells nobody but `said`."""
    folder = create_run_folder(root / "logs", redactor=Redactor({}))
    console = Console(Redactor({}))
    console.log = (said if said is not None else []).append
    return Run(mode=mode, target="local", folder=folder, console=console, redactor=Redactor({}), url=SITE.https)


def asked(mode: str, **more: Any) -> Request:
    """Return a request for the local target."""
    return Request(mode=mode, target="local", **more)


def checks(*broken: str) -> tuple[Check, ...]:
    """Return a few checks of which these fail."""
    names = {"home-page", "headers-home", "api-health", *broken}
    return tuple(
        Check(id=one, title=one, ok=one not in broken, detail="seen", hint="look there") for one in sorted(names)
    )
