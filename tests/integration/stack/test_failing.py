"""What do visitors notice when a replica fails, and how soon is it out of the routes and back in them?"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.stack.visitor import Visitor
from tests.stack import Stack

OUT_WITHIN_S = 10.0
BACK_WITHIN_S = 30.0


@pytest.fixture(scope="module")
def two(stack: Stack) -> Iterator[Stack]:
    """Return the stack with two replicas of the API."""
    stack.json("scale", "api=2")
    yield stack
    stack.json("scale", "--reset")


def rows(stack: Stack, service: str) -> list[dict[str, Any]]:
    """Return the rows of the status for a service, which has exit code 8 while a replica is not healthy."""
    seen = json.loads(stack.invoke("status", "--target", "local", "--json").stdout)["services"]
    return [row for row in seen if row["service"] == service]


def in_rotation(stack: Stack) -> int:
    """Return how many replicas of the API Traefik sends requests to."""
    answer = httpx.get(f"http://127.0.0.1:{stack.internal_port}/api/http/services/api@file", timeout=5)
    return list(answer.json().get("serverStatus", {}).values()).count("UP")


def seconds_until(what: str, is_true: Callable[[], bool], *, timeout_s: float) -> float:
    """Wait for something; return how long it took, and fail with what it was after the deadline."""
    began = time.monotonic()
    while not is_true():
        assert time.monotonic() - began < timeout_s, f"waited {timeout_s:g} s for {what}"
        time.sleep(0.05)  # until the deadline
    return time.monotonic() - began


@pytest.mark.req("B-07", "B-01")
def test_a_replica_that_is_killed_costs_no_visitor_anything_and_comes_back(two: Stack) -> None:
    killed = rows(two, "api")[0]
    with Visitor(two) as visitor:
        os.kill(killed["pid"], signal.SIGKILL)
        back_s = seconds_until(
            "two healthy replicas", lambda: is_whole(two, instead_of=killed), timeout_s=BACK_WITHIN_S
        )
    print(f"killed: back after {back_s:.1f} s, {visitor.asked} requests meanwhile")  # noqa: T201 - a measurement
    assert (visitor.failures, visitor.asked > 5) == ([], True)


def is_whole(stack: Stack, *, instead_of: dict[str, Any]) -> bool:
    seen = rows(stack, "api")
    pids = {row["pid"] for row in seen if row["healthy"]}
    return len(pids) == 2 and instead_of["pid"] not in pids and in_rotation(stack) == 2


@pytest.mark.req("B-07")
def test_a_replica_that_hangs_is_out_of_rotation_soon_and_back_when_it_goes_on(two: Stack) -> None:
    pid = rows(two, "api")[0]["pid"]
    with Visitor(two) as visitor:  # what had gone to the replica before waits until it goes on
        os.kill(pid, signal.SIGSTOP)
        try:
            out_s = seconds_until("Traefik to take it out", lambda: in_rotation(two) == 1, timeout_s=OUT_WITHIN_S)
        finally:
            os.kill(pid, signal.SIGCONT)
        back_s = seconds_until("Traefik to take it in", lambda: in_rotation(two) == 2, timeout_s=OUT_WITHIN_S)
    print(f"hung: out after {out_s:.1f} s, back {back_s:.1f} s after it went on")  # noqa: T201 - a measurement
    assert visitor.failures == []


@pytest.mark.req("B-07", "D-12")
def test_there_is_a_beat_while_another_one_takes_over_and_one_that_is_killed_comes_back(two: Stack) -> None:
    (first,) = rows(two, "beat")
    with counting_beats(two) as seen, changed(two.root / "django" / "config" / "celeryconfig.py"):
        two.json("update")
        (second,) = rows(two, "beat")
        assert (min(seen), max(seen)) == (1, 2)
        os.kill(second["pid"], signal.SIGKILL)
        seconds_until("a new beat", lambda: newest_beat(two) not in {None, second["pid"]}, timeout_s=BACK_WITHIN_S)
    assert second["pid"] != first["pid"]
    assert len(beats(two)) == 1


def newest_beat(stack: Stack) -> int | None:
    return next((row["pid"] for row in rows(stack, "beat") if row["healthy"]), None)


@contextlib.contextmanager
def counting_beats(stack: Stack) -> Iterator[set[int]]:
    """Count the beats of this stack without pause until the block ends; yield all counts that were seen."""
    counts: set[int] = set()
    stop = threading.Event()

    def count() -> None:
        while not stop.wait(0.1):  # to look through all processes takes a while
            counts.add(len(beats(stack)))

    thread = threading.Thread(target=count)
    thread.start()
    try:
        yield counts
    finally:
        stop.set()
        thread.join(timeout=10)


def beats(stack: Stack) -> list[str]:
    """Return the ids of the processes that are a beat of this stack."""
    found, images = [], stack.state.resolve() / "images"
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            words = command.read_bytes().decode(errors="replace").split("\0")
            if "beat" in words and (command.parent / "cwd").readlink().is_relative_to(images):
                found.append(command.parent.name)
    return found


@contextlib.contextmanager
def changed(path: Path) -> Iterator[None]:
    """Change a source file by one line until the block ends."""
    original = path.read_text(encoding="utf-8")
    path.write_text(original + "# changed\n", encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(original, encoding="utf-8")
