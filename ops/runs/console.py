"""A run as whoever started it sees it.

Progress and errors go to stderr, the summary to stdout. On a terminal the current step is live; without one, or with
`NO_COLOR` or `CI`, every line is plain and final. With `json`, stdout carries the report and nothing else.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import Any, TextIO, cast

from rich.console import Console as Terminal
from rich.console import Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from ops import screen
from ops.errors import OpsError
from ops.redact import Redactor
from ops.runs.console_summary import summary_of
from ops.runs.report import Report, to_json

MARKS = {"ok": ("✓", "green"), "skipped": ("·", "dim"), "undone": ("↶", "yellow"), "failed": ("✗", "red")}
PLAIN_MARKS = {"ok": "ok", "skipped": "skip", "undone": "undone", "failed": "FAILED"}
STEP_WIDTH = 12  # of the longest one: `undo replace`
REDIRECTED = 100  # columns, where there is no screen that has a width
NOTHING = 0.05  # a step that was skipped this quickly is not worth a line


def _ignore(_: str) -> None:
    """Keep no log."""


class Console:
    """Print one run. Everything passes the redactor first, and goes to `log` as well."""

    def __init__(
        self,
        redactor: Redactor,
        json: bool = False,  # noqa: FBT001, FBT002 - the operator's own switch
        *,
        out: TextIO | None = None,
        err: TextIO | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self.log: Callable[[str], None] = _ignore
        self._redactor = redactor
        self._json = json
        self._out, self._err = out or _door(screen.out()), err or _door(screen.err())
        self._plain = bool(not self._err.isatty() or environment.get("NO_COLOR") or environment.get("CI"))
        self._terminal = _terminal(self._err, plain=self._plain)
        self._current: _CurrentStep | None = None
        self._live: Live | None = None

    def event(self, journal_event: dict[str, Any]) -> None:
        """Show a journal event: a step that began or ended, or its progress. Other events go to the log only."""
        name, step = journal_event["event"], str(journal_event.get("step", ""))
        self.log(self._redactor.text(_log_line(journal_event)))
        if name == "step_started":
            self._begin(step)
        elif name == "progress":
            self._progress(step, self._redactor.text(str(journal_event["text"])))
        elif name == "step_finished":
            self._end(step, str(journal_event["outcome"]), float(journal_event["seconds"]))

    def say(self, text: str) -> None:
        """Print a line of talk."""
        clean = self._redactor.text(text)
        self.log(clean)
        self._print(Text(clean))

    def error(self, error: OpsError) -> None:
        """Print what failed, why, and what to type next."""
        self.close()
        clean = self._redactor.text(str(error))
        self.log(clean)
        for line in clean.splitlines():
            head, _, rest = line.partition(":")
            style = {"error": "bold red", "why": "bold", "fix": "bold green"}.get(head, "")
            self._print(Text.assemble((f"{head}:", style), rest) if style else Text(line))

    def summary(self, report: Report) -> None:
        """Print the end of the run; with `json`, the report to stdout and the summary to stderr."""
        self.close()
        report = self._redactor.value(report)  # before it is wrapped
        if self._json:
            self._out.write(screen.ascii_json(self._redactor.text(to_json(report))))
            self._out.flush()
        stream = self._err if self._json else self._out
        plain = self._plain or not stream.isatty()
        terminal = _terminal(stream, plain=plain)
        with terminal.capture() as captured:
            terminal.print(summary_of(report, plain=plain, width=terminal.width), soft_wrap=True)
        stream.write(self._redactor.text(captured.get()))
        stream.flush()

    def close(self) -> None:
        """Stop the live line, and give the cursor back."""
        if self._live:
            self._live.stop()
            self._live = None

    def _begin(self, step: str) -> None:
        self._current = _CurrentStep(step, encoding=self._terminal.encoding)
        if self._plain:
            return
        if self._live is None:
            self._live = Live(console=self._terminal, refresh_per_second=8, transient=True, get_renderable=self._shown)
            self._live.start()

    def _progress(self, step: str, text: str) -> None:
        if self._plain:
            self._print(Text(f"{'':8}{step:{STEP_WIDTH}} {text}"))
        elif self._current:
            self._current.last = text.strip().rpartition("\n")[2]

    def _end(self, step: str, outcome: str, seconds: float) -> None:
        self._current = None
        if outcome == "skipped" and seconds < NOTHING:
            return
        if self._plain:
            self._print(Text(f"{PLAIN_MARKS.get(outcome, outcome):8}{step:{STEP_WIDTH}} {seconds:.1f} s"))
            return
        mark, style = MARKS.get(outcome, ("?", ""))
        self._print(Text.assemble((f"{mark} ", style), f"{step:{STEP_WIDTH}} ", (f"{seconds:6.1f} s", "dim")))

    def _shown(self) -> RenderableType:
        return self._current.rendered() if self._current else Group()

    def _print(self, text: Text) -> None:
        self._terminal.print(text, soft_wrap=True)


class _CurrentStep:
    """The step that is running: how long already, and the last thing it said."""

    def __init__(self, name: str, *, encoding: str) -> None:
        self.name = name
        self.last = ""
        self._began = time.monotonic()
        self._spinner = Spinner("dots" if "utf" in encoding.lower() else "line", style="cyan")

    def rendered(self) -> RenderableType:
        """Return the line as it stands now."""
        elapsed = time.monotonic() - self._began
        line = Text.assemble(f"{self.name:{STEP_WIDTH}} ", (f"{elapsed:6.1f} s", "dim"), "  ", (self.last, "dim"))
        line.no_wrap, line.overflow = True, "ellipsis"
        self._spinner.update(text=line)
        return self._spinner


def _door(door: screen.Door) -> TextIO:
    return cast("TextIO", door)


def _terminal(stream: TextIO, *, plain: bool) -> Terminal:
    if plain:
        width = None if stream.isatty() else REDIRECTED
        return Terminal(file=stream, color_system=None, force_terminal=False, width=width, highlight=False, emoji=False)
    return Terminal(file=stream, highlight=False, emoji=False)


def _log_line(event: dict[str, Any]) -> str:
    known = {key: value for key, value in event.items() if key not in {"seq", "at", "event"}}
    return f"{event['event']} " + " ".join(f"{key}={value}" for key, value in known.items())
