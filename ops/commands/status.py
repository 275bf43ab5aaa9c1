"""How does an operator see which replicas run, and how they are?"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from rich.console import Console as Terminal
from rich.table import Table

from ops.commands.output import Talk, guarded
from ops.targets import Request, Target


def status(root: Path, request: Request) -> int:
    """Print each replica of the live release; return the exit code, 8 when one is not healthy."""

    def act(opened: Target) -> int:
        opened.reach(Talk(opened.redactor))
        seen = opened.redactor.value(opened.host.engine("status"))
        if request.json:
            print(json.dumps(seen, indent=1))  # noqa: T201 - data goes to stdout
        else:
            Terminal().print(_status_table(seen))
        return 0 if seen["services"] and all(row["healthy"] for row in seen["services"]) else 8

    return guarded(root, request, act)


def _status_table(seen: dict[str, Any]) -> Table:
    table = Table("replica", "health", "port", "pid", "up", "memory", "restarts", box=None)
    table.title = f"release {seen['release']}"
    for row in seen["services"]:
        running = row["state"] == "running"
        table.add_row(
            row["replica"],
            ("healthy" if row["healthy"] else "unhealthy") if running else row["state"],
            str(row["port"] or ""),
            str(row["pid"] or ""),
            _age(row["started_at"]) if running else "",
            f"{row['rss_mib']:.0f} MiB",
            str(row["restarts"]),
        )
    return table


def _age(started_at: float) -> str:
    if not started_at:
        return ""
    minutes, seconds = divmod(int(time.time() - started_at), 60)
    return f"{minutes // 60}h{minutes % 60:02d}m{seconds:02d}s"
