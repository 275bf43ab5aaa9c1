from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.background import IN_THE_BACKGROUND

ROOT = Path(__file__).resolve().parents[3]
LIMIT_S = 120  # for a machine that does much else
HEARS = """
import signal, subprocess, sys
ASKED = "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler, \\
signal.getsignal(signal.SIGQUIT) is signal.SIG_DFL)"
def test_children_hear_the_keyboard():
    assert subprocess.run((sys.executable, "-c", ASKED), capture_output=True, text=True).stdout == "True True\\n"
"""


@pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n", "1")], ids=["alone", "workers"])
def test_what_tests_start_hears_the_keyboard_however_the_run_was_started(
    tmp_path: Path, workers: tuple[str, ...]
) -> None:
    (tmp_path / "test_it.py").write_text(HEARS, encoding="utf-8")
    words = ("-q", "-p", "tests.conftest", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), *workers)
    done = subprocess.run(
        (*IN_THE_BACKGROUND, sys.executable, "-m", "pytest", *words, str(tmp_path)),
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
