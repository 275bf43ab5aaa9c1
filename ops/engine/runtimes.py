"""Which runtime works on this host?"""

from __future__ import annotations

import importlib
import re
from pathlib import Path

from ops.engine.errors import EngineError
from ops.engine.runtime import Runtime

RUNTIMES = {
    "compose": "ComposeRuntime",
    "processes": "ProcessesRuntime",
}  # in `runtime` of that package
_SPAN = re.compile(r"(\d+)(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def open_runtime(name: str, root: Path) -> Runtime:
    """Return the runtime of that name for this root; the code of the others is not read."""
    opened: Runtime = getattr(importlib.import_module(f"ops.engine.{name}.runtime"), RUNTIMES[name])(root)
    return opened


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
