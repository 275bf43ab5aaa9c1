"""Is a droplet that lost its power serving soon after it is back, and does the next update finish?"""

from __future__ import annotations

import contextlib
import random
import subprocess
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx

from rehearsal.world import World
from tests.rehearsal.droplet.droplet_stack import Rehearsed, first_deploy, log_of
from tests.soak.case import Case, Counts, Part, Play, must, must_end_well
from tests.soak.place import DEPLOY_S, Place

BACK_S = 30.0  # from the moment at which the host is up
STEPS = (
    "recover",
    "build",
    "migrate",
    "start",
    "gate",
    "edge",
    "replace",
    "switch",
    "watch",
    "settle",
    "drain",
    "stop",
    "prune",
    "verify",
)
LONGEST_S = 12.0
ONE_OF_EACH = ("api", "beat", "traefik", "postgres")


@contextlib.contextmanager
def opened(place: Place) -> Iterator[Play]:
    """Hold a cloud with a droplet that was deployed to."""
    with place.working() as work, World(work / "world") as world:
        yield partial(play, first_deploy(work / "stack", world))


def play(stack: Rehearsed, case: Case, counts: Counts) -> None:
    """Cut the power at a drawn instant of an update, bring it back, and update once more."""
    rng = case.draw()
    counts[f"changed: {_change(stack, case.number)}"] += 1
    is_left, before = rng.random() < 0.7, stack.folder()
    with stack.start("update") as operator:
        _await_instant(stack, operator, rng, before=before)
        counts["it had ended"] += operator.poll() is not None
        if is_left:
            operator.kill()  # nobody is left to tell, and to wait for
        stack.machine.power_cut()
        stack.machine.power_on()
        back_s = _until_it_serves(stack)
        said = operator.communicate(timeout=DEPLOY_S)[0]
    counts["power cuts"] += 1
    must(is_left or operator.returncode == 0 or "fix:" in said, f"the operator was told nothing to do: {said}")
    counts["seconds until it served"] += round(back_s)
    must(back_s <= BACK_S, f"the site was back {back_s:.1f} s after the host, and {BACK_S:g} s are promised")
    must_end_well(stack.invoke("update", timeout_s=DEPLOY_S))
    running = {service: len(stack.running(service)) for service in ONE_OF_EACH}
    must(set(running.values()) == {1}, f"not each of them runs once: {running}")
    stopped = [name for name, one in stack.containers().items() if not one["State"]["Running"]]
    must(not stopped, f"left behind: {stopped}")


def _change(stack: Rehearsed, number: int) -> str:
    """Change the API in each case, in every third one Traefik's static file too, or PostgreSQL's settings; say what."""
    stack.change_api(f"soak {number}")
    if number % 3 == 1:
        with (stack.root / "traefik" / "traefik.yml.template").open("a", encoding="utf-8") as template:
            template.write(f"# soak {number}\n")
        return "api and traefik"
    if number % 3 == 2:
        stack.change_setting("shared_buffers", f"{64 + number % 32}MB")
        return "api and postgres"
    return "api"


def _await_instant(stack: Rehearsed, operator: subprocess.Popen[str], rng: random.Random, *, before: Path) -> None:
    """Wait until a while after the command, or after a step began, whichever is drawn; not beyond its end."""
    step = rng.choice((None, *STEPS)) if rng.random() < 0.6 else None
    wait_s, deadline = rng.uniform(0.0, 0.5 if step else LONGEST_S), time.monotonic() + DEPLOY_S
    while step and operator.poll() is None and time.monotonic() < deadline:
        if stack.folder() != before and f"step_started step={step}" in log_of(stack):
            break
        time.sleep(0.02)  # between two looks; the run's end and the deadline are above
    with contextlib.suppress(subprocess.TimeoutExpired):
        operator.wait(wait_s)


def _until_it_serves(stack: Rehearsed) -> float:
    """Return how long the site was away once the host was up; three times as long as promised is long enough."""
    began = time.monotonic()
    while time.monotonic() - began < 3 * BACK_S and not _serves(stack):
        time.sleep(0.05)  # between two looks; the deadline is above
    return time.monotonic() - began


def _serves(stack: Rehearsed) -> bool:
    try:
        return stack.ask("/api/health").status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


PART = Part(
    name="power",
    promise="a droplet that lost its power serves within 30 s of being up, and the next update finishes",
    cases=100,
    opened=opened,
)
