"""What is done to a stack while it is under load?"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.spans import Update, spans_of
from tests.stack import Checkout

STEADY_S = 30.0
UPDATE_S = 300.0


@dataclass
class Teller:
    """Types updates in a checkout and keeps what came of each."""

    checkout: Checkout
    words: tuple[str, ...] = ()
    updates: list[Update] = field(default_factory=list)

    def update(self, name: str) -> Update:
        """Type `invoke update` and wait for its end; whatever it ends with is written down."""
        typed_at = time.time()
        done = self.checkout.invoke("update", *self.words, timeout_s=UPDATE_S)
        ended_at = time.time()
        report = newest_report(self.checkout.root)
        self.updates.append(
            Update(
                name=name,
                typed_at=typed_at,
                ended_at=ended_at,
                exit_code=done.returncode,
                outcome=report["outcome"],
                spans=spans_of(report),
            )
        )
        why = f"; {report['error']['what']}: {report['error']['why']}" if report["error"] else ""
        say(f"{name}: {report['outcome']}, exit code {done.returncode}, {ended_at - typed_at:.1f} s{why}")
        return self.updates[-1]


def newest_report(root: Path) -> dict[str, Any]:
    """Return the report of the newest run of a checkout."""
    newest = max((root / "local_run_logs").glob("*/report.json"), key=lambda path: path.parent.name)
    found: dict[str, Any] = json.loads(newest.read_text(encoding="utf-8"))
    return found


@contextmanager
def changed(path: Path, edit: Callable[[str], str]) -> Iterator[None]:
    """Edit a file of the copy, and put it back at the end of the block."""
    before = path.read_text(encoding="utf-8")
    path.write_text(edit(before), encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(before, encoding="utf-8")


def say(text: str) -> None:
    """Tell on stderr how it goes; stdout is for the tables."""
    sys.stderr.write(text + "\n")
