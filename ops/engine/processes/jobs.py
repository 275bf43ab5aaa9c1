"""A command that runs once, in a service's image and environment, and ends with its caller."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import tempfile
from pathlib import Path

from ops.engine.model import Service
from ops.engine.processes import os_processes
from ops.engine.processes.launch import render_files
from ops.engine.processes.launch_file import Launch, describe
from ops.engine.processes.layout import Layout, disk, remove_tree, write_private

TIMED_OUT = 124  # what timeout(1) says
NOT_FOUND = 127  # what a shell says
JOB = "job.json"


def run_job(layout: Layout, service: Service, command: tuple[str, ...], *, timeout_s: float) -> tuple[int, str]:
    """Run a command; return its exit code (124 when it did not end in time) and combined output."""
    with disk(f"starting {service.name}"):
        scratch = Path(tempfile.mkdtemp(prefix=f"{service.name}-", dir=layout.jobs))
    try:
        wanted = dataclasses.replace(service, command=command)
        launch = describe(wanted, layout, name=service.name, scratch=scratch, port=service.port)
        with disk(f"starting {service.name}"):
            render_files(launch)
        is_waited_for = bool(service.hold) and command == service.hold  # by everybody who changes something
        return _run(launch, scratch=scratch, timeout_s=timeout_s, steps_back=not is_waited_for)
    finally:
        remove_tree(scratch)


def _run(launch: Launch, *, scratch: Path, timeout_s: float, steps_back: bool) -> tuple[int, str]:
    try:
        process = _popen(launch, launch["command"], stdout=subprocess.PIPE)
    except OSError as error:
        return NOT_FOUND, f"{launch['command'][0]}: {error.strerror}"
    with process:
        if steps_back:
            os_processes.step_back(process.pid)
        job = _record(process.pid, scratch)
        try:
            output, _ = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            os_processes.end_all([(job, signal.SIGTERM)], grace_s=2)
            output, _ = process.communicate()
            return TIMED_OUT, f"{output}\nit did not end within {timeout_s:g} s"
        finally:
            os_processes.kill_group(job)
    return process.returncode, output


def _popen(launch: Launch, command: list[str], *, stdout: int) -> subprocess.Popen[str]:
    # env(1) finds the command in the PATH that it gets, not in ours; the environment itself is on no command line.
    return subprocess.Popen(
        ("/usr/bin/env", *command),
        cwd=launch["cwd"],
        env=launch["environment"],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )


def _record(pid: int, scratch: Path) -> os_processes.Record:
    """Write down a job and the engine that waits for it, so that the next one can end it if this one dies."""
    processes = os_processes.table()
    started = processes[pid].started if pid in processes else ""
    job = os_processes.Record(pid, pid, started)
    owner = processes[os.getpid()]
    write_private(scratch / JOB, json.dumps({"job": job, "owner": [owner.pid, owner.session, owner.started]}))
    return job


def end_abandoned(layout: Layout) -> None:
    """End the jobs whose engine was killed, and remove their folders."""
    processes = os_processes.table()
    for folder in layout.jobs.glob("*/"):
        try:
            noted = json.loads((folder / JOB).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        owner = os_processes.Record(*noted["owner"])
        alive = processes.get(owner.pid)
        if alive is None or alive.started != owner.started:
            os_processes.end_all([(os_processes.Record(*noted["job"]), signal.SIGTERM)], grace_s=5)
            remove_tree(folder)


def run_health_check(launch: Launch, *, timeout_s: float) -> bool:
    """Run a replica's health check in its environment; True when it exits with 0 in time."""
    try:
        process = _popen(launch, launch["healthcheck"], stdout=subprocess.DEVNULL)
    except OSError:
        return False
    with process:
        try:
            return process.wait(timeout=timeout_s) == 0
        except subprocess.TimeoutExpired:
            return False
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
