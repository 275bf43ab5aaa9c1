"""The words that were typed: counts may stand without their flag.

People type plain `invoke`, which has made its program before it reads tasks.py: there that program gets this class.
"""

from __future__ import annotations

from typing import Any

from invoke.program import Program
from invoke.tasks import Task

from ops.commands.scale import as_flags


class NoDash(Task[Any]):
    """A task none of whose switches is `--` for short: `--no-rollback` is `-r`, as `-n` and `-o` are others there."""

    def arg_opts(self, name: str, default: Any, taken_names: set[str]) -> dict[str, Any]:
        """Return what invoke's parser has to know of a switch."""
        return super().arg_opts(name, default, {*taken_names, "-"})


class TypedWords(Program):
    """Invoke's program with counts as people type them."""

    def parse_tasks(self) -> None:
        """Read the words and their switches; `invoke scale api=3` is `invoke scale --count api=3`."""
        self.core.unparsed[:] = as_flags(self.core.unparsed)
        super().parse_tasks()
