"""What does a run leave and show: its folder, its report, its console?"""

from __future__ import annotations

from ops.runs.artifacts import NAMES, RunFolder, utc_now
from ops.runs.evidence import evidence_of
from ops.runs.report import QUIET, Before, Instance, changes_from, failure_of
from ops.runs.report_html import duration
from ops.runs.run import Run, open_run

__all__ = [
    "NAMES",
    "QUIET",
    "Before",
    "Instance",
    "Run",
    "RunFolder",
    "changes_from",
    "duration",
    "evidence_of",
    "failure_of",
    "open_run",
    "utc_now",
]
