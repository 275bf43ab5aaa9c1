"""Which runtime works on this host, and what of it is not part of every runtime?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ops.engine.errors import EngineError
from ops.engine.processes import ProcessesRuntime
from ops.engine.processes.logs import Line, read_logs
from ops.engine.runtime import Runtime

RUNTIMES = {"processes": ProcessesRuntime}
_SPAN = re.compile(r"(\d+)(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def open_runtime(name: str, root: Path) -> Runtime:
    """Return the runtime of that name for this root."""
    return RUNTIMES[name](root)


def read_lines(root: Path, query: dict[str, Any]) -> Iterator[Line]:
    """Yield log lines in the order of time; `query` has services, since, grep, lines and follow."""
    since_s = seconds(query["since"]) if query["since"] else None
    yield from read_logs(
        root,
        services=query["service"] or (),
        since_s=since_s,
        grep=query["grep"],
        lines=query["lines"],
        follow=query["follow"],
    )


def memory_mib(runtime: Runtime) -> dict[str, float]:
    """Return the resident memory of each replica in MiB, of a runtime that can tell."""
    tell = getattr(runtime, "memory_mib", None)
    return dict(tell()) if tell else {}


def seconds(span: str) -> float:
    """Read a span like 90s, 10m, 2h or 1d; `EngineError` when it is none."""
    found = _SPAN.fullmatch(span)
    if not found:
        raise EngineError(
            f"`{span}` is not a span of time",
            why="it has to be a number and one of s, m, h, d",
            fix="--since 10m",
            family="host",
        )
    return float(found[1]) * _SECONDS[found[2]]
