"""What does a deploy do when the SSH link is cut, in each of its phases?"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from rehearsal.relay import Relay
from tests.instants import some_of
from tests.rehearsal.droplet.droplet_stack import Rehearsed, Visitor, running_deploy, wait_for_step

pytestmark = pytest.mark.engine
NEAR = "127.0.0.21"  # an address of this machine of its own, so that the relay may take the usual ports


@dataclass(frozen=True)
class Link:
    """The droplet as it is reached through relays."""

    stack: Rehearsed
    ssh: Relay
    words: tuple[str, ...] = ("--address", NEAR)


@pytest.fixture
def link(second: Rehearsed) -> Iterator[Link]:
    with contextlib.ExitStack() as opened:
        relays = {
            port: opened.enter_context(Relay((NEAR, port), (second.machine.address, port))) for port in (22, 80, 443)
        }
        yield Link(second, relays[22])


@pytest.mark.req("A-07")
@pytest.mark.parametrize("step", some_of(("connect", "ship"), 1))
def test_a_link_that_is_cut_before_the_engine_runs_ends_the_run_and_changes_nothing(link: Link, step: str) -> None:
    stack, last = link.stack, link.stack.folder()
    before = {name: one["Id"] for name, one in stack.containers().items()}
    stack.change_api(f"cut in {step}")
    with running_deploy(stack, *link.words) as process:
        wait_for_step(stack, {"connect": "preflight", "ship": "release"}[step], after=last)
        link.ssh.cut()
        said, _ = process.communicate(timeout=300)
    link.ssh.heal()
    assert process.returncode == 6, said
    assert "fix:" in said
    assert {name: one["Id"] for name, one in stack.containers().items()} == before
    again = stack.invoke("deploy", *link.words, timeout_s=300)
    assert again.returncode == 0, again.stdout + again.stderr


@pytest.mark.req("A-07", "B-01")
@pytest.mark.parametrize("step", some_of(("build", "gate", "drain"), 1))
def test_a_link_that_is_cut_while_the_engine_runs_is_made_again_and_the_run_goes_on(link: Link, step: str) -> None:
    stack, last = link.stack, link.stack.folder()
    stack.change_api(f"cut in {step}")
    with Visitor(stack) as visitor, running_deploy(stack, *link.words) as process:
        wait_for_step(stack, step, after=last)
        link.ssh.cut()
        link.ssh.heal()
        said, _ = process.communicate(timeout=300)
    assert process.returncode == 0, said
    assert visitor.failures == []
    assert stack.report()["outcome"] == "success"


@pytest.mark.req("A-07", "A-11")
def test_a_site_that_is_released_but_cannot_be_reached_from_here_is_partial(second: Rehearsed) -> None:
    second.change_api("released, but not reachable from here")
    with Relay((NEAR, 22), (second.machine.address, 22)):
        done = second.invoke("deploy", "--address", NEAR, timeout_s=300)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert second.report()["outcome"] == "partial"
    assert "warning" in said
    manifest = json.loads((second.folder() / "manifest.json").read_text(encoding="utf-8"))
    assert all(one["why"] for one in manifest["missing"])
