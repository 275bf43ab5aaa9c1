"""How fast is a local deploy, and what does the running stack cost? Prints a table for docs/benchmarks.md."""

from __future__ import annotations

import json
import platform
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from tests.bench.load import measure
from tests.stack import DOMAIN, Stack, copy_checkout

REPEATS = 5


def main() -> None:
    """Deploy a copy of the checkout with an empty cache, measure it, and take it down."""
    folder = Path(tempfile.mkdtemp(prefix="slipway-bench-"))
    stack = copy_checkout(folder / "checkout", cache_dir=folder / "cache")
    # The load goes through the rate limit of the edge; it is off for the measurement.
    stack.environment["RATE_LIMIT_API_RPM"] = "0"
    try:
        rows = _measure_all(stack)
    finally:
        stack.invoke("down", "--target", "local", "--volumes", "--yes")
        shutil.rmtree(folder)
    _print_table(rows)


def _measure_all(stack: Stack) -> list[tuple[str, str]]:
    rows = [("cold deploy (empty cache)", _seconds(lambda: _deploy(stack)))]
    noop = [_deploy(stack) for _ in range(REPEATS)]
    verification = [_step(report, "verify") for report in noop]
    total = [_length(report) for report in noop]
    rows.append(("no-op deploy, total", _spread(total)))
    rows.append(("no-op deploy, verification", _spread(verification)))
    beyond = [whole - part for whole, part in zip(total, verification, strict=True)]
    rows.append(("no-op deploy, beyond verification", _spread(beyond)))
    rows.append(("resident memory of the whole stack", f"{_memory_mib(stack):.0f} MiB"))
    for connections in (1, 32):
        load = measure(
            stack.https_port, DOMAIN, "/api/health", ca_file=str(stack.ca_file), connections=connections, seconds=10
        )
        figures = f"p50 {load.percentile_ms(0.5):.1f} ms, p99 {load.percentile_ms(0.99):.1f} ms"
        rows.append(
            (
                f"/api/health, {connections} connections, 10 s",
                f"{figures}, {load.rate:.0f} requests/s, {len(load.failures)} failed",
            )
        )
    stack.change_api("measured")
    rows.append(("update after a one-line change in api/", _seconds(lambda: stack.json("update"))))
    stack.invoke("down", "--target", "local")
    rows.append(("warm deploy (after down)", _seconds(lambda: _deploy(stack))))
    return rows


def _deploy(stack: Stack) -> Any:
    return stack.json("deploy")


def _length(report: dict[str, Any]) -> float:
    return float(sum(step["seconds"] for step in report["steps"]))


def _step(report: dict[str, Any], name: str) -> float:
    return next(float(step["seconds"]) for step in report["steps"] if step["name"] == name)


def _seconds(action: Callable[[], object]) -> str:
    started = time.perf_counter()
    action()
    return f"{time.perf_counter() - started:.1f} s"


def _spread(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} s ({min(values):.2f} to {max(values):.2f}, {len(values)} runs)"


def _memory_mib(stack: Stack) -> float:
    """Sum the proportional set size of every process below the stack's supervisor, and supervisor itself."""
    pid = int((stack.state / "supervisor" / "supervisord.pid").read_text(encoding="utf-8"))
    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return float(sum(process.memory_full_info().pss for process in family)) / 2**20


def _print_table(rows: list[tuple[str, str]]) -> None:
    memory_gib = psutil.virtual_memory().total / 2**30
    machine = f"{psutil.cpu_count()} cores, {memory_gib:.0f} GiB, {platform.system()} {platform.release()}"
    print(f"Machine: {machine}, Python {platform.python_version()}\n")  # noqa: T201 - this program prints
    print("| what | measured |\n| --- | --- |")  # noqa: T201 - the same
    for name, value in rows:
        print(f"| {name} | {value} |")  # noqa: T201 - the same
    print(json.dumps(dict(rows)))  # noqa: T201 - the same


if __name__ == "__main__":
    main()
