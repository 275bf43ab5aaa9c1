"""Whether the engine that started something still lives."""

from __future__ import annotations

import os
from pathlib import Path


def this_process() -> str:
    """Name this process so that no other, after a reboot neither, has the same name."""
    return f"{os.getpid()} {_born(os.getpid())}"


def is_alive(name: str) -> bool:
    """Tell whether the process of that name still runs."""
    pid, _, born = name.partition(" ")
    return pid.isdigit() and bool(born) and _born(int(pid)) == born


def _born(pid: int) -> str:
    """Return the boot, and the moment after it, at which a process began; empty when there is none."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    except OSError:
        return ""
    return f"{words[19]} {boot}"  # the 22nd field of proc(5); two stand before the bracket
