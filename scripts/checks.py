"""What does scripts/check.sh do? It says what will run, lets nox run it in this process, and says how it ended."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from ops.engine.interrupts import hear_interrupts
from scripts.check_words import QUICK, Counts, Outcome, announcement, help_text, verdict
from tests.components import missing

ROOT = Path(__file__).resolve().parent.parent
TIMINGS = ROOT / "tests" / "timings.json"
LEFT = ROOT / ".local" / "checks"  # as in tests/timings.py, which needs pytest
SESSIONS = ("lint", "types", "unit", "schedules", "integration", "rehearsal")  # those of nox without arguments
UNTESTED = ("lint", "types")  # nobody but nox measures these
TALLY = "SLIPWAY_TALLY"  # as in tests/tally.py, which needs pytest


def main(arguments: list[str]) -> int:
    """Check what the arguments ask for; return nox's exit code."""
    hear_interrupts()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else each of a thousand interpreters compiles all it imports
    seconds = lengths()
    if arguments[:1] in (["-h"], ["--help"]):
        sys.stdout.write(help_text(seconds))
        return 0
    words = nox_words(arguments)
    sessions = chosen(words, default=SESSIONS)
    if sessions:
        say(announcement(sessions, {} if "--" in words else seconds, missing(sessions)))
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="slipway-checks-") as folder:
        report, tally = Path(folder) / "report.json", Path(folder) / "tally.jsonl"
        os.environ[TALLY] = str(tally)
        exit_code = run_nox(["--report", str(report), *words])
        outcomes, counts = read_report(report), read_tally(tally)
    if "--" not in words:
        keep_lengths(outcomes)
    if sessions or outcomes:
        say(verdict(sessions, outcomes, counts, seconds=time.monotonic() - began, exit_code=exit_code))
    return exit_code


def lengths() -> dict[str, float]:
    """Return how many seconds each session takes on 2 cores, by what `nox -s timings` wrote, in their order."""
    found = json.loads(TIMINGS.read_text(encoding="utf-8"))
    return {name: found[name]["seconds"] for name in SESSIONS}


def keep_lengths(outcomes: Sequence[Outcome]) -> None:
    """Leave the lengths of sessions without tests for `nox -s timings`, beside those that tests leave."""
    LEFT.mkdir(parents=True, exist_ok=True)
    for one in outcomes:
        if one.name in UNTESTED and one.result == "success":
            place = LEFT / f"{one.name}.json"
            place.write_text(json.dumps({"seconds": round(one.seconds, 1)}) + "\n", encoding="utf-8")


def nox_words(arguments: Sequence[str]) -> list[str]:
    """Return what nox is told: `--quick` is three sessions, the rest is nox's own."""
    if arguments[:1] == ["--quick"]:
        return ["-s", *QUICK, *arguments[1:]]
    return list(arguments)


def chosen(words: Sequence[str], *, default: tuple[str, ...]) -> tuple[str, ...]:
    """Return the sessions that were asked for by name, or all; none where nox alone knows."""
    own = list(words[: words.index("--")] if "--" in words else words)
    if not own:
        return default
    if own[0] not in {"-s", "-e", "--session", "--sessions"}:
        return ()
    return () if any(word.startswith("-") for word in own[1:]) else tuple(own[1:])


def run_nox(words: list[str]) -> int:
    """Let nox work, and return its exit code."""
    from nox.__main__ import main as nox  # noqa: PLC0415 - `--help` does without what is installed

    sys.argv = ["nox", *words]
    try:
        nox()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


def read_report(report: Path) -> list[Outcome]:
    """Return how each session ended; none when nox came to none."""
    if not report.exists():
        return []
    found = json.loads(report.read_text(encoding="utf-8"))["sessions"]
    return [
        Outcome(name=one["name"], result=one["result"], reason=one["reason"] or "", seconds=one.get("duration") or 0.0)
        for one in found
    ]


def read_tally(tally: Path) -> dict[str, Counts]:
    """Return what the tests of each session came to."""
    counts: dict[str, Counts] = {}
    for line in tally.read_text(encoding="utf-8").splitlines() if tally.exists() else ():
        one = json.loads(line)
        count = counts.setdefault(one["session"], Counts())
        count.passed += one["passed"]
        count.failed += one["failed"]
        count.skipped.update(one["skipped"])
    return counts


def say(text: str) -> None:
    """Talk to whoever started the checks, after all that was printed before."""
    sys.stdout.flush()
    sys.stderr.write(text)
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
