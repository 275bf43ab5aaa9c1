"""What a run of the tests came to, for the last line of scripts/check.sh: JSON in the file that TALLY names."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import pytest

TALLY = "SLIPWAY_TALLY"
SESSION = "NOX_CURRENT_SESSION"


class Tally:
    """Counts outcomes where the run is reported: with workers, theirs come there too."""

    def __init__(self, place: Path) -> None:
        self._place = place

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write down how many passed, failed and were left out, and for want of what."""
        stats = terminalreporter.stats
        failed = len(stats.get("failed", ())) + len(stats.get("error", ()))
        skipped = Counter(reason_of(report) for report in stats.get("skipped", ()))
        counts = {"passed": len(stats.get("passed", ())), "failed": failed, "skipped": skipped}
        with self._place.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"session": os.environ.get(SESSION, ""), **counts}) + "\n")


def reason_of(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Return the reason of a skipped test, as it was given."""
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return reason.removeprefix("Skipped: ")
