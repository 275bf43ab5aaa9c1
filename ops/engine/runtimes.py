"""Which runtime works on this host?"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from ops.engine.compose import ComposeRuntime
from ops.engine.errors import EngineError
from ops.engine.processes import ProcessesRuntime
from ops.engine.runtime import Runtime

RUNTIMES: dict[str, Callable[[Path], Runtime]] = {"compose": ComposeRuntime, "processes": ProcessesRuntime}
_SPAN = re.compile(r"(\d+)(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def open_runtime(name: str, root: Path) -> Runtime:
    """Return the runtime of that name for this root."""
    return RUNTIMES[name](root)


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
