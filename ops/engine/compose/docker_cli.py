"""The programs `docker compose`, `docker buildx` and `docker pull`.

Compose translates a service into a container as the field knows it; nobody here repeats that.
"""

from __future__ import annotations

import collections
import os
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

from ops.engine.compose.descriptions import PROJECT
from ops.engine.errors import EngineError
from ops.redact import last_lines

COMPOSE_TIMEOUT_S = 120.0
KEPT_LINES = 25
FULL_DISK = "no space left on device"


def compose(file: Path, *words: str) -> None:
    """Run one `docker compose` command on a file; EngineError (host) with its own words when it fails."""
    options = ("-p", PROJECT, "-f", str(file), "--project-directory", str(file.parent), "--env-file", os.devnull)
    command = ("docker", "compose", "--progress", "quiet", *options, *words)
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=environment(),
            timeout=COMPOSE_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _not_started(file, f"`docker compose {words[0]}` took more than {COMPOSE_TIMEOUT_S:g} s") from error
    if done.returncode:
        raise _not_started(file, "\n  ".join(last_lines(done.stdout, KEPT_LINES).splitlines()))


def follow(command: tuple[str, ...], each_line: Callable[[str], None], *, timeout_s: float) -> tuple[int, list[str]]:
    """Run a command, pass every line on as it comes; return the exit code and the last lines.

    It is killed when it takes longer than `timeout_s` seconds, and then the last line says so.
    """
    last: collections.deque[str] = collections.deque(maxlen=KEPT_LINES)
    is_late = threading.Event()
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=environment(),
    ) as process:

        def end() -> None:
            is_late.set()
            process.kill()

        clock = threading.Timer(timeout_s, end)
        clock.start()
        for line in filter(None, map(str.rstrip, process.stdout or ())):
            last.append(line)
            each_line(line)
        process.wait()
        clock.cancel()
        if is_late.is_set():
            last.append(f"it was ended after {timeout_s:.0f} s")
    return process.returncode, list(last)


def environment() -> dict[str, str]:
    """Return what the programs of Docker get: nothing of the release, and nothing that changes what they do."""
    path = os.environ.get("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
    return {"PATH": path, "HOME": "/root", "LANG": "C.UTF-8", "COMPOSE_IGNORE_ORPHANS": "true"}


def _not_started(file: Path, why: str) -> EngineError:
    return EngineError(
        f"{file.parent.name} could not be started",
        why=f"the disk is full: {why}" if FULL_DISK in why else why,
        fix="invoke deploy",
        family="host",
    )
