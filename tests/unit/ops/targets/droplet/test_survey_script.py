"""What does the script that looks at a host wait for? With the host's programs played."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from ops.targets.droplet.survey import SCRIPT, read_survey

LIMIT_S = 20
# Each look takes the next line of a file as its answer, and the last one stays.
NEXT = """next() {
  head -n 1 "$HERE/$1" 2>/dev/null
  [ "$(wc -l <"$HERE/$1" 2>/dev/null || echo 0)" -le 1 ] || sed -i 1d "$HERE/$1"
}
"""
DOCKER = """case "$1 $2" in
  version*) [ "$(next engine)" = up ] ;;
  'ps --all') [ "$3" = --no-trunc ] || echo 1 ;;
  'inspect --format') next replicas ;;
esac"""
SYSTEMCTL = """case "$1" in
  show) [ "$3" != ActiveState ] || next unit ;;
  is-enabled) true ;;
  is-system-running) next system ;;
esac"""


def play(here: Path, *, most_s: int = 10, **answers: tuple[str, ...]) -> list[str]:
    """Run the script where the engine, its unit, the system and a replica answer like this; return its progress."""
    (here / "bin").mkdir()
    for name, lines in {"docker": DOCKER, "systemctl": SYSTEMCTL, "sleep": "", "ss": ""}.items():
        (here / "bin" / name).write_text(f"#!/bin/sh\n{NEXT}{lines}\n", encoding="utf-8")
        (here / "bin" / name).chmod(0o755)
    for name, turns in answers.items():
        (here / name).write_text("".join(f"{turn}\n" for turn in turns), encoding="utf-8")
    (here / "run/systemd/system").mkdir(parents=True)
    text = SCRIPT.read_text(encoding="utf-8").replace("/run/systemd/system", f"{here}/run/systemd/system")
    environment = {"PATH": f"{here}/bin:{os.environ['PATH']}", "HERE": str(here)}
    command = ("sh", "-c", text, "survey", str(most_s))
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=LIMIT_S)
    assert done.returncode == 0, done.stderr
    progress, begin, rest = done.stdout.partition("[sockets]")
    assert read_survey(begin + rest).free_mib.keys() == {"/var/lib/slipway", "/var/lib/docker"}
    return [line.removeprefix("slipway: ").strip() for line in progress.splitlines()]


THERE = "all that was starting is there"
WELL, STARTING = "/api-1 running healthy 0", "/api-1 running starting 0"


@pytest.mark.parametrize(
    ("engine", "unit", "system", "replicas", "expected"),
    [
        (("up",), ("active",), ("running",), (WELL,), []),
        (("up",), ("activating", "activating", "active"), ("running",), (WELL,), ["the Docker Engine", THERE]),
        (("up",), ("inactive", "active"), ("starting",), (WELL,), ["the Docker Engine", THERE]),
        (("up",), ("active",), ("running",), (STARTING, STARTING, WELL), ["api-1", THERE]),
        (("up",), ("active",), ("running",), ("/api-1 restarting 1", WELL), ["api-1", THERE]),
        (("up",), ("activating", "active"), ("starting",), (STARTING, WELL), ["the Docker Engine", "api-1", THERE]),
        (("",), ("failed",), ("degraded",), (), []),
        (("",), ("inactive",), ("running",), (), []),
        (("up",), ("active",), ("running",), ("/api-1 running starting 3",), []),
        (("up",), ("active",), ("running",), ("/api-1 running unhealthy 0",), []),
        (("up",), ("active",), ("running",), ("/api-1 exited 0",), []),
        (("up",), ("active",), ("running",), ("/api-1 running 0",), []),
    ],
)
def test_what_is_starting_is_waited_for_and_what_has_failed_is_not(
    tmp_path: Path,
    engine: tuple[str, ...],
    unit: tuple[str, ...],
    system: tuple[str, ...],
    replicas: tuple[str, ...],
    expected: list[str],
) -> None:
    said = play(tmp_path, engine=engine, unit=unit, system=system, replicas=replicas)
    assert [line.removeprefix("waiting for what is starting: ") for line in said] == expected


def test_it_is_waited_for_no_longer_than_was_allowed(tmp_path: Path) -> None:
    said = play(tmp_path, most_s=0, engine=("up",), unit=("active",), system=("running",), replicas=(STARTING,))
    assert said == ["still starting: api-1"]
