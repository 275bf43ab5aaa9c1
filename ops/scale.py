"""What happens when the operator wants more or fewer replicas?"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from rich.console import Console as Terminal
from rich.table import Table

from ops.counts import counts_from
from ops.engine_run import common_words, run_engine
from ops.judging import judge_release
from ops.operate import Talk, guarded
from ops.runs import Run
from ops.targets import Request, Target


def scale(request: Request, current: Run, target: Target) -> None:
    """Run the live release with other numbers of replicas; raises UsageError for words that are no counts."""
    counts = counts_from(request.counts, target=target.name)
    with current.step("connect"):
        target.reach(current)
    wanted = tuple(word for service, count in counts.items() for word in ("--count", f"{service}={count}"))
    reset = ("--reset",) if request.reset else ()
    run_engine(current, target, "scale", (*common_words(request, target.root), *wanted, *reset))
    judge_release(current, target)


def show_counts(root: Path, request: Request) -> int:
    """Print how many replicas of each service there are; return the exit code."""

    def act(opened: Target) -> int:
        opened.reach(Talk())
        rows = counted(opened.host.engine("status", "--no-health"))
        if request.json:
            print(json.dumps({"services": rows}, indent=1))  # noqa: T201 - data goes to stdout
        else:
            Terminal().print(_table(rows))
        return 0

    return guarded(root, request, act)


def counted(seen: dict[str, Any]) -> list[dict[str, Any]]:
    """Return service, wanted and running replicas, and whether an operator set the number, from the engine's status."""
    wanted = Counter(row["service"] for row in seen["services"])
    running = Counter(row["service"] for row in seen["services"] if row["state"] == "running")
    scaled = seen.get("scale") or {}
    return [
        {"service": name, "wanted": scaled.get(name, count), "running": running[name], "is_set": name in scaled}
        for name, count in sorted(wanted.items())
    ]


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table("service", "wanted", "running", "number", box=None)
    for row in rows:
        origin = "set by `invoke scale`" if row["is_set"] else "of the release"
        table.add_row(row["service"], str(row["wanted"]), str(row["running"]), origin)
    return table
