"""On what was it measured?"""

from __future__ import annotations

import platform

import psutil


def describe_machine() -> str:
    """Return the line that stands above the tables."""
    memory_gib = psutil.virtual_memory().total / 2**30
    machine = f"{psutil.cpu_count()} cores, {memory_gib:.0f} GiB, {platform.system()} {platform.release()}"
    return f"Machine: {machine}, Python {platform.python_version()}\n"
