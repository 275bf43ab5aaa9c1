"""How many requests a second does a server answer, and how late? Asked with wrk, which itself costs little."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

WRK = shutil.which("wrk") or ""
SCRIPT = Path(__file__).with_name("report.lua")
THREADS = 2
MARK = "figures: "


@dataclass(frozen=True)
class Figures:
    """What one run saw: latencies in milliseconds, answers by status, and what wrk calls errors."""

    rate: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    statuses: dict[str, int]
    errors: dict[str, int]

    @property
    def summary(self) -> str:
        """Write it for a table."""
        answers = ", ".join(f"{count:,} x {status}" for status, count in sorted(self.statuses.items()))
        errors = sum(self.errors.values())
        latency = f"p50 {self.p50_ms:.1f}, p99 {self.p99_ms:.1f}, max {self.max_ms:.0f} ms"
        return f"{self.rate:,.0f} requests/s; {latency}; {answers}; {errors} errors of connections"


def run(url: str, *arguments: str, connections: int, seconds: int, **environment: str) -> Figures:
    """Ask one URL over kept connections. Arguments: a Lua file that chooses what is asked, and what it is told."""
    if not WRK:
        raise SystemExit("error: wrk is not installed\nfix:   apt-get install wrk")
    chosen = ("--", *arguments) if arguments else ()
    options = (f"-t{THREADS}", f"-c{connections}", f"-d{seconds}", "--timeout", "30", "--latency", "-s", str(SCRIPT))
    done = subprocess.run(
        (WRK, *options, url, *chosen), capture_output=True, text=True, check=True, env={**os.environ, **environment}
    )
    return read(done.stdout)


def read(text: str) -> Figures:
    """Read what report.lua printed at the end of a run."""
    found = re.search(rf"^{MARK}(.+)$", text, re.MULTILINE)
    if found is None:
        raise ValueError(f"wrk printed no figures:\n{text}")
    return Figures(**json.loads(found[1]))
