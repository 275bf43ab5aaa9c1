"""Does a verification go behind everybody else, and does the terminal get back what it had?"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ops.engine.processes import os_processes
from ops.verification import priority


def test_the_session_gets_back_what_it_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = tmp_path / "autogroup"
    session.write_text("/autogroup-25 nice 3\n", encoding="ascii")
    monkeypatch.setattr(priority, "SESSION", session)
    monkeypatch.delenv("SLIPWAY_STEP_BACK", raising=False)
    with priority.stepping_back():
        assert session.read_text(encoding="ascii") == str(priority.BEHIND)
    assert session.read_text(encoding="ascii") == "3"


def test_where_there_is_no_such_file_nothing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(priority, "SESSION", tmp_path / "missing" / "autogroup")
    with priority.stepping_back():
        pass


def test_where_several_stacks_share_a_machine_nothing_steps_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = tmp_path / "autogroup"
    session.write_text("/autogroup-25 nice 3\n", encoding="ascii")
    monkeypatch.setattr(priority, "SESSION", session)
    monkeypatch.setenv("SLIPWAY_STEP_BACK", "no")
    with priority.stepping_back():
        assert session.read_text(encoding="ascii") == "/autogroup-25 nice 3\n"
    with subprocess.Popen((sys.executable, "-c", "input()"), stdin=subprocess.PIPE, start_new_session=True) as process:
        os_processes.step_back(process.pid)
        assert os.getpriority(os.PRIO_PROCESS, process.pid) < os_processes.BEHIND
        process.communicate(b"\n", timeout=30)


def test_a_job_goes_behind_what_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLIPWAY_STEP_BACK", raising=False)
    words = (sys.executable, "-c", "import os, sys; sys.stdin.read(); print(os.nice(0))")
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        os_processes.step_back(process.pid)
        said, _ = process.communicate(timeout=30)
    assert int(said) >= os_processes.BEHIND
