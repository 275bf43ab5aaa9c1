from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

POSTGRES = Path(__file__).resolve().parents[3] / "postgres"
LISTED = "; a comment\n215; 1259 1 TABLE public a slipway\n216; 0 1 TABLE DATA public a slipway\n"


@pytest.fixture
def dumping() -> ModuleType:
    spec = importlib.util.spec_from_file_location("dumping", POSTGRES / "dumping.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def programs(folder: Path, *, size: int = 1, tables: int = 1, reads: str = "exit 0", dumps: str = "exit 0") -> Path:
    """Make programs that answer as PostgreSQL's do."""
    scripts = {
        "psql": f'case "$*" in *pg_database_size*) echo {size};; *) echo {tables};; esac',
        "pg_dump": f'for word; do case "$word" in --file=*) echo x >"${{word#--file=}}";; esac; done; {dumps}',
        "pg_restore": f'case "$1" in --list) printf "{LISTED}";; *) {reads};; esac',
    }
    (folder / "bin").mkdir()
    for name, text in scripts.items():
        script = folder / "bin" / name
        script.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        script.chmod(0o755)
    return folder


@pytest.mark.req("B-03")
@pytest.mark.parametrize(
    ("made", "said"),
    [
        ({"size": 10**18}, "no room for a dump"),
        ({"tables": 2}, "the dump has 1 tables and the database 2"),
        ({"reads": "echo broken block >&2; exit 1"}, "broken block"),
        ({"dumps": "echo lost >&2; exit 1"}, "pg_dump failed: lost"),
    ],
)
def test_a_dump_that_cannot_be_believed_gets_no_name(
    dumping: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: dict[str, Any], said: str
) -> None:
    for key in ("PGPORT", "POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"):
        monkeypatch.setenv(key, "1")
    with pytest.raises(SystemExit, match=said):
        dumping.dump(programs(tmp_path, **made), tmp_path / "dumps", "r1")
    assert list(tmp_path.glob("dumps/*.dump")) == []


@pytest.mark.parametrize("name", ["../r1", "", "-r", ".r", "a/b"])
def test_a_dump_stays_in_its_folder(dumping: ModuleType, tmp_path: Path, name: str) -> None:
    with pytest.raises(SystemExit, match="is no name for a dump"):
        dumping.dump(tmp_path, tmp_path / "dumps", name)
