"""How long did the checks take here? Puts what whole sessions left in .local/checks into the figures of the checkout.

Writes tests/timings.json, by which tests are handed out and `check.sh` says how long it takes, and the tables of
CONTRIBUTING.md. `nox -s timings` runs it, on a machine with nothing else to do.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import asdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # this is started as a file too

from scripts.checks import SESSIONS  # noqa: E402 - after the path is set
from tests.timings import KEPT, LEFT, SLOWEST, Session, kept, read  # noqa: E402 - after the path is set

PAGE = ROOT / "CONTRIBUTING.md"
MARKS = ("<!-- timings -->\n", "<!-- end of timings -->\n")


def tables(sessions: dict[str, Session]) -> str:
    """Return the table by session, and the one of the slowest tests."""
    rows = [
        f"| `{name}` | {f'{one.tests:,}' if one.tests else ''} | {words(one.seconds)} | {busy(one)} | {one.workers} |"
        for name, one in sessions.items()
    ]
    slowest = sorted(
        ((test, seconds) for one in sessions.values() for test, seconds in one.slowest.items()), key=lambda row: -row[1]
    )
    return "\n".join(
        (
            "| session | tests | time | busy cores | workers |\n|---|---|---|---|---|",
            *rows,
            "",
            "| the slowest, with their set-ups | seconds |\n|---|---|",
            *(f"| `{test}` | {seconds:.0f} |" for test, seconds in slowest[:SLOWEST]),
            "",
        )
    )


def busy(one: Session) -> str:
    """Return how many processors worked on average; nothing where nobody measured it."""
    return f"{one.busy_seconds / one.seconds:.1f}" if one.busy_seconds else ""


def words(seconds: float) -> str:
    """Return a length of time as people say it."""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.1f} min"  # noqa: PLR2004 - where minutes read better


def put_into(page: str, text: str) -> str:
    """Return the page with the text between its marks."""
    begin, end = MARKS
    return re.sub(f"(?<={begin}).*(?={end})", lambda _: text, page, flags=re.DOTALL)


def main() -> int:
    """Write both; returns 1 when no session left figures."""
    left = sorted(LEFT.glob("*.json"))
    if not left:
        print(f"no figures in {LEFT}: run whole sessions first, ./scripts/check.sh")  # noqa: T201 - a program
        return 1
    known = kept().sessions | {path.stem: read(path) for path in left}
    sessions = {name: known[name] for name in SESSIONS if name in known}
    found = {name: asdict(one) for name, one in sessions.items()}
    KEPT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(put_into(PAGE.read_text(encoding="utf-8"), tables(sessions)), encoding="utf-8")
    print(tables(sessions))  # noqa: T201 - the answer
    return 0


if __name__ == "__main__":
    sys.exit(main())
