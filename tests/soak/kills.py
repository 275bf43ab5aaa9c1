"""Does the site answer all the time, and does the next run make it whole, when engine and operator are killed?"""

from __future__ import annotations

import contextlib
import json
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psutil

from tests.bench.releases import CHANGED_FILES
from tests.integration.stack.visitor import Visitor
from tests.soak.case import Case, Counts, Part, Play, must, must_end_well
from tests.soak.place import DEPLOY_S, LOCAL, Place
from tests.soak.requests import change
from tests.stack import Stack

STEPS = (
    *("recover", "plan", "build", "migrate", "data", "start", "gate", "replace", "edge", "switch"),
    *("watch", "settle", "drain", "stop", "prune"),
)
LONGEST_S = 9.0  # an update takes about as long
GONE_S = 10.0
WHO = ("engine and operator", "engine", "operator")


@contextlib.contextmanager
def opened(place: Place) -> Iterator[Play]:
    """Hold a stack with a short watch: most of an update is steps then."""
    with place.local_stack(with_watch=False) as stack:
        yield partial(play, stack)


def play(stack: Stack, case: Case, counts: Counts) -> None:
    """Kill an update at a drawn instant, perhaps the one that mends it as well; then one more has to end well."""
    rng = case.draw()
    for name in rng.choices((CHANGED_FILES[:1], CHANGED_FILES[:2], CHANGED_FILES[2:]), (5, 3, 1))[0]:
        change(stack, name, f"soak {case.number}")
    with Visitor(stack) as visitor:
        for _ in range(2 if rng.random() < 0.3 else 1):
            _kill_one(stack, rng, counts)
        done = stack.invoke("update", *LOCAL, timeout_s=DEPLOY_S)
    must_end_well(done)
    must(visitor.asked, "nobody asked")
    must(not visitor.failures, f"{len(visitor.failures)} of {visitor.asked} visits failed: {visitor.failures[:5]}")
    counts["visits"] += visitor.asked
    must_be_whole(stack)


def must_be_whole(stack: Stack) -> None:
    """Every replica is healthy, each of these once, nothing else runs, and there is nothing left to do."""
    rows = stack.json("status")["services"]
    must(all(row["healthy"] for row in rows), f"not healthy: {rows}")
    running = Counter(row["service"] for row in rows)
    must(running["api"] == 1 and running["beat"] == 1 and max(running.values()) == 1, f"running: {running}")
    left = [one for one in stack.json("plan")["changes"] if one["action"] != "keep"]
    must(not left, f"still to do: {left}")
    pids, deadline = {row["pid"] for row in rows}, time.monotonic() + GONE_S
    while strays := _strays(stack, pids):
        must(time.monotonic() < deadline, f"still running after {GONE_S:g} s: {strays}")
        time.sleep(0.1)  # what was told to end may take a moment; the deadline is above


def _kill_one(stack: Stack, rng: random.Random, counts: Counts) -> None:
    who = rng.choice(WHO)
    step = rng.choice((None, *STEPS)) if rng.random() < 0.6 else None
    wait_s = rng.uniform(0.0, 0.4 if step else LONGEST_S)
    known = _journals(stack)
    with stack.start("update", *LOCAL) as operator:
        if step:
            _await_step(stack, operator, step, known=known)
        with contextlib.suppress(subprocess.TimeoutExpired):
            operator.wait(wait_s)  # the drawn instant, unless it has ended by then
        is_late = operator.poll() is not None
        if "operator" in who:
            operator.kill()
        if "engine" in who:
            _kill_engines(stack)
        operator.communicate(timeout=DEPLOY_S)
    new = _journals(stack) - known
    where = _last_step(next(iter(new))) if new else "before the engine"
    counts["it had ended"] += is_late
    if not is_late:
        counts["kills"] += 1
        counts[f"in {where}" if new else where] += 1


def _await_step(stack: Stack, operator: subprocess.Popen[str], step: str, *, known: set[Path]) -> None:
    """Wait until the run begins a step; it may end without one, and then it is as good as any other instant."""
    deadline = time.monotonic() + DEPLOY_S
    while operator.poll() is None and time.monotonic() < deadline:
        begun = [one for new in _journals(stack) - known for one in _events(new) if one["event"] == "step_started"]
        if any(event["step"] == step for event in begun):
            return
        time.sleep(0.005)  # between two looks; the run's end and the deadline are above


def _kill_engines(stack: Stack) -> None:
    """Kill whatever runs the engine's program of this stack for a deploy."""
    program = str(stack.state / "engine.pyz")
    for process in psutil.process_iter(("cmdline",)):
        words = process.info["cmdline"] or ()
        if program in words and "deploy" in words:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)


def _strays(stack: Stack, pids: set[int]) -> list[str]:
    """Return what runs in an image of this stack and belongs to none of these processes."""
    images, found = stack.state.resolve() / "images", []
    for process in psutil.process_iter(("cwd", "cmdline")):
        if not Path(process.info["cwd"] or "/").is_relative_to(images):
            continue
        with contextlib.suppress(psutil.NoSuchProcess):
            if not {process.pid, *(parent.pid for parent in process.parents())} & pids:
                found.append(" ".join(process.info["cmdline"] or ()))
    return found


def _journals(stack: Stack) -> set[Path]:
    return set((stack.state / "runs").glob("*/journal.jsonl"))


def _events(journal: Path) -> list[dict[str, str]]:
    text = journal.read_text(encoding="utf-8")
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]


def _last_step(journal: Path) -> str:
    steps = [event["step"] for event in _events(journal) if event["event"] == "step_started"]
    return steps[-1] if steps else "no step"


PART = Part(
    name="kills",
    promise="killed at any instant, the site answers all the time and the same command makes it whole",
    cases=200,
    opened=opened,
)
