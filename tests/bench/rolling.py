"""Does a visitor notice updates, or a bad release, on this machine's stack? Prints the tables."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from tests.bench.kept import Story, keep
from tests.bench.loaded import Loaded, load_from_here, local_plan
from tests.bench.machine import describe_machine
from tests.bench.recording import lags
from tests.bench.releases import BAD_RELEASES, CHANGED_FILES, comment_for
from tests.bench.story import STEADY_S, Teller, changed, say
from tests.bench.tables import bad_table, failure_list, latency_table, step_table, times_table
from tests.bench.traffic import site_kinds
from tests.stack import ROOT, Checkout, copy_checkout

UPDATES = 20
OTHER_FILES = CHANGED_FILES[1:] * 2
LOCAL = ("--target", "local")
AFTERWARDS_S = 3.0
PARTS = ("updates", "others", "bad")
LoadFor = Callable[[], AbstractContextManager[Loaded]]


def main() -> None:
    """Deploy a copy of the checkout, update it under load, and take it down."""
    end_in_order()
    asked = arguments("rolling")
    folder = Path(tempfile.mkdtemp(prefix="slipway-bench-"))
    stack = copy_checkout(folder / "checkout", cache_dir=ROOT / ".local" / "cache")
    stack.as_people_have_it()
    try:
        first = stack.invoke("deploy", *LOCAL, timeout_s=600)
        if first.returncode:
            raise RuntimeError(first.stdout + first.stderr)
        plan = local_plan(stack, site_kinds())
        stories = tell_all(stack, LOCAL, lambda: load_from_here(plan), asked)
    finally:
        stack.invoke("down", *LOCAL, "--volumes", "--yes")
        shutil.rmtree(folder)
    show("rolling", stories)


def end_in_order() -> None:
    """Take down what was made also when this program is terminated."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))


def arguments(name: str, *, updates: int = UPDATES) -> argparse.Namespace:
    """Read how much is to be measured; the defaults are what docs/benchmarks.md tells."""
    parser = argparse.ArgumentParser(prog=f"nox -s bench -- {name}")
    parser.add_argument("--updates", type=int, default=updates, help="updates of api/ back to back")
    parser.add_argument("--steady", type=float, default=STEADY_S, help="seconds before the first update")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="some parts of it")
    return parser.parse_args()


def tell_all(checkout: Checkout, words: tuple[str, ...], load: LoadFor, asked: argparse.Namespace) -> list[Story]:
    """Update `api` many times, the other services a few times, then deploy releases that must not stay."""
    stories = []
    if "updates" in asked.only:
        files = ["api/main.py"] * asked.updates
        stories.append(tell_updates(checkout, words, load, title="api", files=files, asked=asked))
    if "others" in asked.only:
        files, title = list(OTHER_FILES), "django and react-app"
        stories.append(tell_updates(checkout, words, load, title=title, files=files, asked=asked))
    if "bad" in asked.only:
        stories.append(tell_bad(checkout, words, load, asked=asked))
    return stories


def tell_updates(
    checkout: Checkout,
    words: tuple[str, ...],
    load: LoadFor,
    *,
    title: str,
    files: list[str],
    asked: argparse.Namespace,
    pause_s: float = 0.0,
) -> Story:
    """Change one line of one file after the other, each time with an update and perhaps a pause."""
    teller = Teller(checkout, words)
    with load() as loaded:
        _stand_steady(asked)
        for number, name in enumerate(files, 1):
            line = comment_for(name, f"{title} {number}, measured")
            _append(checkout.root / name, line)
            teller.update(f"{name.partition('/')[0]} {number}")
            time.sleep(pause_s)
        time.sleep(AFTERWARDS_S)  # what fails late is counted too
    return _story(title, loaded, teller)


def tell_bad(checkout: Checkout, words: tuple[str, ...], load: LoadFor, *, asked: argparse.Namespace) -> Story:
    """Deploy each bad release; every one has to be taken back by itself."""
    teller = Teller(checkout, words)
    with load() as loaded:
        _stand_steady(asked)
        for bad in BAD_RELEASES:
            with changed(checkout.root / "api" / "main.py", bad.edit):
                teller.update(bad.name)
    return _story("bad releases", loaded, teller)


def show(name: str, stories: list[Story]) -> None:
    """Keep the stories for the pictures, and print their tables."""
    kept = keep(name, stories)
    good = [story for story in stories if story.title != "bad releases"]
    bad = [story for story in stories if story.title == "bad releases"]
    parts = [describe_machine(), latency_table(stories), times_table(good), bad_table(bad) if bad else ""]
    parts += [f"{_generator_of(story)}" for story in stories]
    parts += [step_table([story]) for story in stories]
    parts += [failure_list(stories), f"Kept in {kept}"]
    print("\n".join(filter(None, parts)))  # noqa: T201 - this program prints


def _generator_of(story: Story) -> str:
    head, late = story.recording.head, lags(story.recording.samples)
    seconds = story.recording.samples[-1].at - story.recording.samples[0].at
    counts = ", ".join(f"{key} {head[key]:,}" for key in ("reused", "opened", "closed while idle") if key in head)
    shares = f"late p50 {late.at_share(0.5):.1f} ms, p99 {late.at_share(0.99):.1f} ms"
    return f"{story.title}: generator {head['cpu_s'] / seconds:.0%} of a core, {shares}; connections: {counts}\n"


def _story(title: str, loaded: Loaded, teller: Teller) -> Story:
    return Story(title=title, recording=loaded.recording, updates=tuple(teller.updates))


def _stand_steady(asked: argparse.Namespace) -> None:
    say(f"{asked.steady:g} s without any change")
    time.sleep(asked.steady)  # what is measured now is this stretch itself


def _append(path: Path, line: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + line, encoding="utf-8")


if __name__ == "__main__":
    main()
