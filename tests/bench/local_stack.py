"""How fast is a local deploy, and what does the running stack cost? Prints a table for docs/benchmarks.md."""

from __future__ import annotations

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
    stack.environment.pop("SLIPWAY_STEP_BACK", None)
    try:
        rows = _measure_all(stack)
    finally:
        stack.invoke("down", "--target", "local", "--volumes", "--yes")
        shutil.rmtree(folder)
    print_table(rows)


def _measure_all(stack: Stack) -> list[tuple[str, str]]:
    rows = [("cold deploy (empty cache)", _seconds(lambda: _deploy(stack)))]
    repeated = [timed(lambda: _deploy(stack)) for _ in range(REPEATS)]
    walls = [wall for wall, _ in repeated]
    verification = [_step(report, "verify") for _, report in repeated]
    beyond = [wall - part for wall, part in zip(walls, verification, strict=True)]
    rows.append(("no-op deploy, the whole command", spread(walls)))
    rows.append(("of that, verification", spread(verification)))
    rows.append(("of that, beyond verification", spread(beyond)))
    rows.append(("resident memory of the whole stack", f"{_memory_mib(stack):.0f} MiB"))
    stack.change_api("measured")
    rows.append(("update after a one-line change in api/, verified", _seconds(lambda: stack.json("update"))))
    stack.invoke("down", "--target", "local")
    rows.append(("warm deploy (after down)", _seconds(lambda: _deploy(stack))))
    return rows + _under_load(stack)


def _under_load(stack: Stack) -> list[tuple[str, str]]:
    """Measure /api/health through the edge, with its rate limit out of the way."""
    stack.environment["RATE_LIMIT_API_RPM"] = "1000000"
    stack.environment["RATE_LIMIT_API_BURST"] = "100000"
    released = stack.invoke("update", "--target", "local", "--allow-interruption")
    if released.returncode:
        raise RuntimeError(released.stdout + released.stderr)
    rows = []
    for connections in (1, 32):
        load = measure(
            stack.https_port, DOMAIN, "/api/health", ca_file=str(stack.ca_file), connections=connections, seconds=10
        )
        figures = f"p50 {load.percentile_ms(0.5):.1f} ms, p99 {load.percentile_ms(0.99):.1f} ms"
        what = f"/api/health over TLS, {connections} connections, 10 s"
        rows.append((what, f"{figures}, {load.rate:.0f} requests/s, {len(load.failures)} failed"))
    return rows


def _deploy(stack: Stack) -> Any:
    return stack.json("deploy")


def _step(report: dict[str, Any], name: str) -> float:
    return next(float(step["seconds"]) for step in report["steps"] if step["name"] == name)


def _seconds(action: Callable[[], object]) -> str:
    return f"{timed(action)[0]:.1f} s"


def timed(action: Callable[[], Any]) -> tuple[float, Any]:
    """Return how many seconds an action took, and what it returned."""
    started = time.perf_counter()
    result = action()
    return time.perf_counter() - started, result


def spread(values: list[float]) -> str:
    """Write the median of some figures with their range."""
    return f"{statistics.median(values):.2f} s ({min(values):.2f} to {max(values):.2f}, {len(values)} runs)"


def _memory_mib(stack: Stack) -> float:
    """Sum the proportional set size of every process below the stack's supervisor, and supervisor itself."""
    pid = int((stack.state / "supervisor" / "supervisord.pid").read_text(encoding="utf-8"))
    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return float(sum(process.memory_full_info().pss for process in family)) / 2**20


def print_table(rows: list[tuple[str, str]]) -> None:
    """Print the machine and the figures as Markdown."""
    memory_gib = psutil.virtual_memory().total / 2**30
    machine = f"{psutil.cpu_count()} cores, {memory_gib:.0f} GiB, {platform.system()} {platform.release()}"
    print(f"Machine: {machine}, Python {platform.python_version()}\n")  # noqa: T201 - this program prints
    print("| what | measured |\n| --- | --- |")  # noqa: T201 - the same
    for name, value in rows:
        print(f"| {name} | {value} |")  # noqa: T201 - the same


if __name__ == "__main__":
    main()
