"""Processes of this machine: which run, which belong to a replica, and what memory they hold.

A replica's process leaves a record (`pid.json`) of its id and start time before it becomes the service: names and
environments in the process table may be overwritten by their owner, ids are used again, but not both at once.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc")
RECORD = "pid.json"
BEHIND = 15  # niceness
STEP_BACK = "SLIPWAY_STEP_BACK"  # `no` where several stacks share a machine: a busy neighbour would keep a job for ever


class Process(NamedTuple):
    """One line of the process table. `started` tells two holders of the same id apart."""

    pid: int
    ppid: int
    group: int
    session: int
    started: str
    rss_kib: int


class Record(NamedTuple):
    """What a launcher wrote about the process that it was about to become."""

    pid: int
    session: int
    started: str
    starts: int = 1


def table() -> dict[int, Process]:
    """Return the live processes by id."""
    if not (PROC / "self" / "stat").exists():
        return _table_from_ps()
    boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
    page_kib = os.sysconf("SC_PAGE_SIZE") // 1024
    found = (_from_proc(int(path.name), boot, page_kib) for path in PROC.iterdir() if path.name.isdigit())
    return {process.pid: process for process in found if process}


def _from_proc(pid: int, boot: str, page_kib: int) -> Process | None:
    try:
        stat = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None  # it ended while we looked
    # After the name in parentheses, proc(5): state, ppid, pgrp, session, … starttime is the 20th, rss the 22nd.
    fields = stat[stat.rindex(")") + 2 :].split()
    if fields[0] in "ZX":
        return None
    ppid, group, session = (int(field) for field in fields[1:4])
    return Process(pid, ppid, group, session, f"{boot}/{fields[19]}", int(fields[21]) * page_kib)


def _table_from_ps() -> dict[int, Process]:
    command = ("ps", "-axo", "pid=,ppid=,pgid=,rss=,stat=,lstart=")
    text = subprocess.run(command, capture_output=True, text=True, check=True, env={"LC_ALL": "C"}).stdout
    found = {}
    for line in text.splitlines():
        pid, ppid, group, rss_kib, state, *started = line.split()
        if not state.startswith("Z"):
            found[int(pid)] = Process(int(pid), int(ppid), int(group), 0, " ".join(started), int(rss_kib))
    return found


def record_self(folder: Path) -> None:
    """Write down who this process is, and how many came before it under this name."""
    own = table()[os.getpid()]
    before = read_record(folder)
    text = json.dumps(Record(own.pid, own.session, own.started, before.starts + 1 if before else 1)._asdict())
    partial = folder / f".{RECORD}"
    partial.write_text(text)
    partial.replace(folder / RECORD)


def read_record(folder: Path) -> Record | None:
    """Return what the last process of a replica wrote about itself, None when there is nothing readable."""
    try:
        return Record(**json.loads((folder / RECORD).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def members(record: Record, processes: dict[int, Process]) -> list[int]:
    """Return the live processes of the group that the record's process led, itself among them.

    An id is not given away while a group of that number lives, so a group without its leader is ours when the
    session is ours too; with a leader, the start time must be the recorded one.
    """
    leader = processes.get(record.pid)
    if leader and leader.started != record.started:
        return []
    found = [process for process in processes.values() if process.group == record.pid]
    same_session = [process.pid for process in found if process.session == record.session]
    return same_session if leader is None or leader in found else [*same_session, leader.pid]


def end_all(endings: Iterable[tuple[Record, int]], *, grace_s: float) -> None:
    """Send each record's process its signal, wait for all of them together, kill what is left."""
    pending = list(endings)
    for record, number in pending:
        if any(pid == record.pid for pid in members(record, table())):
            send(record.pid, number)
    until = time.monotonic() + grace_s
    while time.monotonic() < until and any(members(record, table()) for record, _ in pending):
        time.sleep(0.05)  # waits for the processes to end, up to the grace time
    for record, _ in pending:
        kill_group(record)


def kill_group(record: Record) -> None:
    """Kill what is left of a process group."""
    for pid in members(record, table()):
        send(pid, signal.SIGKILL)


def send(pid: int, number: int) -> None:
    """Send a signal to a process that may have ended by now."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def step_back(pid: int) -> None:
    """Let a process of ours, the leader of its session, have the processors only where nobody who serves wants them.

    Linux shares them between sessions first (sched_autogroup), where that is not turned off, and by niceness then.
    """
    if os.environ.get(STEP_BACK) == "no":
        return
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, BEHIND)
    with contextlib.suppress(OSError):  # no Linux, or asked for too often
        (PROC / str(pid) / "autogroup").write_text(str(BEHIND))


def command_of(pid: int) -> str:
    """Return the words that a process was started with, empty when there is none."""
    if (PROC / "self" / "cmdline").exists():
        with contextlib.suppress(OSError):
            return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        return ""
    command = ("ps", "-o", "command=", "-p", str(pid))
    return subprocess.run(command, capture_output=True, text=True, errors="replace", check=False).stdout


def folder_of(pid: int) -> Path | None:
    """Return the folder that a process runs in; None where that cannot be told."""
    with contextlib.suppress(OSError):
        return (PROC / str(pid) / "cwd").readlink()
    return None


def tree(pid: int, processes: dict[int, Process]) -> list[int]:
    """Return a process and all that descend from it."""
    found, queue = [], [pid] if pid in processes else []
    while queue:
        current = queue.pop()
        found.append(current)
        queue += [process.pid for process in processes.values() if process.ppid == current]
    return found


def memory_mib(pid: int, processes: dict[int, Process]) -> float:
    """Return the resident memory of a process tree in MiB, shared pages counted once where the kernel tells."""
    return sum(_pss_kib(each) or processes[each].rss_kib for each in tree(pid, processes)) / 1024


def _pss_kib(pid: int) -> int:
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0  # another user's process, or not Linux
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def number_of(name: str) -> int:
    """Return the number of a signal named without SIG."""
    return int(signal.Signals[f"SIG{name}"])
