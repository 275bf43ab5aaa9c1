"""The runtimes by name."""

from __future__ import annotations

import importlib
from pathlib import Path

from ops.engine.runtime import Runtime

RUNTIMES = {
    "compose": "ComposeRuntime",
    "processes": "ProcessesRuntime",
}  # in `runtime` of that package


def open_runtime(name: str, root: Path) -> Runtime:
    """Return the runtime of that name for this root; the code of the others is not read."""
    opened: Runtime = getattr(importlib.import_module(f"ops.engine.{name}.runtime"), RUNTIMES[name])(root)
    return opened
