"""How long does a droplet take: from nothing, after a change, with nothing to do, near and far? Prints a table.

Everything runs against one droplet in a container, so that the ratios hold whatever the machine is.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path

from rehearsal.relay import Relay
from rehearsal.world import World
from tests.bench.local_stack import REPEATS, print_table, spread, timed
from tests.rehearsal.droplet.droplet_stack import Rehearsed, make_checkout

FAR = "127.0.0.22"
RTT_MS = 100


def main() -> None:
    """Deploy to a droplet from nothing, measure what follows, and remove all of it."""
    folder = Path(tempfile.mkdtemp(prefix="slipway-bench-"))
    try:
        with World(folder / "world") as world:
            rows = _measure(make_checkout(folder / "checkout", world))
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
