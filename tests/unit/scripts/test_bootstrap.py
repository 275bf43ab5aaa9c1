"""What may the set-up of `.venv` take away? Nothing of another checkout's."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import bootstrap

MARK = "a package of the other checkout"


def _environment(folder: Path, *, named: Path) -> Path:
    """Make one whose scripts know it by a name."""
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "activate").write_text(f"VIRTUAL_ENV={named}\n")
    (folder / "package").write_text(MARK)
    return folder


def _linked(tmp_path: Path, target: Path) -> Path:
    venv = tmp_path / "ours" / ".venv"
    venv.parent.mkdir()
    venv.symlink_to(target)
    return venv


def test_the_environment_of_another_checkout_stays_where_ours_is_a_link_to_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = tmp_path / "theirs" / ".venv"
    venv = _linked(tmp_path, _environment(theirs, named=theirs))
    bootstrap.leave_to_others(venv)
    assert (theirs / "package").read_text() == MARK
    assert not venv.is_symlink()
    assert f"leads to {theirs}" in capsys.readouterr().err


def test_a_link_to_nothing_is_taken_away(tmp_path: Path) -> None:
    venv = _linked(tmp_path, tmp_path / "gone")
    bootstrap.leave_to_others(venv)
    assert not venv.is_symlink()


def test_a_link_to_a_larger_disk_stays(tmp_path: Path) -> None:
    venv = _linked(tmp_path, tmp_path / "larger")
    _environment(tmp_path / "larger", named=venv)
    bootstrap.leave_to_others(venv)
    assert venv.is_symlink()
