from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.engine import cli
from ops.engine.host import follow as follower
from ops.engine.host.follow import follow

RUN = "20260102_030405"


def journal(root: Path, *events: str, pid: int = 0, torn: str = "") -> Path:
    run = root / "runs" / RUN
    run.mkdir(parents=True, exist_ok=True)
    path = run / "journal.jsonl"
    lines = [json.dumps({"event": event, **({"pid": pid} if event == "run_started" else {})}) for event in events]
    with path.open("a", encoding="utf-8") as file:
        file.write("".join(f"{line}\n" for line in lines) + torn)
    return path


def events(lines: Iterator[str]) -> list[str]:
    return [json.loads(line)["event"] for line in lines if line]


@pytest.fixture
def engine() -> Iterator[subprocess.Popen[bytes]]:
    """Start a process that names the run in its command line, as the engine does."""
    words = (sys.executable, "-c", "import time; time.sleep(60)", "--run-id", RUN)
    with subprocess.Popen(words) as process:
        yield process
        process.kill()


def test_the_journal_is_printed_until_the_run_has_finished(tmp_path: Path, engine: subprocess.Popen[bytes]) -> None:
    journal(tmp_path, "run_started", "step_started", "run_finished", pid=engine.pid)
    assert events(follow(tmp_path, RUN, after=0)) == ["run_started", "step_started", "run_finished"]


def test_following_goes_on_after_what_is_known(tmp_path: Path, engine: subprocess.Popen[bytes]) -> None:
    path = journal(tmp_path, "run_started", "step_started", pid=engine.pid)
    known = path.stat().st_size
    journal(tmp_path, "step_finished", "run_finished")
    assert events(follow(tmp_path, RUN, after=known)) == ["step_finished", "run_finished"]


def test_lines_that_come_later_are_followed_and_torn_ones_wait(tmp_path: Path, engine: subprocess.Popen[bytes]) -> None:
    path = journal(tmp_path, "run_started", pid=engine.pid, torn='{"event": "run_fin')
    following = follow(tmp_path, RUN, after=0)
    assert json.loads(next(following))["event"] == "run_started"
    with path.open("a", encoding="utf-8") as file:
        file.write('ished"}\n')
    assert events(following) == ["run_finished"]


def test_an_engine_that_died_is_named_with_its_last_words(tmp_path: Path, engine: subprocess.Popen[bytes]) -> None:
    path = journal(tmp_path, "run_started", "step_started", pid=engine.pid)
    path.with_name("engine.log").write_text('{"event": "step_started"}\nMemoryError\n', encoding="utf-8")
    following = follow(tmp_path, RUN, after=0)
    assert [json.loads(next(following))["event"] for _ in range(2)] == ["run_started", "step_started"]
    engine.kill()
    engine.wait(timeout=10)
    assert json.loads(list(following)[-1]) == {"event": "engine_gone", "why": "MemoryError"}


def test_another_process_with_the_engines_number_is_not_the_engine(tmp_path: Path) -> None:
    journal(tmp_path, "run_started", pid=os.getpid())
    assert events(follow(tmp_path, RUN, after=0)) == ["run_started", "engine_gone"]


def test_an_engine_that_never_began_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    (line,) = follow(tmp_path, RUN, after=0, begin_s=0.05)
    assert json.loads(line) == {"event": "engine_gone", "why": "it never began"}


def test_silence_is_filled_so_that_a_dead_link_is_noticed(
    tmp_path: Path, engine: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "ALIVE_EVERY_S", 0.05)
    journal(tmp_path, "run_started", pid=engine.pid)
    following = follow(tmp_path, RUN, after=0)
    next(following)
    assert next(following) == ""


def test_the_engine_has_a_word_for_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = journal(tmp_path, "run_started", pid=os.getpid())
    words = ["follow", "--root", str(tmp_path), "--run-id", RUN, "--after", str(path.stat().st_size)]
    assert cli.main(words) == 0
    assert json.loads(capsys.readouterr().out)["event"] == "engine_gone"
