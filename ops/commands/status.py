"""How does an operator see which replicas run, and how they are?"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from rich.table import Table

from ops import screen
from ops.commands.output import Talk, guarded, print_table
from ops.errors import UsageError
from ops.targets import LOCAL_DEPLOY, Request, Target, command

Row = dict[str, Any]
OK, NOT_WELL = 0, 8
WORDS = {
    "healthy": "healthy",
    "running": "running",
    "starting": "starting",
    "unhealthy": "unhealthy",
    "created": "created, but never started",
    "restarting": "ended, starting again",
    "paused": "paused",
    "exited": "ended",
    "out-of-memory": "killed, it wanted more memory than it may",
    "removing": "being removed",
    "dead": "dead, the Docker Engine could not remove it",
    "missing": "not there",
}
# What an engine from before `condition` calls it.
BEFORE = {"running": "running", "starting": "starting", "stopped": "exited", "failed": "exited"}
WITH_CODE = {"restarting", "exited", "removing", "dead"}


def status(root: Path, request: Request) -> int:
    """Print each replica of the live release; return the exit code, 8 when one is not healthy."""

    def act(opened: Target) -> int:
        opened.reach(Talk(opened.redactor))
        seen = opened.redactor.value(opened.host.engine("status"))
        is_empty = seen["release"] is None and not seen["services"]
        if request.json:
            screen.data_json(seen)
        elif not is_empty:
            print_table(table_of(seen))
            for line in last_words(seen["services"]):
                screen.data(line)
        if is_empty:
            raise nothing_deployed(request.target)
        return OK if seen["services"] and all(row["healthy"] for row in seen["services"]) else NOT_WELL

    return guarded(root, request, act)


def nothing_deployed(target: str) -> UsageError:
    """Return the error of a host on which no release is live and nothing runs."""
    return UsageError(
        "nothing is deployed there" if target == "droplet" else "nothing is deployed here",
        why="no release is live and nothing runs: the stack was stopped",
        fix=LOCAL_DEPLOY if target == "local" else command("deploy", target),
    )


def table_of(seen: dict[str, Any]) -> Table:
    """Return the replicas as a table."""
    table = Table("replica", "health", "port", "pid", "up", "memory", "restarts", box=None)
    table.title = f"release {seen['release']}" if seen["release"] else "no release is live"
    table.columns[0].no_wrap = True
    for row in seen["services"]:
        table.add_row(
            row["replica"],
            in_words(row),
            str(row["port"] or ""),
            str(row["pid"] or ""),
            _age(row["started_at"]) if row["state"] == "running" else "",
            "" if row["rss_mib"] is None else f"{row['rss_mib']:.0f} MiB",
            str(row["restarts"]),
        )
    return table


def in_words(row: Row) -> str:
    """Say how a replica is: as its runtime sees it, and whether it answers where that is known."""
    condition = str(row.get("condition") or BEFORE.get(row["state"], row["state"]))
    if row["state"] == "running":
        if row["healthy"]:
            return WORDS["healthy"]
        return (
            WORDS["starting"]
            if condition == "starting"
            else WORDS["unhealthy" if row["healthy"] is False else "running"]
        )
    code = row.get("exit_code")
    words = WORDS.get(condition, condition)
    return f"{words} (exit code {code})" if code is not None and condition in WITH_CODE else words


def last_words(rows: list[Row]) -> list[str]:
    """Return the last line that each replica wrote which does not run, a line for each."""
    return [f"{row['replica']} wrote last: {row['last_line']}" for row in rows if row.get("last_line")]


def _age(started_at: float) -> str:
    if not started_at:
        return ""
    minutes, seconds = divmod(int(time.time() - started_at), 60)
    return f"{minutes // 60}h{minutes % 60:02d}m{seconds:02d}s"
