"""How does an operator read what the services wrote?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ops.commands.output import Talk, guarded
from ops.targets import Request, Target


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
        words = (*query.arguments(), *(["--json"] if request.json else []))
        lines = (f"{line.rstrip(chr(10))}\n" for line in opened.host.stream("logs", *words))
        for shown in opened.redactor.stream(lines):
            print(shown, end="", flush=True)  # noqa: T201 - data goes to stdout
        return 0

    return guarded(root, request, act)
