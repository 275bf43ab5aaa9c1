"""The folder of a run, and the only writer of it.

The only writer of run folders. Everything passes the redactor on its way, every file is 0600 in a folder of 0700,
and `manifest.json` comes last: a folder that has one is finished.
"""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import os
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO, TypeVar

from ops.errors import OpsError, PreflightError, SecretFoundError
from ops.redact import Redactor
from ops.runs.report import Failure, FileEntry, Report, to_json, to_manifest
from ops.runs.report_html import render
from ops.shell_words import free_space

NAMES = (
    *("compose-ps.txt", "published-ports.txt", "traefik-static.yml", "traefik-dynamic.yml"),
    *("traefik-static.template.yml", "traefik-dynamic.template.yml", "traefik-env.txt", "traefik-logs.txt"),
    *("api-logs.txt", "django-migrate.txt", "django-check-deploy.txt", "schema-compat-check.json", "curl-root.txt"),
    *("curl-api.txt", "curl-api-health.txt", "api-health.json", "celery-ping.json"),
    *("deploy.log", "report.json", "report.html", "manifest.json"),
)
OWN = ("deploy.log", "report.json", "report.html", "manifest.json")  # written by the folder itself
RESERVE = ".reserve"
RESERVE_BYTES = 256 * 1024  # a full disk still has room for the report that says so
NEW_STAMP_S = 5.0

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the time of now, in UTC."""
    return datetime.now(UTC)


def create_run_folder(
    root: Path, *, redactor: Redactor, no_timestamp: bool = False, clock: Clock = utc_now
) -> RunFolder:
    """Make the folder of a new run below `root`; raises PreflightError when that is not possible.

    A stamped folder is never written twice: a second run in the same second waits for the next one. `latest` is
    emptied first.
    """
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = _emptied(root / "latest") if no_timestamp else _stamped(root, clock)
    except OSError as error:
        raise _unwritable(root, error) from error
    return RunFolder(path, redactor=redactor, started_at=clock(), clock=clock)


Value = TypeVar("Value")


class RunFolder:
    """The folder of one run. `run_id` is its name, or for `latest` the time and the process."""

    def __init__(self, path: Path, *, redactor: Redactor, started_at: datetime, clock: Clock = utc_now) -> None:
        self.path = path
        self.started_at = started_at
        stamp = f"{started_at:%Y%m%d_%H%M%S}"
        self.run_id = f"{stamp}_{os.getpid()}" if path.name == "latest" else path.name
        self.missing: dict[str, str] = {}
        self._redactor = redactor
        self._clock = clock
        self._reserve()
        self._is_open = True
        self.log("")  # the file is there from the first moment on, whatever happens next

    def write(self, name: str, text: str) -> None:
        """Write a file whole or not at all; a full disk makes it a missing file, with the reason."""
        part = self.path / f".{name}.part"
        try:
            with _private(part) as file:
                file.write(self._redactor.text(text))
            part.replace(self.path / name)
        except OSError as error:
            part.unlink(missing_ok=True)
            self.missing[name] = error.strerror or str(error)
            return
        self.missing.pop(name, None)

    def redacted(self, value: Value) -> Value:
        """Return a value as it may be written, shown, cut and wrapped: with no secret in it."""
        return self._redactor.value(value)

    def omit(self, name: str, why: str) -> None:
        """Note that a file will not be there, and why."""
        self.missing[name] = self._redactor.text(why)

    def log(self, text: str) -> None:
        """Add lines to `deploy.log`, each with the time; does nothing once the run is finished."""
        if not self._is_open:
            return
        at = self._clock().isoformat(timespec="milliseconds")
        lines = self._redactor.text(text).splitlines()
        try:
            with _private(self.path / "deploy.log", how=os.O_APPEND) as file:
                file.write("".join(f"{at} {line}\n" for line in lines))
        except OSError as error:
            self.missing["deploy.log"] = f"it ends early: {error.strerror or error}"

    def entries(self) -> tuple[FileEntry, ...]:
        """Return the files that are there by now."""
        paths = sorted(path for path in self.path.iterdir() if path.is_file() and not path.name.startswith("."))
        return tuple(_entry(path) for path in paths)

    def absent(self) -> dict[str, str]:
        """Return the names of A-11 that are not there, and why; the run's own files come last and do not count."""
        there = {entry.name for entry in self.entries()}
        reasons = {name: self.missing.get(name, "the run ended before it was gathered") for name in NAMES}
        return {name: why for name, why in reasons.items() if name not in there and name not in OWN}

    def quarantine(self) -> tuple[str, ...]:
        """Look for secrets in everything written; remove files that hold one and return their names."""
        found = sorted({finding.file for finding in self._redactor.scan(self.path)})
        for name in found:
            (self.path / name).unlink(missing_ok=True)
            self.missing[name] = "removed: it held a secret"
        return tuple(found)

    def finish(self, report: Report) -> None:
        """Write the report and, last, the manifest.

        Raises SecretFoundError when a secret had got through, and PreflightError when the disk is full: in both cases
        after the report that says so has been written.
        """
        self._is_open = False
        (self.path / RESERVE).unlink(missing_ok=True)
        self._redact_log_as_a_whole()
        leaked = self.quarantine()
        report = _with_leak(report, leaked) if leaked else report
        self._write_report(report)
        leaked += self.quarantine()
        for name, why in self.absent().items():
            self.missing.setdefault(name, why)
        self.write("manifest.json", to_manifest(report, self.entries(), self.missing))
        leaked += self.quarantine()
        if leaked:
            raise _leak(leaked)
        if "manifest.json" in self.missing:
            raise _unwritable(self.path, OSError(errno.ENOSPC, self.missing["manifest.json"]))

    def _redact_log_as_a_whole(self) -> None:
        """Take out of the log what came line by line, as a private key does that a build prints."""
        try:
            text = (self.path / "deploy.log").read_text(encoding="utf-8")
        except OSError:
            return
        if self._redactor.text(text) != text:
            self.write("deploy.log", text)

    def _write_report(self, report: Report) -> None:
        self.write("report.json", to_json(report))
        self.write("report.html", render(report, self.entries(), {**self.absent(), **self.missing}))

    def _reserve(self) -> None:
        try:
            with _private(self.path / RESERVE) as file:
                file.write("0" * RESERVE_BYTES)
        except OSError:
            (self.path / RESERVE).unlink(missing_ok=True)  # the disk is full already: what fits is written


