"""Is every request answered while deploys go on? At a fixed rate, each answer is counted."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Iterator
from functools import partial

from tests.bench.loaded import load_from_here, local_plan
from tests.bench.recording import Recording, latencies
from tests.bench.releases import CHANGED_FILES, comment_for
from tests.bench.traffic import site_kinds
from tests.soak.case import Case, Counts, Part, Play, must, must_end_well
from tests.soak.place import DEPLOY_S, LOCAL, Place
from tests.stack import Stack

RATE = 320.0  # 40 addresses, each below the rate limit of the edge
REQUESTS = 10_000
AFTERWARDS_S = 3.0


@contextlib.contextmanager
def opened(place: Place) -> Iterator[Play]:
    """Hold a stack, with the waiting times that people get."""
    with place.local_stack(with_watch=True) as stack:
        yield partial(play, stack)


def play(stack: Stack, case: Case, counts: Counts) -> None:
    """Deploy a change under load, at a drawn moment; the load goes on until it made its requests."""
    rng = case.draw()
    before_s = rng.uniform(0.5, 8.0)
    names = rng.choices((CHANGED_FILES[:1], CHANGED_FILES[1:2], CHANGED_FILES[2:], CHANGED_FILES), (5, 2, 2, 1))[0]
    plan = dataclasses.replace(local_plan(stack, site_kinds()), rate=RATE)
    with load_from_here(plan) as loaded:
        began = time.monotonic()
        time.sleep(before_s)  # the load alone
        for name in names:
            change(stack, name, f"soak {case.number}")
        typed = time.monotonic()
        done = stack.invoke("deploy", *LOCAL, timeout_s=DEPLOY_S)
        took_s = time.monotonic() - typed
        rest_s = began + REQUESTS / RATE - time.monotonic()
        time.sleep(max(AFTERWARDS_S, rest_s))  # the load alone again: what fails late is counted too
    seen = latencies(loaded.recording.samples)
    counts.update({"requests": seen.asked, "failed": seen.failures.total(), "deploys": 1})
    must(seen.asked >= REQUESTS, f"{seen.asked} requests were made: the generator did not keep its rate")
    deploy = f"the deploy was typed after {before_s:.1f} s, took {took_s:.1f} s and ended with {done.returncode}"
    failed = f"{seen.failures.total()} of {seen.asked} requests failed; {deploy}; {_told(loaded.recording)}"
    must(not seen.failures, failed)
    must_end_well(done)


def _told(recording: Recording) -> str:
    """Say which kind of request failed how, how often, and from when to when."""
    found: dict[str, list[float]] = {}
    for sample in recording.samples:
        if sample.failure:
            found.setdefault(f"{sample.kind}: {sample.failure}", []).append(sample.at - recording.samples[0].at)
    return ", ".join(f"{len(at)} x {what} ({min(at):.1f} to {max(at):.1f} s)" for what, at in found.items())


def change(stack: Stack, name: str, text: str) -> None:
    """Put one more line at the end of a file."""
    path = stack.root / name
    path.write_text(path.read_text(encoding="utf-8") + comment_for(name, text), encoding="utf-8")


PART = Part(
    name="requests",
    promise="no request fails while deploys go on: 10,000 in each case, 1,000,000 in all",
    cases=100,
    opened=opened,
)
