from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).resolve().parents[2] / "conftest.py"
SKIPPING = "import pytest\n@pytest.mark.skip(reason='no engine here')\ndef test_it(): pass\ndef test_that(): pass\n"


@pytest.mark.req("B-18")
@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("", 0)])
def test_a_skipped_test_fails_the_session_under_ci_and_is_named_anyway(tmp_path: Path, ci: str, code: int) -> None:
    (tmp_path / "conftest.py").write_bytes(CONFTEST.read_bytes())
    (tmp_path / "test_it.py").write_text(SKIPPING, encoding="utf-8")
    command = (
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-ra",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
        str(tmp_path),
    )
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(CONFTEST.parents[1]), "CI": ci}
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=30, check=False
    )
    assert (done.returncode, "no engine here" in done.stdout) == (code, True), done.stdout
    assert ("counts as a failure" in done.stdout) is bool(ci)
