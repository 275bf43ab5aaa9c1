"""Does a test fail when a line is wrong? `nox -s mutants` tries each mutation of the lists; `-- NAME …` some of them.

A name may be a pattern (`graph-*`), a list (`drawn`), a requirement (`B-03`), or what kills it (`unit`). Nothing is
changed here: the tests run in a copy of the checkout, which is removed at the end.
"""

from __future__ import annotations

import argparse
import fnmatch
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.mutants.listed import Mutant, StaleError, mutants
from tests.mutants.running import a_copy, are_sound, restored, run, say


def main(words: Sequence[str]) -> int:
    """Try the mutations; the exit code is 1 when one of them lives."""
    parser = argparse.ArgumentParser(prog="nox -s mutants --", description="Try mutations of the lists.")
    parser.add_argument(
        "names", nargs="*", help="names, patterns, `drawn`, `chosen`, `unit`, `integration`, requirements"
    )
    parser.add_argument("--trust", action="store_true", help="do not run the tests without a mutation first")
    given = parser.parse_args(words)
    chosen = _chosen(given.names)
    with a_copy() as copy:
        if not given.trust and not are_sound(copy, sorted({test for mutant in chosen for test in mutant.tests})):
            return 1
        ended = {mutant.name: _tried(copy, mutant, f"{n}/{len(chosen)}") for n, mutant in enumerate(chosen, 1)}
    counted = Counter(ended.values())
    say(f"{len(ended)} mutations: " + ", ".join(f"{number} {how}" for how, number in counted.most_common()))
    say(*(f"  {how}: {name}" for name, how in ended.items() if how != "killed"))
    return 0 if set(counted) == {"killed"} else 1


def _chosen(names: Sequence[str]) -> list[Mutant]:
    every = mutants()
    unknown = [name for name in names if not any(_is_meant(one, name) for one in every)]
    if unknown:
        sys.exit(f"error: no mutation is called {', '.join(unknown)}")
    return [one for one in every if not names or any(_is_meant(one, name) for name in names)]


def _is_meant(mutant: Mutant, name: str) -> bool:
    return name in {mutant.origin, mutant.req, mutant.kind} or fnmatch.fnmatchcase(mutant.name, name)


def _tried(copy: Path, mutant: Mutant, number: str) -> str:
    """Say how one mutation ended: killed, survived, timeout (nobody learns from a test that hangs), broken or stale."""
    path = copy / mutant.file
    try:
        with restored(path) as source:
            path.write_text(mutant.mutated(source), encoding="utf-8")
            ran = run(copy, mutant.tests)
    except StaleError as error:
        say(f"error: {error}")
        return "stale"
    if ran.how == "broken":
        say(ran.output)
    say(f"{number} {mutant.name} ({mutant.req}, {mutant.file}): {ran}")
    return ran.how


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
