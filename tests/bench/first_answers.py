"""How soon after a deploy do the home page and the health endpoint answer, and in which share of deploys?

One visitor asks each of the two once, on a fresh connection, the moment that the command has ended: nothing is asked
again, and whatever is not a 200 within the limit counts against the deploy.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

import httpx

from tests.bench.kept import KEPT
from tests.bench.machine import describe_machine
from tests.bench.releases import CHANGED_FILES, comment_for
from tests.bench.rolling import LOCAL, end_in_order
from tests.bench.rolling_droplet import deployed_droplet
from tests.bench.story import say
from tests.bench.tables import table
from tests.rehearsal.droplet.droplet_stack import Rehearsed
from tests.stack import ROOT, Stack, copy_checkout

PAGES = {"home page": "/", "health": "/api/health"}
LIMIT_S = 5.0
PATIENCE_S = 15.0  # what takes longer than the limit is still worth a figure
AIM = 0.95
DEPLOYS = {"local": 50, "droplet": 20}
DEPLOY_S = 900.0
Deployed: TypeAlias = Stack | Rehearsed


@dataclass(frozen=True, kw_only=True)
class First:
    """The first answer of a page after a deploy: its status (0 without any) and when it was there in full."""

    status: int
    seconds: float
    failure: str = ""

    @property
    def is_in_time(self) -> bool:
        """Tell whether a visitor had the page within the limit."""
        return self.status == httpx.codes.OK and self.seconds <= LIMIT_S


@dataclass(frozen=True, kw_only=True)
class Deploy:
    """One deploy: the file that had changed, how long the command took, and what was answered right after it."""

    changed: str
    exit_code: int
    seconds: float
    firsts: dict[str, First]

    @property
    def is_in_time(self) -> bool:
        """Tell whether the deploy went well and every page was there within the limit."""
        return self.exit_code == 0 and all(first.is_in_time for first in self.firsts.values())


def main() -> None:
    """Deploy a changed checkout many times in a row, and ask right after each."""
    end_in_order()
    asked = _arguments()
    with _opened(asked.where) as stack:
        words = LOCAL if asked.where == "local" else ()
        deploys = [
            deploy_and_ask(stack, number, words=words) for number in range(asked.deploys or DEPLOYS[asked.where])
        ]
    kept = keep(asked.where, deploys)
    print("\n".join((describe_machine(), figures(deploys), verdict(deploys), f"\nKept in {kept}")))  # noqa: T201 - it prints


def deploy_and_ask(stack: Deployed, number: int, *, words: Sequence[str]) -> Deploy:
    """Change one file, deploy, and ask for each page."""
    name = CHANGED_FILES[number % len(CHANGED_FILES)]
    path = stack.root / name
    path.write_text(
        path.read_text(encoding="utf-8") + comment_for(name, f"deploy {number}, measured"), encoding="utf-8"
    )
    began = time.perf_counter()
    done = stack.invoke("deploy", *words, timeout_s=DEPLOY_S)
    ended = time.perf_counter()
    with ThreadPoolExecutor(len(PAGES)) as visitors:  # all at the same moment
        firsts = dict(zip(PAGES, visitors.map(partial(ask_once, stack), PAGES.values()), strict=True))
    deploy = Deploy(changed=name, exit_code=done.returncode, seconds=ended - began, firsts=firsts)
    told = ", ".join(f"{page} {one.failure or one.status} after {one.seconds:.3f} s" for page, one in firsts.items())
    say(f"{number + 1}: {name}, exit code {deploy.exit_code}, {deploy.seconds:.1f} s; {told}")
    return deploy


def ask_once(stack: Deployed, path: str) -> First:
    """Ask for a page on a connection of its own; the time counts from before the connection to the last byte."""
    with stack.client() as client:
        client.timeout = httpx.Timeout(PATIENCE_S)
        began = time.perf_counter()
        try:
            status, failure = stack.ask(path, client=client).status_code, ""
        except httpx.HTTPError as error:
            status, failure = 0, type(error).__name__
        return First(status=status, seconds=time.perf_counter() - began, failure=failure)


def figures(deploys: Sequence[Deploy]) -> str:
    """Return the table: one row for each page, and one for the command itself."""
    rows = [
        [page, *_row([deploy.firsts[page].seconds for deploy in deploys if deploy.firsts[page].status])]
        for page in PAGES
    ]
    rows.append(["the whole command", *_row([deploy.seconds for deploy in deploys])])
    return table(["first answer after a deploy", "answers", "median s", "p95 s", "max s"], rows)


def _row(seconds: Sequence[float]) -> list[str]:
    if not seconds:
        return ["0", "-", "-", "-"]
    in_order = sorted(seconds)
    p95 = in_order[math.ceil(AIM * len(in_order)) - 1]
    return [str(len(in_order)), *(f"{value:.3f}" for value in (statistics.median(in_order), p95, in_order[-1]))]


def verdict(deploys: Sequence[Deploy]) -> str:
    """Say in which share of the deploys every page was there in time, and name the others."""
    in_time = [deploy for deploy in deploys if deploy.is_in_time]
    share = len(in_time) / len(deploys)
    counted = f"In {len(in_time)} of {len(deploys)} deploys ({share:.0%}; aim: {AIM:.0%})"
    lines = [f"{counted} the home page and `/api/health` answered 200 within {LIMIT_S:g} s."]
    for number, deploy in enumerate(deploys, 1):
        if not deploy.is_in_time:
            told = ", ".join(
                f"{page} {one.failure or one.status} {one.seconds:.2f} s" for page, one in deploy.firsts.items()
            )
            lines.append(f"- deploy {number} ({deploy.changed}): exit code {deploy.exit_code}, {told}")
    return "\n".join(lines)


def keep(where: str, deploys: Sequence[Deploy]) -> Path:
    """Write the deploys to disk; return the file."""
    KEPT.mkdir(parents=True, exist_ok=True)
    path = KEPT / f"first-answers-{where}.json"
    raw = {"machine": describe_machine().strip(), "where": where, "deploys": [asdict(deploy) for deploy in deploys]}
    path.write_text(json.dumps(raw, indent=1), encoding="utf-8")
    return path


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nox -s bench -- first-answers")
    parser.add_argument("where", nargs="?", choices=DEPLOYS, default="local", help="which target to deploy to")
    parser.add_argument("--deploys", type=int, help=f"how many; by default {DEPLOYS}")
    return parser.parse_args()


@contextlib.contextmanager
def _opened(where: str) -> Iterator[Deployed]:
    """Hold a stack that was deployed once, with the waiting times that people get."""
    if where == "droplet":
        with deployed_droplet() as droplet:
            yield droplet
        return
    folder = Path(tempfile.mkdtemp(prefix="slipway-bench-"))
    stack = copy_checkout(folder / "checkout", cache_dir=ROOT / ".local" / "cache")
    stack.as_people_have_it()
    try:
        first = stack.invoke("deploy", *LOCAL, timeout_s=DEPLOY_S)
        if first.returncode:
            raise RuntimeError(first.stdout + first.stderr)
        yield stack
    finally:
        stack.invoke("down", *LOCAL, "--volumes", "--yes")
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
