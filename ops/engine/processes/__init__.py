"""How does the stack run on this machine without a container engine? As processes under a supervisor.

The class is loaded on first use, so that the launcher of each replica does not pay for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ops.engine.processes.runtime import ProcessesRuntime

__all__ = ["ProcessesRuntime"]


def __getattr__(name: str) -> Any:
    if name != "ProcessesRuntime":
        raise AttributeError(name)
    from ops.engine.processes.runtime import ProcessesRuntime  # noqa: PLC0415 - see the docstring

    return ProcessesRuntime
