"""Is what a killed soak left at work taken down before anything else begins?"""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tests import stack
from tests.soak.place import AT_WORK, Place


@pytest.fixture
def left(tmp_path: Path) -> Path:
    """Return the folder in which a killed soak worked, noted as it notes it."""
    work = tmp_path / "work"
    (work / "checkout").mkdir(parents=True)
    (work / "checkout" / ".env").touch()
    note = {"work": str(work), "environment": {"LOCAL_HTTPS_PORT": "4711"}}
    (tmp_path / AT_WORK).write_text(json.dumps(note), encoding="utf-8")
    return work


def typing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, exit_code: int) -> Path:
    """Let `invoke` write down what it was asked, and with which port."""
    said, invoke = tmp_path / "said", tmp_path / "invoke"
    invoke.write_text(f'#!/bin/sh\necho "$* $LOCAL_HTTPS_PORT" >>"{said}"\nexit {exit_code}\n', encoding="utf-8")
    invoke.chmod(invoke.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(stack, "INVOKE", invoke)
    return said


def test_the_next_soak_takes_it_down_and_then_works_elsewhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, left: Path
) -> None:
    said = typing(monkeypatch, tmp_path, exit_code=0)
    with Place(tmp_path).working() as work:
        assert said.read_text(encoding="utf-8") == "down --target local --volumes --yes 4711\n"
        assert not left.exists()
        assert work.is_dir()
        assert work != left
    assert not work.exists()
    assert not (tmp_path / AT_WORK).exists()


def test_what_cannot_be_taken_down_is_not_forgotten(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, left: Path
) -> None:
    typing(monkeypatch, tmp_path, exit_code=6)
    with pytest.raises(RuntimeError), Place(tmp_path).working():
        pass
    assert left.is_dir()
    assert (tmp_path / AT_WORK).exists()


def test_a_stack_that_was_never_deployed_needs_no_taking_down(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, left: Path
) -> None:
    said = typing(monkeypatch, tmp_path, exit_code=6)
    (left / "checkout" / ".env").unlink()
    Place(tmp_path).clear()
    assert not said.exists()
    assert not left.exists()
