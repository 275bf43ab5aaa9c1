"""Two operators have two versions of Slipway: may one change what the other left on a host?"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.engine import cli
from ops.engine.errors import EngineError
from ops.engine.host.formats import FORMAT, check_format, note_format, read_format, refuse_newer
from ops.engine.host.history import History, read_history
from ops.engine.host.journal import read_journal
from ops.engine.host.lock import hold_lock, lock_holder
from ops.engine.host.state import Store
from ops.engine.model import Service, release_from_json, release_to_json
from ops.engine.packing import pack
from ops.engine.waiter import Waiter
from ops.errors import HostError
from ops.targets.host import refuse_newer_state

OLDEST = Path(__file__).resolve().parent / "kept_state"  # as it was written before there was a number
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
CHANGING = (
    "deploy --run-id r --release {root}/r.json",
    "rollback --run-id r",
    "scale --run-id r --count api=2",
    "down",
)
READING = (
    "status",
    "history",
    "plan --release {root}/r.json",
    "examine",
    "routes",
    "order-certificate",
    "run --service api true",
)


def old_host(root: Path) -> Path:
    """Return the engine's folder as an older version left it."""
    return Path(shutil.copytree(OLDEST, root, dirs_exist_ok=True))


def files_below(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_what_was_written_before_there_was_a_number_is_read(tmp_path: Path) -> None:
    store = Store(old_host(tmp_path))
    live = store.live()
    assert read_format(tmp_path) == 0
    check_format(tmp_path)
    assert live is not None
    assert store.read().past == ("20261120_030000-old",)
    # A replica that runs is known by its name, and the fingerprint is a part of that: it may never change by reading.
    assert {service.name: service.replica_names for service in live.services} == store.read().replicas


def test_the_runs_from_before_there_was_a_number_are_read(tmp_path: Path) -> None:
    seen = read_history(old_host(tmp_path), lines=9)
    assert [(run["word"], run["outcome"]) for run in seen["runs"]] == [
        ("update", "interrupted"),  # its engine was killed: nobody holds the lock
        ("scale", "failed"),
        ("update", "success"),
        ("deploy", "success"),
    ]
    assert [one["release"] for one in seen["past"]] == ["20261120_030000-old"]
    run = tmp_path / "runs" / "20261123_030000" / "journal.jsonl"
    assert [entry["event"] for entry in read_journal(run)] == ["run_started", "step_started"]


def test_the_first_change_leaves_the_number(tmp_path: Path) -> None:
    store = Store(old_host(tmp_path))
    store.write(store.read())
    assert read_format(tmp_path) == FORMAT
    assert store.live() is not None


@pytest.mark.req("D-01")
def test_the_number_of_a_newer_one_is_never_lowered(tmp_path: Path) -> None:
    (tmp_path / "format").write_text(f"{FORMAT + 1}\n", encoding="utf-8")
    note_format(tmp_path)
    assert read_format(tmp_path) == FORMAT + 1


@pytest.mark.req("D-01")
@pytest.mark.parametrize("words", [*CHANGING, *READING])
def test_a_newer_state_is_refused_with_what_to_do_and_nothing_is_changed(
    words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (old_host(tmp_path) / "format").write_text(f"{FORMAT + 1}\n", encoding="utf-8")
    before = files_below(tmp_path)
    verb, *rest = words.format(root=tmp_path).split()
    assert cli.main([verb, "--root", str(tmp_path), *rest]) == 6
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["what"], error["fix"]) == ("this host was last changed by a newer Slipway", "git pull")
    assert f"format {FORMAT + 1}" in error["why"]
    assert files_below(tmp_path) == before


@pytest.mark.req("D-01")
def test_the_packed_engine_refuses_too(tmp_path: Path) -> None:
    root = old_host(tmp_path / "root")
    (root / "format").write_text("99\n", encoding="utf-8")
    engine = pack(tmp_path / "engine.pyz")
    done = subprocess.run(
        (sys.executable, str(engine), "status", "--root", str(root)), capture_output=True, text=True, check=False
    )
    assert done.returncode == 6
    assert "newer Slipway" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.req("D-01")
def test_the_operators_side_refuses_before_it_sends_its_own_engine() -> None:
    refuse_newer_state(str(FORMAT), target="droplet")
    with pytest.raises(HostError, match="newer Slipway") as refused:
        refuse_newer_state(str(FORMAT + 1), target="droplet")
    assert refused.value.exit_code == 6


@pytest.mark.req("D-01")
def test_one_that_waited_for_a_newer_one_is_refused_once_it_holds_the_lock(tmp_path: Path) -> None:
    (tmp_path / "format").write_text(f"{FORMAT + 1}\n", encoding="utf-8")
    held = hold_lock(tmp_path, run="r", wait_s=0, say=print, waiter=Waiter(threading.Event()))
    with pytest.raises(EngineError, match="newer Slipway"), held:
        pytest.fail("it went on")
    assert (tmp_path / "lock").read_bytes() == b""


def test_a_newer_ones_lock_still_names_its_run(tmp_path: Path) -> None:
    signed = {"run": "r", "pid": 1, "since": "", "by": "somebody"}
    with (tmp_path / "lock").open("w", encoding="utf-8") as lock:
        lock.write(json.dumps(signed))
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        holder = lock_holder(tmp_path)
    assert holder is not None
    assert holder.run == "r"


@given(lines=st.lists(JSON | st.fixed_dictionaries({"run": JSON}), max_size=4))
def test_lines_of_the_history_that_are_not_known_are_left_out(
    lines: list[Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("host")
    known = {"run": "known", "new": 1}
    (root / "history.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in [*lines, known]), encoding="utf-8")
    assert History(root).runs(lines=9)[0]["run"] == "known"


def test_a_line_of_the_history_that_a_crash_cut_within_a_letter_loses_no_other_run(tmp_path: Path) -> None:
    lines = ('{"run": "first", "subject": "a\u2028b"}', '{"run": "cut", "subject": "zur\u00fc')
    (tmp_path / "history.jsonl").write_bytes("\n".join(lines).encode()[:-1])
    History(tmp_path).end("first", at="", outcome="success", seconds=1.0, error="")
    assert [(run["run"], run["subject"]) for run in History(tmp_path).runs(lines=9)] == [("first", "a\u2028b")]


@pytest.mark.parametrize("text", ["", "one", "-1", "1.5", "¹", "9" * 5000])
def test_a_number_that_is_none_is_an_error_with_a_way_out(text: str, tmp_path: Path) -> None:
    (tmp_path / "format").write_text(text, encoding="utf-8")
    with pytest.raises(EngineError, match="cannot be read"):
        check_format(tmp_path)
    with pytest.raises(HostError, match="cannot be read"):
        refuse_newer_state(text, target="droplet")


def test_bytes_that_are_no_text_are_no_number(tmp_path: Path) -> None:
    (tmp_path / "format").write_bytes(b"\xff1\n")
    with pytest.raises(EngineError, match="cannot be read"):
        check_format(tmp_path)


@given(more=st.dictionaries(st.text(min_size=1, max_size=9).map("new_{}".format), JSON, max_size=3))
def test_fields_that_are_not_known_are_left_out(more: dict[str, Any]) -> None:
    [file] = (OLDEST / "releases").glob("*new/release.json")
    raw = json.loads(file.read_text(encoding="utf-8"))
    known = release_from_json(json.dumps(raw))
    for part in (raw, raw["edge"], raw["origin"], raw["services"][0], raw["services"][0]["image"]):
        part.update(more)
    assert release_to_json(release_from_json(json.dumps(raw))) == release_to_json(known)


SERVICE_FIELDS = [field.name for field in dataclasses.fields(Service)]
FIELDS = {
    "release": JSON,
    "past": st.lists(JSON, max_size=2) | JSON,
    "replicas": st.dictionaries(st.text(max_size=3), st.lists(JSON, max_size=2)) | JSON,
    "jobs": JSON,
    "scale": JSON,
    "new": JSON,
}


@given(raw=JSON | st.fixed_dictionaries({}, optional=FIELDS))
def test_any_state_is_read_or_refused(raw: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    root = tmp_path_factory.mktemp("host")
    (root / "state.json").write_text(json.dumps(raw), encoding="utf-8")
    with contextlib.suppress(EngineError):  # any other error would be a stack trace for the operator
        state = Store(root).read()
        assert Store(root).load_release(state.release) is None
        assert all(isinstance(count, int) for count in state.scale.values())
        assert isinstance(" ".join((*state.past, *state.jobs.values())), str)


@given(more=st.dictionaries(st.sampled_from(SERVICE_FIELDS), JSON), data=st.data())
def test_any_release_is_read_or_refused(
    more: dict[str, Any], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("host")
    [file] = (OLDEST / "releases").glob("*new/release.json")
    raw = json.loads(file.read_text(encoding="utf-8"))
    raw["services"][0].update(more)
    raw[data.draw(st.sampled_from(sorted(raw)))] = data.draw(JSON)
    (root / "releases" / "r").mkdir(parents=True)
    (root / "releases" / "r" / "release.json").write_text(json.dumps(data.draw(st.just(raw) | JSON)), encoding="utf-8")
    with contextlib.suppress(EngineError):  # any other error would be a stack trace for the operator
        Store(root).load_release("r")


@given(text=st.text(max_size=6) | st.integers().map(str))
def test_any_number_is_taken_or_refused(text: str) -> None:
    try:
        refuse_newer(text)
    except EngineError:
        assert text not in {str(number) for number in range(FORMAT + 1)}
    else:
        assert int(text) <= FORMAT