def _stamped(root: Path, clock: Clock) -> Path:
    deadline = time.monotonic() + NEW_STAMP_S
    while True:
        path = root / f"{clock():%Y%m%d_%H%M%S}"
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)  # until the next second, for a name that is free
        else:
            return path


def _emptied(path: Path) -> Path:
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)
    path.mkdir(mode=0o700)
    return path


def _private(path: Path, *, how: int = os.O_EXCL) -> TextIO:
    # Windows would write CR LF without O_BINARY, and has no O_NOFOLLOW
    flags = os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0) | how
    return os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8", errors="replace", newline="\n")


def _entry(path: Path) -> FileEntry:
    content = path.read_bytes()
    written = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC).isoformat(timespec="seconds")
    return FileEntry(name=path.name, size=len(content), sha256=hashlib.sha256(content).hexdigest(), written_at=written)


def _with_leak(report: Report, leaked: tuple[str, ...]) -> Report:
    error = _leak(leaked)
    return dataclasses.replace(report, outcome="failed", error=Failure(what=error.what, why=error.why, fix=error.fix))


def _leak(leaked: tuple[str, ...]) -> SecretFoundError:
    return SecretFoundError(
        f"a secret was found in {', '.join(f'`{name}`' for name in sorted(set(leaked)))}",
        why="redaction (ops/redact/) did not catch it; the file was removed before anyone could read it",
        fix="set a new value for that secret in .env, then invoke deploy",
    )


def _unwritable(path: Path, error: OSError) -> OpsError:
    return PreflightError(
        f"the artifact folder `{path}` cannot be written", why=error.strerror or str(error), fix=free_space(path.parent)
    )
