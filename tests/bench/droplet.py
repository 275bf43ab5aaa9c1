"""How long does a droplet take: from nothing, in full, after a change, with nothing to do, near and far?

Everything runs against one droplet in a container, so that the ratios hold whatever the machine is. Prints a table;
`--full-and-update` measures those two alone, which is what the limit of 70 % compares.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import statistics
import tempfile
from pathlib import Path

from rehearsal.relay import Relay
from rehearsal.world import World
from tests.bench.local_stack import REPEATS, print_table, spread, timed
from tests.rehearsal.droplet.droplet_stack import Rehearsed, make_checkout

FAR = "127.0.0.22"
RTT_MS = 100
LEVELS = ("WARNING", "INFO")  # of the log: a setting of every service that has code of ours
PREPARED = "/etc/slipway/bootstrap"  # says on the host which preparation it has had


def main() -> None:
    """Deploy to a droplet from nothing, measure what follows, and remove all of it."""
    parser = argparse.ArgumentParser(prog="nox -s bench -- droplet")
    parser.add_argument("--full-and-update", action="store_true", help="measure only these two")
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="slipway-bench-"))
    try:
        with World(folder / "world") as world:
            stack = make_checkout(folder / "checkout", world)
            rows = _compare(stack) if asked.full_and_update else _measure(stack)
    finally:
        shutil.rmtree(folder)
    print_table(rows)


def _measure(stack: Rehearsed) -> list[tuple[str, str]]:
    first = _typed(stack, "deploy")
    rows = [("full deploy from nothing: droplet, host, images, release, verification", f"{first:.1f} s")]
    updates = [_changed(stack, "update") for _ in range(REPEATS)]
    fulls = [_changed(stack, "deploy") for _ in range(REPEATS)]
    rows += [
        ("`update` after a one-line change in api/", spread(updates)),
        ("`deploy` after a one-line change in api/", spread(fulls)),
        ("`update` as a share of the full deploy from nothing", f"{100 * sorted(updates)[REPEATS // 2] / first:.1f} %"),
    ]
    rows.append(("no-op `deploy`", spread([_typed(stack, "deploy") for _ in range(REPEATS)])))
    with contextlib.ExitStack() as opened:
        for port in (22, 80, 443):
            opened.enter_context(Relay((FAR, port), (stack.machine.address, port), rtt_ms=RTT_MS))
        far = [_typed(stack, "deploy", "--address", FAR) for _ in range(REPEATS)]
    return [*rows, (f"no-op `deploy` with {RTT_MS} ms added to every round trip", spread(far))]


def _compare(stack: Rehearsed) -> list[tuple[str, str]]:
    """Measure full deploys and updates in turn, on one droplet that stays."""
    rows = [("the first deploy: droplet, host, images, release", f"{_typed(stack, 'deploy'):.1f} s")]
    fulls, updates = [], []
    for number in range(REPEATS):
        _empty(stack)
        with_level = stack.with_settings(LOG_LEVEL=LEVELS[number % 2])
        fulls.append(_changed(with_level, "deploy"))
        updates.append(_changed(with_level, "update"))
    share = 100 * statistics.median(updates) / statistics.median(fulls)
    return [
        *rows,
        ("full: `deploy`, host prepared, every image made, every service with code replaced", spread(fulls)),
        ("`update` after a one-line change in api/, on the same droplet", spread(updates)),
        ("`update` as a share of the full deploy (limit: 70 %)", f"{share:.1f} %"),
    ]


def _empty(stack: Rehearsed) -> None:
    """Take from a droplet what a full deploy makes: its preparation, its images and their cache; it serves on."""
    machine = stack.machine
    machine.run("rm", "--force", PREPARED)
    names = machine.run("docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}").split()
    machine.run("docker", "image", "rm", "--force", *(name for name in names if "<none>" not in name))
    machine.run("docker", "builder", "prune", "--all", "--force")


def _changed(stack: Rehearsed, word: str) -> float:
    stack.change_api(f"measured by {word}")
    return _typed(stack, word)


def _typed(stack: Rehearsed, *words: str) -> float:
    seconds, done = timed(lambda: stack.invoke(*words, timeout_s=900))
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    return seconds


if __name__ == "__main__":
    main()
