"""The engine of a local stack, asked as the operator's side asks it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.stack import Stack


def run_engine(stack: Stack, *arguments: str) -> Any:
    """Ask the engine itself, without the operator's side."""
    done = subprocess.run(
        (sys.executable, str(stack.state / "engine.pyz"), *arguments),
        env={**stack.environment, "SLIPWAY_CACHE_DIR": stack.environment["LOCAL_CACHE_DIR"]},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def journal_of_the_newest_run(stack: Stack, *, after: set[str]) -> Path:
    """Wait for the journal of a run that is not among `after`."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        new = [path for path in (stack.state / "runs").glob("*/journal.jsonl") if path.parent.name not in after]
        if new:
            return new[0]
        time.sleep(0.005)  # waits for the engine to begin, 30 s at most
    raise AssertionError("the engine did not begin within 30 s")


def events_of(journal: Path, *, within_s: float) -> Iterator[dict[str, Any]]:
    """Yield what a run tells as it tells it, until it has finished; it fails when that takes longer."""
    deadline, line = time.monotonic() + within_s, ""
    with journal.open(encoding="utf-8") as told:
        while time.monotonic() < deadline:
            line += told.readline()
            if not line.endswith("\n"):
                time.sleep(0.005)  # until the rest of the line is there
                continue
            event: dict[str, Any] = json.loads(line)
            line = ""
            yield event
            if event["event"] == "run_finished":
                return
    raise AssertionError(f"what was waited for in {journal} was not told within {within_s:g} s")


def runs(stack: Stack) -> set[str]:
    return {path.name for path in (stack.state / "runs").iterdir()}
