"""How does an operator look at a running stack, read its logs, and stop it?"""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console as Terminal
from rich.table import Table

from ops.errors import OpsError, UsageError
from ops.targets import Request, Target, command, open_target

INTERRUPTED = 130


@dataclass(frozen=True, kw_only=True)
class LogQuery:
    """Which lines the operator wants; empty means all."""

    services: tuple[str, ...] = ()
    since: str = ""
    grep: str = ""
    follow: bool = False
    lines: int = 200

    def arguments(self) -> tuple[str, ...]:
        """Return the words for the engine's `logs`."""
        words = [word for service in self.services for word in ("--service", service)]
        words += ["--since", self.since] if self.since else []
        words += ["--grep", self.grep] if self.grep else []
        return (*words, "--lines", str(self.lines), *(["--follow"] if self.follow else []))


def plan(root: Path, request: Request) -> int:
    """Print what a deploy would change; return the exit code."""
    return guarded(root, request, lambda opened: _print_plan(plan_of(opened, request), as_json=request.json))


def plan_of(target: Target, request: Request) -> list[dict[str, Any]]:
    """Return the changes that a deploy would make: around the host first, then as the engine's `plan` states them."""
    outer = target.outer_changes(request, Talk())
    release = target.pack("plan").release
    if any(change["kind"] == "droplet" and change["action"] == "create" for change in outer):
        wanted = [{"service": s.name, "action": "run" if s.is_job else "start"} for s in release.services]
        return [*outer, *({**one, "why": "the host is new", "interrupts": False} for one in wanted)]
    return [*outer, *target.host.plan(release)["changes"]]


def status(root: Path, request: Request) -> int:
    """Print each replica of the live release; return the exit code, 8 when one is not healthy."""

    def act(opened: Target) -> int:
        opened.reach(Talk())
        seen = opened.host.engine("status")
        if request.json:
            print(opened.redactor.text(json.dumps(seen, indent=1)))  # noqa: T201 - data goes to stdout
        else:
            Terminal().print(_status_table(seen))
        return 0 if seen["services"] and all(row["healthy"] for row in seen["services"]) else 8

    return guarded(root, request, act)


def logs(root: Path, query: LogQuery, request: Request) -> int:
    """Print log lines as they come, without secrets; return the exit code."""

    def act(opened: Target) -> int:
        opened.reach(Talk())
        words = (*query.arguments(), *(["--json"] if request.json else []))
        for line in opened.host.stream("logs", *words):
            print(opened.redactor.text(line.rstrip("\n")), flush=True)  # noqa: T201 - data goes to stdout
        return 0

    return guarded(root, request, act)


def down(root: Path, request: Request, *, volumes: bool, yes: bool) -> int:
    """Stop the stack; with `volumes`, ask and then delete its data too. Return the exit code."""

    def act(opened: Target) -> int:
        if request.target == "local" and not opened.host.is_ready:
            _say("nothing was ever deployed here")
            return 0
        opened.reach(Talk())
        again = command("down --volumes --yes", request.target)
        if (
            volumes
            and not yes
            and not _confirmed(f"Delete the database and all other data in {opened.data_place}?", again)
        ):
            _say("nothing was stopped or deleted")
            return 1
        stopped = opened.host.engine("down", *(["--volumes"] if volumes else []))
        if request.json:
            print(json.dumps(stopped))  # noqa: T201 - data goes to stdout
        else:
            kept = "its data is deleted" if volumes else "its data is kept"
            _say(f"stopped {len(stopped['stopped'])} replicas; {kept}")
        return 0

    return guarded(root, request, act)


class Talk:
    """Tells on stderr what a target does, outside of a run."""

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Say nothing of a step that works."""
        del name
        yield

    def say(self, text: str) -> None:
        """Show progress."""
        _say(text)

    def warn(self, text: str) -> None:
        """Show a warning."""
        _say(f"warning: {text}")

    def changed(self, what: str, action: str, why: str) -> None:
        """Show a change."""
        _say(f"{action} {what}: {why}")


def guarded(root: Path, request: Request, act: Callable[[Target], int]) -> int:
    """Open the target, act, and turn what goes wrong into words and an exit code."""
    try:
        opened = open_target(root, request)
        try:
            return act(opened)
        finally:
            opened.close()
    except OpsError as error:
        _say(str(error))
        return error.exit_code
    except (KeyboardInterrupt, BrokenPipeError):
        return INTERRUPTED


def _confirmed(question: str, again: str) -> bool:
    if not sys.stdin.isatty():
        raise UsageError("cannot ask without a terminal", why=question, fix=again)
    return input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}


def _print_plan(changes: list[dict[str, Any]], *, as_json: bool) -> int:
    if as_json:
        print(json.dumps({"changes": changes}, indent=1))  # noqa: T201 - data goes to stdout
        return 0
    wanted = [change for change in changes if change["action"] != "keep"]
    if not wanted:
        Terminal().print("nothing would change")
        return 0
    table = Table("what", "action", "why", "interrupts", title="a deploy would change", box=None)
    for change in wanted:
        table.add_row(change["service"], change["action"], change["why"], _interruption(change))
    Terminal().print(table)
    return 0


def _interruption(change: dict[str, Any]) -> str:
    """Say whether a change interrupts the site, and for how long it did last time."""
    if not change.get("interrupts"):
        return "no"
    last_s = change.get("last_s")
    return "yes, not known yet for how long" if last_s is None else f"yes, ~{last_s:.1f} s last time"


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


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - talk goes to stderr
