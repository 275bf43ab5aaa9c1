"""How does an operator read what the services wrote?"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

from ops import screen
from ops.commands.output import Talk, guarded
from ops.errors import UsageError
from ops.targets import Request, Target, command


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


def logs(root: Path, query: LogQuery, request: Request) -> int:
    """Print log lines as they come, without secrets; return the exit code."""

    def act(opened: Target) -> int:
        opened.reach(Talk(opened.redactor))
        if query.services:
            _check_services(query.services, opened)
        if query.follow:
            screen.end_with_reader()
        words = (*query.arguments(), *(["--json"] if request.json else []))
        lines = (f"{line.rstrip(chr(10))}\n" for line in opened.host.stream("logs", *words))
        for shown in opened.redactor.stream(lines):
            if not screen.data(shown, end=""):
                break  # whoever read has gone
        return 0

    return guarded(root, request, act)


def _check_services(wanted: tuple[str, ...], opened: Target) -> None:
    """Stop here unless the stack has these services; raises UsageError."""
    known = sorted({row["service"] for row in opened.host.engine("status", "--no-health")["services"]})
    for name in wanted:
        if known and name not in known:
            [near] = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
            raise UsageError(
                f"there is no service `{name}`",
                why=f"there are {', '.join(known)}",
                fix=command(f"logs --service {near}", opened.name),
            )
