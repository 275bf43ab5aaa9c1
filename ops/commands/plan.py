"""What would a deploy change, around the host and on it?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.table import Table

from ops import screen
from ops.commands.output import Talk, guarded, print_table
from ops.engine.connections import WAITING_A_SECOND
from ops.targets import Request, Target


def plan(root: Path, request: Request) -> int:
    """Print what a deploy would change; return the exit code."""

    def act(opened: Target) -> int:
        planned = {"changes": plan_of(opened, request)}
        seen = opened.seen_on_host()
        return _print_plan(opened.redactor.value(planned | ({"host": seen} if seen else {})), as_json=request.json)

    return guarded(root, request, act)


def plan_of(target: Target, request: Request) -> list[dict[str, Any]]:
    """Return the changes that a deploy would make: around the host first, then as the engine's `plan` states them."""
    outer = target.outer_changes(request, Talk(target.redactor))
    release = target.pack("plan").release
    if any(change["kind"] == "droplet" and change["action"] == "create" for change in outer):
        wanted = [{"service": s.name, "action": "run" if s.is_job else "start"} for s in release.services]
        return [*outer, *({**one, "why": "the host is new", "interrupts": False} for one in wanted)]
    return [*outer, *target.host.plan(release)["changes"]]


def _print_plan(planned: dict[str, Any], *, as_json: bool) -> int:
    if as_json:
        screen.data_json(planned)
        return 0
    _print_host(planned.get("host") or {})
    wanted = [change for change in planned["changes"] if change["action"] != "keep"]
    if not wanted:
        screen.data("nothing would change")
        return 0
    table = Table("what", "action", "why", "interrupts", title="a deploy would change", box=None)
    for change in wanted:
        table.add_row(change["service"], change["action"], change["why"], _interruption(change))
    print_table(table)
    return 0


def _print_host(seen: dict[str, Any]) -> None:
    """Show what is on the host beside us, what should be known, and what stands in the way."""
    table = Table("on the host", "what", box=None)
    for one in seen.get("ports", ()):
        table.add_row(f"port {one['port']}/{one['protocol']}", one["holder"])
    for one in seen.get("containers", ()):
        if not one["ours"]:
            table.add_row("container", f"{one['name']} of {one['image']}, {one['state']}")
    for text in seen.get("notes", ()):
        table.add_row("note", text)
    for one in seen.get("obstacles", ()):
        table.add_row("in the way", f"{one['what']}\nfix: {one['fix']}")
    if not table.rows:
        return
    room = [f"{free} MiB free where {folder} stands" for folder, free in seen["free_mib"].items()]
    table.add_row("room", "; ".join([*room, f"{seen['memory_mib']} MiB of memory available"]))
    print_table(table)


def _rate() -> str:
    """Say from how many on requests do not wait."""
    return " or ".join(f"{count} a second of one {name}" for name, count in WAITING_A_SECOND.items())


def _interruption(change: dict[str, Any]) -> str:
    """Say whether a change interrupts the site, and for how long it did last time."""
    last_s, waits_s = change.get("last_s"), change.get("waits_s")
    if waits_s:
        last = "" if last_s is None else f" (~{last_s:.1f} s last time)"
        beyond = "" if waits_s < 1 else f"; beyond {_rate()} they get a 503"
        return f"no, requests wait up to {waits_s:g} s{last}{beyond}"
    if not change.get("interrupts"):
        return "no"
    return "yes, not known yet for how long" if last_s is None else f"yes, ~{last_s:.1f} s last time"
