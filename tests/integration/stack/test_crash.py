"""Does the site answer all the time, and does the next run finish, when the engine is killed at any of its steps?"""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest

from ops.engine import service_roles
from ops.engine.model import Release
from ops.settings import load
from ops.targets.local.target import LocalTarget
from tests.instants import some_of
from tests.integration.stack.visitor import Visitor
from tests.stack import Stack

DEADLINE_S = 120
API = Path("api") / "main.py"
DJANGO = Path("django") / "config" / "urls.py"  # of Django, worker and beat, and of the jobs
BROKEN = 'raise RuntimeError("broken on purpose")\n'
CUTS = {
    **dict.fromkeys(("recover", "plan", "build", "data", "start", "gate", "edge", "switch", "watch"), (API,)),
    **dict.fromkeys(("migrate", "replace", "refresh"), (API, DJANGO)),
    **dict.fromkeys(("settle", "drain", "stop", "prune"), (API,)),
}


@pytest.fixture(autouse=True)
def the_checkout_is_as_it_was(stack: Stack) -> Iterator[None]:
    originals = {path: (stack.root / path).read_text(encoding="utf-8") for path in (API, DJANGO)}
    yield
    for path, original in originals.items():
        (stack.root / path).write_text(original, encoding="utf-8")


class Engine:
    """The engine of one run, started as `invoke update` starts it; what it writes in its journal comes here too."""

    _numbers = itertools.count()

    def __init__(self, stack: Stack) -> None:
        target = LocalTarget(stack.root, load(stack.root / ".env", environ=stack.environment, target="local"))
        run_id = f"{datetime.now(UTC):%Y%m%d_%H%M%S}_{next(self._numbers):03}"
        self.release: Release = target.pack(run_id).release
        shipped = target.host.ship(run_id, self.release, {})
        words = ("deploy", "--root", str(stack.state), "--run-id", run_id, "--release", shipped, "--by=a test")
        self._process = subprocess.Popen(
            (sys.executable, str(stack.state / "engine.pyz"), *words, "--word=update"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            env=target.host.environment,
            start_new_session=True,
        )
        self._clock = threading.Timer(DEADLINE_S, self._process.kill)
        self._clock.start()

    def kill_in(self, step: str) -> None:
        """Kill it the moment it begins a step."""
        self._process.stdout and any(_begins(json.loads(line), step) for line in self._process.stdout)
        self._process.kill()
        rest = self.finish()
        assert (self._process.returncode, rest[-1:]) != (0, ["run_finished"]), f"the step {step} never began"

    def finish(self) -> list[str]:
        """Wait for its end and return the events that were not read yet."""
        told = self._process.communicate()[0]
        self._clock.cancel()
        return [json.loads(line)["event"] for line in told.splitlines() if line.endswith("}")]

    @property
    def exit_code(self) -> int:
        """Return how it ended."""
        return self._process.wait(timeout=DEADLINE_S)


def _begins(event: dict[str, Any], step: str) -> bool:
    return bool(event["event"] == "step_started" and event["step"] == step)


def change(stack: Stack, paths: tuple[Path, ...], line: str) -> None:
    """Put one more line at the end of these files."""
    for path in paths:
        text = (stack.root / path).read_text(encoding="utf-8")
        (stack.root / path).write_text(f"{text}{line}\n", encoding="utf-8")


def converge(stack: Stack) -> None:
    """Run the engine once more; what runs afterwards is the checkout's release, each replica once and nothing else."""
    engine = Engine(stack)
    engine.finish()
    assert engine.exit_code == 0
    assert_settled(stack, engine.release)


def assert_settled(stack: Stack, release: Release) -> None:
    assert stack.ask("/api/health").json()["version"] == release.service("api").image.id
    assert {path.name for path in (stack.state / "replicas").iterdir()} == service_roles.wanted_names(release)
    images = {service.image.id for service in release.services}
    running = processes(stack)
    assert [words for image, words in running if image not in images] == []
    assert [image for image, _ in running if image.startswith("api-")] == [release.service("api").image.id]
    assert len([words for _, words in running if " beat " in words]) == 1


def processes(stack: Stack) -> list[tuple[str, str]]:
    """Return the image and the command line of each process that runs in an image of this stack."""
    found, images = [], stack.state.resolve() / "images"
    for process in psutil.process_iter(("cwd", "cmdline")):
        place = Path(process.info["cwd"] or "/")
        if place.is_relative_to(images):
            found.append((place.relative_to(images).parts[0], " ".join(process.info["cmdline"] or ())))
    return found


@pytest.mark.req("B-01")
@pytest.mark.parametrize("step", some_of(CUTS, 4))
def test_an_engine_that_is_killed_in_a_step_leaves_a_site_and_the_next_run_finishes(stack: Stack, step: str) -> None:
    change(stack, CUTS[step], f"# killed in {step}")
    with Visitor(stack) as visitor:
        Engine(stack).kill_in(step)
        converge(stack)
    assert (visitor.failures, visitor.asked > 0) == ([], True)


@pytest.mark.req("B-01", "B-02")
def test_kills_while_a_kill_is_mended_and_while_a_bad_release_is_taken_back_are_mended_too(stack: Stack) -> None:
    good = (stack.root / API).read_text(encoding="utf-8")
    with Visitor(stack) as visitor:
        for step, line in (("watch", "# killed"), ("recover", "# and again"), ("undo", BROKEN), ("recover", "# more")):
            change(stack, (API,), line)
            Engine(stack).kill_in(step)
        (stack.root / API).write_text(good, encoding="utf-8")
        converge(stack)
    assert (visitor.failures, visitor.asked > 0) == ([], True)
