"""What would a deploy change, around the host and on it?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.table import Table

from ops import screen
from ops.commands.output import Talk, guarded, print_table
from ops.targets import Request, Target


def plan(root: Path, request: Request) -> int:
    """Print what a deploy would change; return the exit code."""
    return guarded(
        root, request, lambda opened: _print_plan(opened.redactor.value(plan_of(opened, request)), as_json=request.json)
    )


def plan_of(target: Target, request: Request) -> list[dict[str, Any]]:
    """Return the changes that a deploy would make: around the host first, then as the engine's `plan` states them."""
    outer = target.outer_changes(request, Talk(target.redactor))
    release = target.pack("plan").release
    if any(change["kind"] == "droplet" and change["action"] == "create" for change in outer):
        wanted = [{"service": s.name, "action": "run" if s.is_job else "start"} for s in release.services]
        return [*outer, *({**one, "why": "the host is new", "interrupts": False} for one in wanted)]
    return [*outer, *target.host.plan(release)["changes"]]


def _print_plan(changes: list[dict[str, Any]], *, as_json: bool) -> int:
    if as_json:
        screen.data_json({"changes": changes})
        return 0
    wanted = [change for change in changes if change["action"] != "keep"]
    if not wanted:
        screen.data("nothing would change")
        return 0
    table = Table("what", "action", "why", "interrupts", title="a deploy would change", box=None)
    for change in wanted:
        table.add_row(change["service"], change["action"], change["why"], _interruption(change))
    print_table(table)
    return 0


def _interruption(change: dict[str, Any]) -> str:
    """Say whether a change interrupts the site, and for how long it did last time."""
    if not change.get("interrupts"):
        return "no"
    last_s = change.get("last_s")
    return "yes, not known yet for how long" if last_s is None else f"yes, ~{last_s:.1f} s last time"
