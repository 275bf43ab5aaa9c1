"""Does a visitor notice updates, or a bad release, on a rehearsed droplet? Prints the tables."""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rehearsal.world import World
from tests.bench.kept import Story
from tests.bench.loaded import droplet_plan, load_from_container
from tests.bench.rolling import arguments, end_in_order, show, tell_all
from tests.bench.story import say
from tests.bench.traffic import Kind, Plan, site_kinds
from tests.rehearsal.droplet.droplet_stack import Rehearsed, make_checkout


def main() -> None:
    """Deploy to a droplet from nothing, update it under load, and remove all of it."""
    end_in_order()
    asked = arguments("rolling-droplet")
    with deployed_droplet() as stack:
        stories = tell_droplet(stack, asked)
    show("rolling-droplet", stories)


@contextmanager
def deployed_droplet() -> Iterator[Rehearsed]:
    """Hold a droplet with this checkout deployed to it."""
    folder = Path(tempfile.mkdtemp(prefix="slipway-bench-"))
    try:
        with World(folder / "world") as world:
            stack = make_checkout(folder / "checkout", world)
            stack.as_people_have_it()
            done = stack.deploy()
            if done.returncode:
                raise RuntimeError(done.stdout + done.stderr)
            _make_events(stack)
            say("a droplet is there, and deployed to")
            yield stack
    finally:
        shutil.rmtree(folder)


def tell_droplet(stack: Rehearsed, asked: argparse.Namespace) -> list[Story]:
    """Tell the stories of a droplet."""
    plan = plan_for(stack, site_kinds())
    return tell_all(stack, (), lambda: load_from_container(plan, stack.machine), asked)


def plan_for(stack: Rehearsed, kinds: tuple[Kind, ...]) -> Plan:
    """Plan the load on the droplet of a rehearsal."""
    root = Path(stack.environment["ACME_ROOT_PATH"])
    return droplet_plan(stack.machine, kinds, authority=root.read_text(encoding="utf-8"))


def _make_events(stack: Rehearsed) -> None:
    """Fill the database as `seed` does in development: there has to be something to read."""
    code = "from signups.seeding.demonstration import create_demonstration; create_demonstration()"
    container = next(iter(stack.running("django")))
    stack.machine.run("docker", "exec", container, "python", "manage.py", "shell", "-c", code)


if __name__ == "__main__":
    main()
