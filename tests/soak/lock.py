"""Does exactly one run hold the lock of a host, however many ask at once, and when a holder is killed?

The contenders are processes that wait, warm, for the same instant; each takes the lock as the engine does.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

from ops.engine.host.lock import lock_holder
from tests.soak.case import Case, Counts, Part, Play, must
from tests.soak.place import Place
from tests.stack import ROOT

MODULE = "tests.soak.contender"
MOST = 6
WAIT_S = 30.0
SOON_S = 0.02  # from telling the contenders until they begin


@dataclass(frozen=True)
class Held:
    """When a contender held the lock: of one clock for all processes."""

    run: str
    since: float
    until: float


class Contender:
    """A process that takes the lock when it is told to."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            (sys.executable, "-m", MODULE), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )

    def tell(self, **asked: Any) -> None:
        """Send it one line."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        """Return what it says next; empty when it is dead."""
        assert self._process.stdout
        line = self._process.stdout.readline()
        return dict(json.loads(line)) if line else {}

    def kill(self) -> list[dict[str, Any]]:
        """Kill it; return what it had said, and that it held until then what it had not released."""
        alive_at = time.monotonic()
        self._process.kill()
        said = [json.loads(line) for line in self._process.communicate()[0].splitlines() if line.endswith("}")]
        return [*said, {"released": alive_at}] if len(said) == 1 else said


class Crowd:
    """Contenders that are ready; one that was killed is replaced."""

    def __init__(self) -> None:
        self._ready: list[Contender] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for contender in self._ready:
            contender.kill()

    @contextlib.contextmanager
    def some(self, count: int) -> Iterator[list[Contender]]:
        """Lend so many; they come back unless something went wrong."""
        while len(self._ready) < count:
            self._ready.append(Contender())
        lent, self._ready = self._ready[:count], self._ready[count:]
        try:
            yield lent
        except BaseException:
            for one in lent:
                one.kill()
            raise
        self._ready += lent


@contextlib.contextmanager
def opened(place: Place) -> Iterator[Play]:
    """Hold contenders ready, and a folder with the lock."""
    with place.working() as work, Crowd() as crowd:
        yield partial(play, crowd, work / "root")


def play(crowd: Crowd, root: Path, case: Case, counts: Counts) -> None:
    """Play one race: all but one are refused; or all wait and get it in turn; or holders are killed meanwhile."""
    rng = case.draw()
    count = rng.randint(2, MOST)
    kind = rng.choices((_one_and_the_rest, _in_turn, _with_kills), (5, 3, 2))[0]
    with crowd.some(count) as contenders:
        kind(contenders, root, rng, case)
    must(lock_holder(root) is None, "the lock is held although nobody is at work")
    counts["races"] += 1
    counts["contenders"] += count
    counts[kind.__name__.strip("_").replace("_", " ")] += 1


def _start(contenders: list[Contender], root: Path, rng: random.Random, case: Case, **asked: Any) -> list[str]:
    runs, begin_at = [], time.monotonic() + SOON_S
    for number, contender in enumerate(contenders):
        runs.append(f"race{case.number}-{number}")
        at = begin_at + rng.choice((0.0, rng.uniform(0.0, 0.001), rng.uniform(0.0, 0.05)))
        contender.tell(root=str(root), run=runs[-1], at=at, **asked)
    return runs


def _one_and_the_rest(contenders: list[Contender], root: Path, rng: random.Random, case: Case) -> None:
    """Nobody waits, and the holder stays until all others were told: it is the only one, and the others know it."""
    runs = _start(contenders, root, rng, case, wait_s=0.0, is_until_told=True)
    heard = [contender.hear() for contender in contenders]
    holders = [number for number, said in enumerate(heard) if "held" in said]
    must(len(holders) == 1, f"{len(holders)} of {len(heard)} hold the lock: {heard}")
    holder = lock_holder(root)
    must(holder and holder.run == runs[holders[0]], f"{runs[holders[0]]} holds it, and the file says {holder}")
    refused = [said["refused"] for said in heard if "refused" in said]
    must(len(refused) == len(heard) - 1, f"not all others were refused: {heard}")
    must(all(runs[holders[0]] in why or "another run" in why for why in refused), f"somebody else is named: {refused}")
    contenders[holders[0]].tell()
    contenders[holders[0]].hear()


def _in_turn(contenders: list[Contender], root: Path, rng: random.Random, case: Case) -> None:
    """All wait: each gets it once, and no two at a time."""
    hold_s = rng.choice((0.0, rng.uniform(0.0, 0.03)))
    runs = _start(contenders, root, rng, case, wait_s=WAIT_S, hold_s=hold_s)
    spans = []
    for run, contender in zip(runs, contenders, strict=True):
        began, ended = contender.hear(), contender.hear()
        must("held" in began and "released" in ended, f"{run} did not get it: {began} {ended}")
        spans.append(Held(run, began["held"], ended["released"]))
    _no_two_at_a_time(spans)


def _with_kills(contenders: list[Contender], root: Path, rng: random.Random, case: Case) -> None:
    """All wait, and some are killed, holding it or waiting: the others get it all the same."""
    runs = _start(contenders, root, rng, case, wait_s=WAIT_S, hold_s=0.05)
    doomed = set(rng.sample(range(len(contenders)), rng.randint(1, len(contenders) - 1)))
    time.sleep(SOON_S + rng.uniform(0.0, 0.15))  # a seeded instant
    spans = []
    for number in doomed:
        if said := contenders[number].kill():
            spans.append(Held(runs[number], said[0]["held"], said[1]["released"]))
        contenders[number] = Contender()
    for number, run in enumerate(runs):
        if number in doomed:
            continue
        began, ended = contenders[number].hear(), contenders[number].hear()
        must("held" in began and "released" in ended, f"{run} did not get it: {began} {ended}")
        spans.append(Held(run, began["held"], ended["released"]))
    _no_two_at_a_time(spans)


def _no_two_at_a_time(spans: list[Held]) -> None:
    in_order = sorted(spans, key=lambda held: held.since)
    for first, second in itertools.pairwise(in_order):
        must(first.until <= second.since, f"two held it at once: {first} and {second}")


PART = Part(
    name="lock",
    promise="of those who ask for a host's lock at once, one holds it; the lock of a killed holder is free",
    cases=1000,
    opened=opened,
)
