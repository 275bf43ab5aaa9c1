"""One run: what happened in it so far, and how it ends."""

from __future__ import annotations

import contextlib
import time
import traceback
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from ops.engine.errors import INTERRUPTED
from ops.engine.model import Origin
from ops.environments import chosen, runs_of
from ops.errors import OpsError
from ops.redact import Redactor
from ops.runs.artifacts import RunFolder, create_run_folder, utc_now
from ops.runs.console import Console
from ops.runs.report import QUIET, Before, Failure, Instance, Outcome, Report, changes_from, planned_from, steps_from
from ops.verification import Check, Observations

LATE = timedelta(seconds=5)  # by which an event may be heard of later than it was, or clocks differ, unnoticed


class Run:
    """One run: its folder, its console, and every event, in the order in which they came."""

    def __init__(
        self, *, mode: str, target: str, folder: RunFolder, console: Console, redactor: Redactor, url: str
    ) -> None:
        self.mode = mode
        self.target = target
        self.folder = folder
        self.console = console
        self.redactor = redactor
        self.url = url
        self.events: list[dict[str, Any]] = []
        self.checks: tuple[Check, ...] = ()
        self.seen = Observations()
        self.warnings: list[str] = []
        self.error: OpsError | None = None
        self.outcome: Outcome = "success"
        self.is_interrupted = False
        self.is_released = False  # the engine said success in this run
        self.before: Before | None = None  # how the release before answered, where it was asked
        self.instance: Instance | None = None
        self.origin = Origin()  # of the release that the run is about
        self.went_back = ""  # the release that was brought back, in words
        self._host_ahead: timedelta | None = None  # of the clock here; None until the host has told a time

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step of the operator's side; it counts as failed when it raises."""
        began = time.monotonic()
        outcome: Literal["ok", "failed"] = "failed"
        self.add({"event": "step_started", "step": name})
        try:
            yield
            outcome = "ok"
        finally:
            seconds = time.monotonic() - began
            self.add({"event": "step_finished", "step": name, "outcome": outcome, "seconds": seconds})

    def add(self, event: dict[str, Any]) -> None:
        """Take in an event, of this side or of the engine's journal, and show it."""
        stamped = {**event, "at": self._by_the_clock_here(event.get("at"))}
        self.events.append(stamped)
        self.console.event(stamped)

    def _by_the_clock_here(self, told: str | None) -> str:
        """Return when an event was, so that those of the host stand between those of this side."""
        now = utc_now()
        at = datetime.fromisoformat(told) if told else now
        if told and self._host_ahead is None:
            self._host_ahead = at - now if abs(at - now) > LATE else timedelta(0)
        shifted = at - (self._host_ahead or timedelta(0)) if told else at
        return shifted.isoformat(timespec="milliseconds")

    def progress(self, step: str) -> Callable[[str], None]:
        """Return a function that shows progress of a step of the operator's side."""
        return lambda text: self.add({"event": "progress", "step": step, "text": text})

    @property
    def has_released(self) -> bool:
        """Tell whether the engine planned to change anything: only that can be taken back."""
        return any(change.action not in QUIET for change in planned_from(self.events))

    def say(self, text: str) -> None:
        """Show progress of the operator's side."""
        self.console.say(text)

    def changed(self, what: str, action: str, why: str) -> None:
        """Note a change around the host, for the report."""
        self.add({"event": "changed_around", "changes": [{"service": what, "action": action, "why": why}]})

    def warn(self, text: str) -> None:
        """Note something that the operator should know; it is shown again in the report."""
        if text not in self.warnings:
            self.warnings.append(text)
            self.console.say(f"warning: {text}")

    def fail(self, error: OpsError, *, outcome: Outcome = "failed") -> None:
        """Note what ended the run; the first failure counts. Its stack trace goes to the log alone."""
        self.folder.log("".join(traceback.format_exception(error)))
        if self.error is None:
            self.error = error
            self.outcome = outcome

    def finish(self) -> int:
        """Write the report and the manifest, print the summary, and return the exit code."""
        report = self.report(finished_at=utc_now())
        try:
            self.folder.finish(report)
        except OpsError as error:
            self.fail(error)
            report = self.report(finished_at=utc_now())
        self.console.summary(report)
        if self.is_interrupted:
            return INTERRUPTED
        return self.error.exit_code if self.error else 0

    def report(self, *, finished_at: datetime) -> Report:
        """Return the run as it stands, without secrets."""
        error = self.error
        report = Report(
            run_id=self.folder.run_id,
            mode=self.mode,
            target=self.target,
            outcome=self.outcome,
            started_at=self.folder.started_at,
            finished_at=finished_at,
            artifact_path=str(self.folder.path),
            steps=steps_from(self.events, started_at=self.folder.started_at),
            changes=changes_from(self.events),
            checks=self.checks,
            error=Failure(what=error.what, why=error.why, fix=error.fix) if error else None,
            warnings=tuple(self.warnings),
            url=self.url,
            env=chosen(),
            release=self.seen.release,
            services=self.seen.services,
            answers=self.seen.answers,
            instance=self.instance,
            origin=self.origin,
            went_back=self.went_back,
            before=self.before,
        )
        return self.redactor.value(report)  # before anything is wrapped or cut to fit


def open_run(root: Path, *, mode: str, target: str, redactor: Redactor, url: str, json: bool, timestamp: bool) -> Run:
    """Make the run's folder and console; raises PreflightError when the folder can't be written."""
    folder = create_run_folder(runs_of(root, chosen()), redactor=redactor, no_timestamp=not timestamp)
    console = Console(redactor, json)
    console.log = folder.log
    return Run(mode=mode, target=target, folder=folder, console=console, redactor=redactor, url=url)
