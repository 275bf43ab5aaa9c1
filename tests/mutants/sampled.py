"""What share of any mutations of the pure core lives? A sample of those that Cosmic Ray can think of, drawn by a seed.

`nox -s mutants -- --sample 150 --seed 7`. Cosmic Ray lists and makes the mutations; which of them are tried, and how,
is said here. Places are drawn, and then one mutation of each: else comparisons, which have seven each, would be most.
What was tried with a seed is kept in `.local/mutants/`, so that a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import difflib
import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.mutants.listed import ROOT
from tests.mutants.running import a_copy, are_sound, restored, run, say

# The pure core, and the tests that are about it.
CORE = {
    "ops/redact": ["tests/unit/ops/test_redact.py", "tests/unit/ops/test_redact_wrapped.py"],
    "ops/settings": ["tests/unit/ops/settings"],
    "ops/engine/rollout": ["tests/unit/ops/engine"],
    "ops/verification/checks": ["tests/unit/ops/verification"],
    "ops/verification/verdict.py": ["tests/unit/ops/verification"],
    "ops/cloud/plan.py": ["tests/unit/ops/cloud"],
    "ops/cloud/firewalls.py": ["tests/unit/ops/cloud"],
    "ops/runs/report.py": ["tests/unit/ops/runs"],
    "api/shared/tokens.py": ["tests/unit/api/test_tokens.py"],
    "api/shared/loop.py": ["tests/unit/api/test_loop.py"],
    "api/shared/csv_text.py": ["tests/unit/api/test_csv_text.py"],
    "api/shared/requests.py": ["tests/unit/api/test_requests.py"],
    "api/shared": [
        "tests/unit/api/test_health.py",
        "tests/unit/api/test_contract.py",
        "tests/unit/api/test_statuses.py",
    ],
}
# `|` stands in annotations, and in flags that are or'ed; none of its replacements would say anything.
PASSED_OVER = ("core/ReplaceBinaryOperator_BitOr_", "core/VariableReplacer", "core/VariableInserter")
CONFIG = """[cosmic-ray]
module-path = {modules}
timeout = 60.0
excluded-modules = []
test-command = "false"

[cosmic-ray.distributor]
name = "local"
"""


@dataclass(frozen=True, order=True)
class Made:
    """One mutation that Cosmic Ray can make."""

    module: str
    line: int
    column: int
    operator: str
    occurrence: int

    @property
    def name(self) -> str:
        """Return what it is known by."""
        return f"{self.module}:{self.line}:{self.column} {self.operator.removeprefix('core/')}"

    @property
    def tests(self) -> list[str]:
        """Return the tests that should notice."""
        return next(tests for part, tests in CORE.items() if self.module.startswith(part))


def main(words: Sequence[str]) -> int:
    """Try the sample, and say which mutations live. That some do is no failure: the share is what is asked for."""
    parser = argparse.ArgumentParser(prog="nox -s mutants --", description="Try a sample of Cosmic Ray's mutations.")
    parser.add_argument("--sample", type=int, required=True, metavar="N", help="how many")
    parser.add_argument("--seed", type=int, default=7, help="which ones")
    parser.add_argument("--tool", default="cosmic-ray", help="the program")
    given = parser.parse_args(words)
    kept = ROOT / ".local" / "mutants" / f"sample-{given.seed}.json"
    kept.parent.mkdir(parents=True, exist_ok=True)
    known: dict[str, dict[str, str]] = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    with a_copy() as copy:
        drawn = draw(possible(given.tool, copy), how_many=given.sample, seed=given.seed)
        if not are_sound(copy, sorted({test for one in drawn for test in one.tests})):
            return 1
        for number, one in enumerate(drawn, 1):
            if one.name not in known:
                known[one.name] = _tried(given.tool, copy, one)
                kept.write_text(json.dumps(known, indent=1), encoding="utf-8")
            say(f"{number}/{len(drawn)} {one.name}: {known[one.name]['how']}")
    _tell([known[one.name] for one in drawn], drawn)
    return 0


def possible(tool: str, copy: Path) -> list[Made]:
    """Return every mutation of the core, in a fixed order."""
    config, session = copy / ".local" / "cosmic-ray.toml", copy / ".local" / "cosmic-ray.sqlite"
    config.write_text(CONFIG.format(modules=json.dumps(list(CORE))), encoding="utf-8")
    subprocess.run((tool, "init", str(config), str(session)), cwd=copy, check=True)
    told = subprocess.run((tool, "dump", str(session)), cwd=copy, check=True, stdout=subprocess.PIPE, text=True).stdout
    found = [_read(json.loads(line)[0]["mutations"][0]) for line in told.splitlines()]
    return sorted(one for one in found if not one.operator.startswith(PASSED_OVER))


def draw(every: Sequence[Made], *, how_many: int, seed: int) -> list[Made]:
    """Draw places, and of each one of its mutations; a longer sample begins with the shorter one of the same seed."""
    places: dict[tuple[str, int, int], list[Made]] = {}
    for one in every:
        places.setdefault((one.module, one.line, one.column), []).append(one)
    chance = random.Random(seed)  # noqa: S311 - no secret hangs on it
    drawn = [chance.choice(places[place]) for place in sorted(places)]
    chance.shuffle(drawn)
    return drawn[:how_many]


def _read(raw: dict[str, Any]) -> Made:
    line, column = raw["start_pos"]
    return Made(str(raw["module_path"]), line, column, raw["operator_name"], raw["occurrence"])


def _tried(tool: str, copy: Path, one: Made) -> dict[str, str]:
    path = copy / one.module
    with restored(path) as source:
        subprocess.run((tool, "apply", one.module, one.operator, str(one.occurrence)), cwd=copy, check=True)
        diff = difflib.unified_diff(
            source.splitlines(), path.read_text(encoding="utf-8").splitlines(), lineterm="", n=0
        )
        changed = [line for line in diff if line[:2] not in {"--", "++", "@@"}]
        ran = run(copy, one.tests)
    return {"how": ran.how, "by": ran.by, "seconds": f"{ran.seconds:.1f}", "diff": "\n".join(changed)}


def _tell(results: Sequence[dict[str, str]], drawn: Sequence[Made]) -> None:
    counted = Counter(result["how"] for result in results)
    by_module = Counter(one.module for one, result in zip(drawn, results, strict=True) if result["how"] == "survived")
    say(f"{len(drawn)} mutations: " + ", ".join(f"{number} {how}" for how, number in counted.most_common()))
    say(*(f"  {number} live in {module}" for module, number in by_module.most_common()))
    for one, result in zip(drawn, results, strict=True):
        if result["how"] == "survived":
            say("", one.name, result["diff"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
