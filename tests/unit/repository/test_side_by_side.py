"""Do tests that run side by side keep out of each other's way?"""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests import instants
from tests.instants import PLAYED, SEED, some_of
from tests.once import made_once
from tests.ports import FIRST, WORKERS
from tests.side_by_side import GROUPS, group_of
from tests.soak.every_instant import FILES
from tests.stack import ROOT

STEPS = ("build", "start", "gate", "switch", "drain", "stop")
SHOW_PORTS = "from tests.ports import every_port; print(*every_port())"


def test_every_place_of_a_group_is_there() -> None:
    assert [place for place in GROUPS if not (ROOT / place).exists()] == []


def test_a_test_belongs_to_what_it_shares_with_others_or_to_its_file() -> None:
    assert group_of("tests/rehearsal/droplet/test_link.py::test_it[a/b]") == "second"
    assert group_of("tests/integration/stack/test_crash.py::test_it") == "stack"
    assert group_of("tests/integration/edge/test_tls.py::test_it") == "tests/integration/edge/test_tls.py"


def test_the_workers_of_a_run_share_no_port_and_none_with_outgoing_connections() -> None:
    taken: list[int] = []
    for number in range(WORKERS):
        environment = {"PYTEST_XDIST_WORKER": f"gw{number}", "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            (sys.executable, "-c", SHOW_PORTS), env=environment, capture_output=True, text=True, check=True
        )
        taken += map(int, done.stdout.split())
    assert len(set(taken)) == len(taken)
    assert (min(taken), max(taken) < 32_768) == (FIRST, True)


def test_a_run_plays_some_of_the_instants_and_the_same_ones_with_the_same_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PLAYED, raising=False)
    drawn = set()
    for seed in map(str, range(40)):
        monkeypatch.setenv(SEED, seed)
        assert some_of(STEPS, 2) == some_of(STEPS, 2)
        assert some_of(STEPS, 2) == sorted(some_of(STEPS, 2), key=STEPS.index)
        assert seed in instants.said()
        drawn |= set(some_of(STEPS, 2))
    assert drawn == set(STEPS), "every instant is played by some seed"
    monkeypatch.setenv(PLAYED, "all")
    assert some_of(STEPS, 2) == list(STEPS)


def test_what_is_made_once_is_made_once_by_all_and_again_for_another_content(tmp_path: Path) -> None:
    made: list[Path] = []

    def make(folder: Path) -> None:
        folder.mkdir()
        made.append(folder)

    with ThreadPoolExecutor(4) as pool:
        folders = set(pool.map(lambda _: made_once(tmp_path, "thing", [b"one"], make), range(8)))
    assert [*folders] == made
    assert made_once(tmp_path, "thing", [b"two"], make) != made[0]
    assert len(made) == 2


def test_what_could_not_be_made_is_made_anew(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        folder.mkdir()
        (folder / "half").touch()
        raise OSError(28, "no space left")

    with pytest.raises(OSError, match="no space"):
        made_once(tmp_path, "thing", [b"one"], fail)
    folder = made_once(tmp_path, "thing", [b"one"], lambda place: place.mkdir())
    assert list(folder.iterdir()) == []


def test_every_file_that_plays_some_of_its_instants_is_played_whole_by_the_soak() -> None:
    drawing = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "tests").rglob("test_*.py")
        if "some_of(" in path.read_text(encoding="utf-8") and path != Path(__file__)
    }
    assert drawing == set(FILES)
