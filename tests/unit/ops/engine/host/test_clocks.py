"""Does a host keep what came last by its own count, whatever time it is where its operators are?"""

from __future__ import annotations

import io
import itertools
import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath

import pytest

from ops.engine.host import receive as receiver
from ops.engine.host.receive import RUNS_KEPT, UploadRefusedError
from ops.engine.model import Edge, Release
from ops.targets.droplet.follow import _refuse_again
from ops.targets.droplet.upload import HostFile, packed
from ops.targets.local.host import LocalHost

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
BEHIND, RIGHT, AHEAD = timedelta(hours=-1), timedelta(), timedelta(hours=1)
RELEASE = Release(id="r1", source_dir="/nowhere", services=(), edge=Edge(api_url="", dynamic_files={}))
clocks = pytest.mark.parametrize("clock", [BEHIND, AHEAD, timedelta(days=-400)])


def name(number: int, clock: timedelta) -> str:
    """Name the run that begins in this minute, as an operator with this clock does."""
    return f"{NOON + timedelta(minutes=number) + clock:%Y%m%d_%H%M%S}"


def ship(root: Path, run: str) -> None:
    """Have a release received, by the receiver that runs on a host."""
    file = HostFile(path=f"runs/{run}/release.json", content=b"{}")
    receiver.receive(root, io.BytesIO(b"".join(packed(iter([file])))))


def came_at(root: Path, run: str, number: int) -> None:
    """Say when a run came: a test has less than a tick of the file system's clock for each."""
    os.utime(root / "runs" / run, (number, number))


def kept(root: Path) -> set[str]:
    return {path.name for path in (root / "runs").iterdir()}


@pytest.mark.req("D-01")
@clocks
def test_a_release_that_has_just_arrived_is_kept(tmp_path: Path, clock: timedelta) -> None:
    for number in range(RUNS_KEPT + 2):
        ship(tmp_path, name(number, RIGHT))
        came_at(tmp_path, name(number, RIGHT), number)
    for number in range(20, 20 + RUNS_KEPT):
        run = name(number, clock)
        ship(tmp_path, run)
        came_at(tmp_path, run, number)
        assert (tmp_path / "runs" / run / "release.json").exists()
        assert len(kept(tmp_path)) == RUNS_KEPT
    assert kept(tmp_path) == {name(number, clock) for number in range(20, 20 + RUNS_KEPT)}


@pytest.mark.parametrize("pair", list(itertools.permutations([BEHIND, RIGHT, AHEAD], 2)))
def test_of_two_operators_in_turn_the_last_runs_are_kept(tmp_path: Path, pair: tuple[timedelta, timedelta]) -> None:
    runs = [name(number, pair[number % 2]) for number in range(3 * RUNS_KEPT)]
    for number, run in enumerate(runs):
        ship(tmp_path, run)
        came_at(tmp_path, run, number)
    assert kept(tmp_path) == set(runs[-RUNS_KEPT:])


@clocks
def test_this_machine_keeps_the_run_that_begins_after_its_clock_was_set(tmp_path: Path, clock: timedelta) -> None:
    host = LocalHost(tmp_path, environment={})
    for number in range(RUNS_KEPT + 2):
        host.ship(name(number, RIGHT), RELEASE, {})
        came_at(tmp_path, name(number, RIGHT), number)
    assert Path(host.ship(name(0, clock), RELEASE, {})).exists()
    assert len(kept(tmp_path)) == RUNS_KEPT


def test_a_run_whose_name_another_operators_run_has_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    ship(tmp_path, "20261129_120000")
    (tmp_path / "runs/20261129_120000/journal.jsonl").write_text("{}\n", encoding="utf-8")
    file = HostFile(path="runs/20261129_120000/release.json", content=b"another")
    engine = HostFile(path="engine.pyz", content=b"another")
    with pytest.raises(UploadRefusedError, match="a run named 20261129_120000 was here already"):
        receiver.receive(tmp_path, io.BytesIO(b"".join(packed(iter([engine, file])))))
    assert (tmp_path / "runs/20261129_120000/release.json").read_bytes() == b"{}"
    assert not (tmp_path / "engine.pyz").exists()


def test_a_run_without_a_release_is_not_started_under_a_name_that_is_taken(tmp_path: Path) -> None:
    command = _refuse_again(PurePosixPath(tmp_path) / "a run")
    assert subprocess.run(command, check=False).returncode == 0
    (tmp_path / "a run").mkdir()
    (tmp_path / "a run" / "journal.jsonl").touch()
    again = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (again.returncode, again.stderr) == (1, "a run named a run was here already\n")
