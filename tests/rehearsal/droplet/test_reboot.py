"""Is the site back soon after a droplet went down in any step of an update, and does the next update finish?"""

from __future__ import annotations

import subprocess
import time

import httpx
import pytest

from tests.instants import some_of
from tests.rehearsal.droplet.droplet_stack import Rehearsed, wait_for_step, wait_until

pytestmark = pytest.mark.engine
BACK_WITHIN_S = 90.0  # beside other droplets; `nox -s soak` has one for itself, and holds the site to what is promised
# The last steps first: each update is what mends the one before, and is cut itself after that.
CUTS = ("verify", "prune", "stop", "drain", "settle", "watch", "switch", "gate", "start", "build", "recover")
IN_ORDER = ("stop", "start")  # in these the host shuts down in order, in all others the power is gone at once
# What an operator who stays is told by the exit code. In order, the engine has the time to undo what it began.
# A verification waits until the host is back, and asks again.
TOLD = {"gate": 6, "start": 8, "verify": 0}


@pytest.mark.req("C-06")
def test_a_droplet_that_goes_down_in_any_step_serves_soon_after_and_the_next_update_finishes(
    deployed: Rehearsed,
) -> None:
    back_s = {step: cut(deployed, step) for step in some_of(CUTS, 2)}
    deployed.change_api("after all reboots")
    deployed.machine.reboot()
    done = with_another_bootstrap(deployed).deploy()  # it waits for what is starting, and after it restarted the Engine
    assert done.returncode == 0, done.stdout + done.stderr
    replicas = deployed.containers()
    assert (len(deployed.running("api")), len(deployed.running("beat"))) == (1, 1)
    assert {name for name, one in replicas.items() if not one["State"]["Running"]} == set()
    print("the site was back after", {step: round(seconds, 1) for step, seconds in back_s.items()})  # noqa: T201 - a figure


def with_another_bootstrap(stack: Rehearsed) -> Rehearsed:
    """Return the checkout with the same mirror in other words, so that the host is prepared anew."""
    mirror = stack.environment["DOCKER_REGISTRY_MIRROR"]
    return stack.with_settings(DOCKER_REGISTRY_MIRROR=f"{mirror}/" if mirror else "https://mirror.example.org")


def cut(stack: Rehearsed, step: str) -> float:
    """Take the droplet down in a step of an update; return how long the site is away once the host is up again."""
    last = stack.folder()
    stack.change_api(f"taken down in {step}")
    operator = stack.start("update")
    try:
        wait_for_step(stack, step, after=last)
        if step not in TOLD:
            operator.kill()  # nobody is left to tell, and to wait for
        go_down(stack, step)
        began = time.monotonic()
        wait_until(
            lambda: is_serving(stack), what=f"the site serves after it went down in {step}", timeout_s=BACK_WITHIN_S
        )
        back_s = time.monotonic() - began
        if step in TOLD:
            assert_told(operator, TOLD[step])
    finally:
        operator.kill()
        operator.communicate()
    return back_s


def go_down(stack: Rehearsed, step: str) -> None:
    """Take the droplet down, and up again."""
    if step in IN_ORDER:
        stack.machine.reboot()
    else:
        stack.machine.power_cut()
        stack.machine.power_on()


def assert_told(operator: subprocess.Popen[str], exit_code: int) -> None:
    said = operator.communicate(timeout=240)[0]
    assert operator.returncode == exit_code, said
    assert ("fix:" in said) == (exit_code != 0), said


def is_serving(stack: Rehearsed) -> bool:
    """Tell whether a visitor gets an answer from the API."""
    try:
        return stack.ask("/api/health").status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
