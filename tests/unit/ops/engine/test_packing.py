"""Is the packed engine whole, written once, and quick to start?"""

from __future__ import annotations

import importlib.util
import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

from ops.engine.packing import pack, packed


def test_the_packed_engine_is_written_once_and_runs_anywhere(tmp_path: Path) -> None:
    target = pack(tmp_path / "engine.pyz")
    written = target.stat().st_ino
    assert pack(target).stat().st_ino == written
    words = (sys.executable, "-I", "-S", str(target), "status", "--root", str(tmp_path))
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd="/", timeout=30)
    assert json.loads(done.stdout) == {"release": None, "scale": {}, "services": [], "lock": None}


def test_a_packed_engine_that_is_damaged_or_of_other_sources_is_written_anew(tmp_path: Path) -> None:
    target = pack(tmp_path / "engine.pyz")
    whole = target.read_bytes()
    for content in (b"", whole[:-200], whole[:5000] + bytes(100) + whole[5100:], packed()):
        target.write_bytes(content)
        with zipfile.ZipFile(pack(target)) as archive:
            assert archive.testzip() is None
            assert "ops/engine/cli.pyc" in archive.namelist()


def test_the_packed_engine_is_not_compiled_by_the_python_that_packed_it_and_is_by_another(tmp_path: Path) -> None:
    target = pack(tmp_path / "engine.pyz")
    words = (sys.executable, "-I", "-S", "-vv", str(target), "status", "--root", str(tmp_path))
    said = subprocess.run(words, capture_output=True, text=True, check=True, timeout=30).stderr
    assert re.search(r"trying .*/ops/engine/cli\.pyc$", said, re.MULTILINE)
    assert not re.search(r"trying .*/ops/engine/cli\.py$", said, re.MULTILINE)
    other = tmp_path / "other.pyz"
    magic = importlib.util.MAGIC_NUMBER
    with zipfile.ZipFile(target) as archive, zipfile.ZipFile(other, "w") as made:
        for name in archive.namelist():
            content = archive.read(name)
            made.writestr(name, content.replace(magic, b"\0\0\r\n", 1) if name.endswith(".pyc") else content)
    done = subprocess.run((sys.executable, str(other), *words[-3:]), capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["services"] == []


def test_the_engine_for_a_host_is_the_same_bytes_whoever_packs_it() -> None:
    assert packed() == packed()
    with zipfile.ZipFile(io.BytesIO(packed())) as archive:
        assert not [name for name in archive.namelist() if name.endswith(".pyc")]
