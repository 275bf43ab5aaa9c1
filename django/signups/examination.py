"""Is everything well that only Django can tell: its checks, its schema, its queue? All of it in one process.

To start Django costs more than every answer. Each part has its own thread, its own time limit, its own exit code, as if
it were a program; one that fails or hangs keeps the others from nothing.
"""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypedDict

from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connections

if TYPE_CHECKING:
    from collections.abc import Mapping

Part = Callable[[io.StringIO], None]  # writes what it has to say
TOO_LATE = 124  # what timeout(1) says
TASK = "signups.deliver"  # what the worker does every few seconds: once more changes nothing
PING = "celery.accumulate"  # Celery's own task that returns what it was given: it goes the way that all work goes


class Seen(TypedDict):
    """What a part said, as of a program."""

    exit_code: int
    output: str
    seconds: float


def parts(*, fail_level: str, with_migrations: bool, limit_s: float) -> dict[str, Part]:
    """Return what a verification asks, by the names of its checks."""
    task_s = limit_s * 0.8  # so that a late one is told as such, before the part is
    asked: dict[str, Part] = {
        "celery-ping": lambda out: _ping(out, limit_s=task_s),
        "task-from-django": lambda out: _deliver(out, limit_s=task_s),
        "django-check-deploy": lambda out: _call(out, "check", deploy=True, fail_level=fail_level),
        "schema-compat-check": lambda out: _call(out, "schema_check", json=True),
    }
    plan: dict[str, Part] = {"django-migrate": lambda out: _call(out, "showmigrations", format="plan")}
    return asked | (plan if with_migrations else {})


def examine(asked: Mapping[str, Part], *, limit_s: float) -> dict[str, Seen]:
    """Do the parts at the same time and return what each said, at the latest after the limit."""
    running = {name: _Running(part) for name, part in asked.items()}
    deadline = time.monotonic() + limit_s
    return {name: one.seen(deadline) for name, one in running.items()}


class _Running:
    """A part in its thread. Nobody can end a thread: a late one is left behind, and ends with the process."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self._output = io.StringIO()
        self._exit_code = TOO_LATE
        self._began = self._ended = time.monotonic()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def seen(self, deadline: float) -> Seen:
        """Wait for the end, until the deadline."""
        self._thread.join(max(0.0, deadline - time.monotonic()))
        if self._thread.is_alive():
            seconds = time.monotonic() - self._began
            said = f"{self._output.getvalue()}it did not end within {seconds:.0f} s\n"
            return Seen(exit_code=TOO_LATE, output=said, seconds=round(seconds, 3))
        seconds = round(self._ended - self._began, 3)
        return Seen(exit_code=self._exit_code, output=self._output.getvalue(), seconds=seconds)

    def _run(self) -> None:
        try:
            exit_code = _exit_code_of(self._part, self._output)
        finally:
            connections.close_all()  # those of this thread
        self._exit_code, self._ended = exit_code, time.monotonic()


def _exit_code_of(part: Part, output: io.StringIO) -> int:
    """Run a part; what it raises becomes its last line and its exit code, as `manage.py` does it."""
    try:
        part(output)
    except SystemExit as stopped:
        return stopped.code if isinstance(stopped.code, int) else int(stopped.code is not None)
    except CommandError as error:
        output.write(f"{type(error).__name__}: {error}\n")
        return error.returncode
    except Exception as error:  # noqa: BLE001 - the other parts are still worth having
        output.write(f"{type(error).__name__}: {error}\n")
        return 1
    return 0


def _call(output: io.StringIO, command: str, **options: Any) -> None:
    call_command(command, stdout=output, stderr=output, no_color=True, **options)


def _ping(output: io.StringIO, *, limit_s: float) -> None:
    from config.celery import app  # noqa: PLC0415 - at the first use, as everywhere

    began = time.monotonic()
    reply = app.send_task(PING, ["pong"]).get(timeout=limit_s)
    output.write(json.dumps({"reply": reply, "seconds": round(time.monotonic() - began, 3)}) + "\n")


def _deliver(output: io.StringIO, *, limit_s: float) -> None:
    from celery.exceptions import TimeoutError as ResultTimeoutError  # noqa: PLC0415 - the same
    from config.celery import app  # noqa: PLC0415 - the same

    task = app.send_task(TASK)
    try:
        task.get(timeout=limit_s, propagate=False)
    except ResultTimeoutError:
        raise CommandError(f"task {task.id} did not end within {limit_s:g} s") from None
    if task.state != "SUCCESS":
        raise CommandError(f"task {task.id} failed: {type(task.result).__name__}")
    output.write(json.dumps({"task_id": task.id, "state": task.state, "result": task.result}) + "\n")
