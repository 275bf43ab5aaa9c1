"""Does what the engine writes down survive a crash, and does it keep secrets to itself?"""

from __future__ import annotations

import base64
import errno
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ops.engine.errors import CancelledError, EngineError
from ops.engine.host import files
from ops.engine.host.history import History
from ops.engine.host.journal import Journal, read_journal
from ops.engine.host.lock import hold_lock, lock_holder
from ops.engine.host.state import State, Store
from ops.engine.model import Release
from ops.engine.packing import pack
from ops.engine.secrets import redactor_of
from ops.engine.waiter import Waiter
from tests.simulation.world import EDGE, release, service

HOLDER = """
import pathlib, sys, threading, time
from ops.engine.host.lock import hold_lock
from ops.engine.waiter import Waiter
with hold_lock(pathlib.Path(sys.argv[1]), run="x", wait_s=0, say=print, waiter=Waiter(threading.Event())):
    print("held", flush=True)
    time.sleep(60)
"""


def waiter() -> Waiter:
    return Waiter(threading.Event())


def test_entries_are_numbered_and_carry_the_time_in_utc(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.write("run_started", run="r1")
    journal.write("progress", step="build", text="half")
    first, second = read_journal(tmp_path / "journal.jsonl")
    assert (first["seq"], second["seq"], first["event"]) == (1, 2, "run_started")
    assert first["at"].endswith("Z")
    assert (tmp_path / "journal.jsonl").stat().st_mode & 0o777 == 0o600
    journal.close()


def test_a_torn_last_line_is_left_out_and_the_next_run_goes_on_behind_it(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b'{"seq": 1, "event": "a"}\n{"seq": 2, "eve')
    assert [entry["seq"] for entry in read_journal(path)] == [1]
    journal = Journal(path)
    journal.write("b")
    journal.close()
    assert [(entry["seq"], entry["event"]) for entry in read_journal(path)] == [(1, "a"), (2, "b")]


def test_a_full_disk_stops_a_run_but_not_its_undo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path / "journal.jsonl")

    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", refuse)
    with pytest.raises(OSError, match="No space"):
        journal.write("progress")
    journal.forgive()
    journal.write("progress")
    monkeypatch.undo()
    journal.close()


@pytest.mark.req("A-12")
def test_secrets_of_a_release_are_redacted_wherever_they_turn_up(tmp_path: Path) -> None:
    secrets = {"DB_PASSWORD": "canary-one", "DATABASE_URL": "postgresql://app:canary%40two@db/app", "LOG_LEVEL": "INFO"}
    named = Release(
        id="r",
        source_dir="/",
        services=(service("api").__class__(**{**vars(service("api")), "environment": secrets}),),
        edge=EDGE,
    )
    journal = Journal(tmp_path / "journal.jsonl", redactor=redactor_of([named]))
    journal.write(
        "job",
        output="canary-one and canary%40two and canary@two",
        error={"why": ["canary-one"]},
        wrapped=base64.encodebytes(b"DATABASE_PASSWORD_OF_THE_STACK_THAT_RUNS_ON_THIS_HOST=canary-one\n").decode(),
        level="INFO",
    )
    journal.close()
    (entry,) = read_journal(tmp_path / "journal.jsonl")
    password, url = "[redacted:DB_PASSWORD]", "[redacted:DATABASE_URL]"
    assert entry["output"] == f"{password} and {url} and {url}"
    assert entry["error"] == {"why": [password]}
    assert "[redacted:DB_PASSWORD]" in entry["wrapped"]
    assert entry["level"] == "INFO"


def test_the_history_knows_how_a_run_ended_with_its_verification(tmp_path: Path) -> None:
    pack(tmp_path / "engine.pyz")
    record = History(tmp_path)
    for run in ("r1", "r2"):
        record.begin(run, at="2026-11-21T03:00:00Z", word="deploy", by="Ada", release=release(1))
        record.end(run, at="2026-11-21T03:00:05Z", outcome="success", seconds=5, error="")
    words = ("conclude", "--root", str(tmp_path), "--run-id", "r1", "--outcome", "failed", "--finding=check `x` failed")
    subprocess.run((sys.executable, tmp_path / "engine.pyz", *words), check=True, capture_output=True, timeout=60)
    told = [(run["run"], run["outcome"], run["concluded"], run["finding"]) for run in record.runs(lines=9)]
    assert told == [("r2", "success", "", ""), ("r1", "success", "failed", "check `x` failed")]


