"""What happens when the operator wants more or fewer replicas?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rich.table import Table

from ops import screen
from ops.commands.engine_run import common_words, run_engine
from ops.commands.output import Talk, guarded, print_table
from ops.commands.status import nothing_deployed
from ops.commands.verify import judge_release
from ops.engine.connections import MOST_REPLICAS, WHY_NO_MORE
from ops.errors import UsageError
from ops.runs import Run
from ops.targets import Request, Target, command

FLAG = "--count"
_COUNT = re.compile(r"(?P<service>[a-z][a-z0-9-]*)=(?P<count>[0-9]+)")


def counts_from(words: Iterable[str], *, target: str) -> dict[str, int]:
    """Return service -> number of replicas; raises UsageError for a word of another form."""
    counts: dict[str, int] = {}
    example = command("scale api=3", target)
    why = f"there are 1 to {MOST_REPLICAS} replicas: {WHY_NO_MORE}"
    for word in words:
        found = _COUNT.fullmatch(word)
        if not found:
            raise UsageError(f"`{word}` is not a count", why="a count is SERVICE=NUMBER", fix=example)
        service, count = found["service"], int(found["count"])
        if not 1 <= count <= MOST_REPLICAS:
            raise UsageError(f"`{word}` is not possible", why=why, fix=example)
        if counts.get(service, count) != count:
            raise UsageError(f"{service} has two counts", why=f"{counts[service]} and {count}", fix=example)
        counts[service] = count
    return counts


def check_counts(request: Request) -> None:
    """Stop here unless the counts are some; raises UsageError."""
    counts_from(request.counts, target=request.target)


def as_flags(words: Iterable[str], *, task: str = "scale") -> list[str]:
    """Put `--count` before each count that was typed without it: invoke knows no open number of plain arguments."""
    flagged: list[str] = []
    is_task = False
    for word in words:
        is_task = word == task or is_task
        is_bare = is_task and "=" in word and not word.startswith("-") and flagged[-1] not in {FLAG, "-c"}
        flagged += [FLAG, word] if is_bare else [word]
    return flagged


def scale(request: Request, current: Run, target: Target) -> None:
    """Run the live release with other numbers of replicas; raises UsageError for words that are no counts."""
    counts = counts_from(request.counts, target=target.name)
    with current.step("connect"):
        target.reach(current)
        target.wait_for_starts(current)
    wanted = tuple(word for service, count in counts.items() for word in ("--count", f"{service}={count}"))
    reset = ("--reset",) if request.reset else ()
    run_engine(current, target, "scale", (*common_words(request, target.root), *wanted, *reset))
    judge_release(current, target)


def show_counts(root: Path, request: Request) -> int:
    """Print how many replicas of each service there are; return the exit code."""

    def act(opened: Target) -> int:
        opened.reach(Talk(opened.redactor))
        rows = opened.redactor.value(counted(opened.host.engine("status", "--no-health")))
        if request.json:
            screen.data_json({"services": rows})
        elif rows:
            print_table(_table(rows))
        if not rows:
            raise nothing_deployed(request.target)
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
