"""How does an operator look at a running stack, read its logs, and stop it?"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console as Terminal
from rich.table import Table

from ops.errors import OpsError, UsageError
from ops.release import local_release
from ops.target import Target, check_target, open_target

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


def plan(root: Path, *, target: str, as_json: bool) -> int:
    """Print what a deploy would change; return the exit code."""
    return _guarded(root, target, lambda opened: _print_plan(plan_of(opened), as_json=as_json))


def plan_of(target: Target) -> list[dict[str, Any]]:
    """Return the changes that a deploy would make, as the engine's `plan` states them."""
    release = local_release(target.root, target.settings.as_environment(), release_id="plan")
    return list(target.host.plan(release)["changes"])


def status(root: Path, *, target: str, as_json: bool) -> int:
    """Print each replica of the live release; return the exit code, 8 when one is not healthy."""

    def act(opened: Target) -> int:
        _require_deployed(opened)
        seen = opened.host.engine("status")
        if as_json:
            print(opened.redactor.text(json.dumps(seen, indent=1)))  # noqa: T201 - data goes to stdout
        else:
            Terminal().print(_status_table(seen))
        return 0 if seen["services"] and all(row["healthy"] for row in seen["services"]) else 8

    return _guarded(root, target, act)


def logs(root: Path, query: LogQuery, *, target: str, as_json: bool) -> int:
    """Print log lines as they come, without secrets; return the exit code."""

    def act(opened: Target) -> int:
        _require_deployed(opened)
        words = (*query.arguments(), *(["--json"] if as_json else []))
        for line in opened.host.stream("logs", *words):
            print(opened.redactor.text(line.rstrip("\n")), flush=True)  # noqa: T201 - data goes to stdout
        return 0

    return _guarded(root, target, act)


def down(root: Path, *, target: str, volumes: bool, yes: bool, as_json: bool) -> int:
    """Stop the stack; with `volumes`, ask and then delete its data too. Return the exit code."""

    def act(opened: Target) -> int:
        if not opened.host.is_ready:
            _say("nothing was ever deployed here")
            return 0
        if volumes and not yes and not _confirmed(f"Delete the database and all other data in {opened.state}/data?"):
            _say("nothing was stopped or deleted")
            return 1
        stopped = opened.host.engine("down", *(["--volumes"] if volumes else []))
        if as_json:
            print(json.dumps(stopped))  # noqa: T201 - data goes to stdout
        else:
            kept = "its data is deleted" if volumes else "its data is kept"
            _say(f"stopped {len(stopped['stopped'])} processes; {kept}")
        return 0

    return _guarded(root, target, act)


def _guarded(root: Path, target: str, act: Callable[[Target], int]) -> int:
    """Open the target, act, and turn what goes wrong into words and an exit code."""
    try:
        check_target(root, target)
        return act(open_target(root))
    except OpsError as error:
        _say(str(error))
        return error.exit_code
    except (KeyboardInterrupt, BrokenPipeError):
        return INTERRUPTED


def _require_deployed(target: Target) -> None:
    if not target.host.is_ready:
        raise UsageError(
            "nothing is deployed here",
            why=f"{target.state} holds no release",
            fix="./scripts/deploy.sh --target local",
        )


def _confirmed(question: str) -> bool:
    if not sys.stdin.isatty():
        raise UsageError(
            "cannot ask without a terminal", why=question, fix="invoke down --target local --volumes --yes"
        )
    return input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}


def _print_plan(changes: list[dict[str, Any]], *, as_json: bool) -> int:
    if as_json:
        print(json.dumps({"changes": changes}, indent=1))  # noqa: T201 - data goes to stdout
        return 0
    wanted = [change for change in changes if change["action"] != "keep"]
    if not wanted:
        Terminal().print("nothing would change")
        return 0
    table = Table("service", "action", "why", "interrupts", title="a deploy would change", box=None)
    for change in wanted:
        table.add_row(change["service"], change["action"], change["why"], "yes" if change["interrupts"] else "no")
    Terminal().print(table)
    return 0


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