def test_a_state_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert store.read() == State()
    first = State().with_job("migrate", "f1").with_release("r1", {"api": ("api-f-1",)}, past=(), since="today")
    state = first.with_release("r2", {}, past=("r1",), since="now").with_interruption("postgres", 1.234)
    store.write(state)
    assert store.read() == state
    assert (state.release, state.past, state.jobs) == ("r2", ("r1",), {"migrate": "f1"})
    assert state.interruptions == {"postgres": 1.23}


@pytest.mark.req("B-02")
def test_three_releases_can_be_gone_back_to() -> None:
    state = State().with_release("r5", {}, past=("r4", "r3", "r2", "r1"), since="")
    assert state.past == ("r4", "r3", "r2")


def test_without_its_data_a_host_has_run_no_job() -> None:
    state = State(release="r1", jobs={"migrate": "f1"})
    assert state.without_release(keep_data=True) == State(past=("r1",), jobs={"migrate": "f1"})
    assert state.without_release(keep_data=False) == State(past=("r1",))


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state.json"
    files.write_atomically(path, "old")

    def refuse(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space"):
        files.write_atomically(path, "new")
    assert path.read_text(encoding="utf-8") == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["state.json"]


@pytest.mark.parametrize("text", ["{", "[]", '{"release": "r1"}', "null"])
def test_a_damaged_state_is_an_error_that_says_what_to_type(tmp_path: Path, text: str) -> None:
    (tmp_path / "state.json").write_text(text, encoding="utf-8")
    with pytest.raises(EngineError) as caught:
        Store(tmp_path).read()
    assert "invoke down" in caught.value.fix


def test_a_live_release_without_its_description_is_an_error(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write(State(release="r1"))
    with pytest.raises(EngineError, match="its description is missing"):
        store.live()


def test_kept_releases_are_0600_and_others_can_be_forgotten(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.save_release(release())
    store.save_release(release(api=2))
    assert {kept.id for kept in store.kept_releases()} == {release().id, release(api=2).id}
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in tmp_path.glob("releases/*/release.json"))
    store.forget_releases(keep={release().id})
    assert [kept.id for kept in store.kept_releases()] == [release().id]
    assert store.load_release(release().id) == release()


def test_a_second_run_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    said: list[str] = []
    with hold_lock(tmp_path, run="first", wait_s=0, say=said.append, waiter=waiter()):
        holder = lock_holder(tmp_path)
        with (
            pytest.raises(EngineError) as caught,
            hold_lock(tmp_path, run="second", wait_s=0.3, say=said.append, waiter=waiter()),
        ):
            pass
    assert holder is not None
    assert (holder.run, holder.pid) == ("first", os.getpid())
    assert "run first" in caught.value.why
    assert "run first" in said[0]
    assert lock_holder(tmp_path) is None


def test_a_lock_dies_with_its_holder(tmp_path: Path) -> None:
    words = (sys.executable, "-c", HOLDER, str(tmp_path))
    checkout = Path(__file__).resolve().parents[4]
    with subprocess.Popen(words, stdout=subprocess.PIPE, cwd=checkout) as other:
        assert other.stdout is not None
        other.stdout.readline()
        assert lock_holder(tmp_path) is not None
        other.kill()
    assert lock_holder(tmp_path) is None


def test_a_wait_ends_at_its_deadline_or_at_once_when_cancelled() -> None:
    cancelled = threading.Event()
    made = Waiter(cancelled)
    assert not made.until(lambda: False, timeout_s=0.02, every_s=0.01)
    cancelled.set()
    with pytest.raises(CancelledError):
        made.until(lambda: False, timeout_s=60)
    assert made.shielded().until(lambda: True, timeout_s=0)


def test_an_engine_that_cannot_go_on_prints_json_and_the_exit_code_of_the_family(tmp_path: Path) -> None:
    target = pack(tmp_path / "engine.pyz")
    words = (sys.executable, str(target), "plan", "--root", str(tmp_path), "--release", str(tmp_path / "none.json"))
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 6
    assert set(json.loads(done.stdout)["error"]) == {"what", "why", "fix", "family"}


def test_logs_that_are_followed_end_with_their_reader(tmp_path: Path) -> None:
    target = tmp_path / "engine.pyz"
    pack(target)
    words = (sys.executable, str(target), "logs", "--root", str(tmp_path / "root"), "--follow")
    with subprocess.Popen(words, stdout=subprocess.PIPE) as following:
        assert following.stdout is not None
        with pytest.raises(subprocess.TimeoutExpired):
            following.wait(timeout=1)
        following.stdout.close()
        assert following.wait(timeout=10) == 141
