"""Do tests that run side by side keep out of each other's way?"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests import instants
from tests.instants import PLAYED, SEED, some_of
from tests.once import made_once
from tests.ports import BLOCK, FIRST, WORKERS, blocks_of, ports_of
from tests.side_by_side import GROUPS, HELD, fixture_of, group_of
from tests.soak.every_instant import FILES
from tests.stack import ROOT

STEPS = ("build", "start", "gate", "switch", "drain", "stop")
CLAIM = "from tests.ports import number_of_range; print(number_of_range(), flush=True); input()"


def test_every_place_of_a_group_is_there() -> None:
    assert [place for place in GROUPS if not (ROOT / place).exists()] == []


@pytest.mark.parametrize("fixture", sorted({fixture_of(group) for group in HELD}))
def test_who_asks_for_what_a_group_holds_is_in_that_group(fixture: str) -> None:
    files = [path for folder in ("integration", "rehearsal") for path in (ROOT / "tests" / folder).rglob("test_*.py")]
    asks = re.compile(rf"^(@pytest\.fixture.*\ndef \w+|def test_\w+)\([^)]*\b{fixture}: ", re.MULTILINE)
    asking = [path for path in files if asks.search(path.read_text(encoding="utf-8"))]
    assert len(asking) > 1
    assert [path for path in asking if fixture_of(group_of(path.relative_to(ROOT).as_posix())) != fixture] == []


def test_a_test_belongs_to_what_it_shares_with_others_or_to_its_file() -> None:
    assert group_of("tests/rehearsal/droplet/test_link.py::test_it[a/b]") == "second"
    assert group_of("tests/integration/stack/test_deploy.py::test_it") == "stack"
    assert group_of("tests/integration/stack/test_crash.py::test_it") == "stack that breaks"
    assert group_of("tests/integration/edge/test_tls.py::test_it") == "tests/integration/edge/test_tls.py"


def test_no_two_ranges_share_a_port_and_none_has_one_with_outgoing_connections() -> None:
    handed = [port for number in range(WORKERS) for port in ports_of(number)]
    handed += [first + place for number in range(WORKERS) for first in blocks_of(number) for place in range(BLOCK)]
    assert len(set(handed)) == len(handed)
    assert (min(handed), max(handed) < 32_768) == (FIRST, True)


def test_two_runs_at_once_hand_out_different_ranges_and_what_one_had_is_free_after_it() -> None:
    with claimed() as first, claimed() as second:
        assert first != second
    with claimed() as third:
        assert third == first


@contextlib.contextmanager
def claimed() -> Iterator[str]:
    """Run a process that hands out ports, and give the number of its range."""
    words = (sys.executable, "-c", CLAIM)
    environment = {**os.environ, "PYTEST_XDIST_WORKER": "gw7", "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(words, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        yield running.stdout.readline().strip()
        running.stdin.write("\n")
        running.stdin.flush()


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
