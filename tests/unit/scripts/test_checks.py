from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import checks

ROOT = Path(__file__).resolve().parents[3]
LIMIT_S = 120  # for a machine that does much else
NOXFILE = f"""
import nox
nox.options.default_venv_backend = "none"
TEST = ({sys.executable!r}, "-m", "pytest", "-q", "-p", "tests.conftest", "-p", "no:cacheprovider", "--rootdir", ".")
@nox.session
def good(session):
    session.run(*TEST, "test_good.py")
@nox.session
def bad(session):
    session.run(*TEST, "test_good.py", "test_bad.py")
@nox.session
def beside(session):
    session.run(*TEST, "-p", "xdist", "-n", "2", "test_good.py")
@nox.session
def lacking(session):
    session.skip("no Moon on this machine (clouds)")
"""
GOOD = """
import pytest
@pytest.mark.skip(reason="no Moon on this machine (clouds)")
def test_it(): pass
def test_that(): pass
"""


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ([], []),
        (["--quick"], ["-s", "lint", "types", "unit"]),
        (["--quick", "--", "-x"], ["-s", "lint", "types", "unit", "--", "-x"]),
        (["-s", "unit", "--", "-k", "lock"], ["-s", "unit", "--", "-k", "lock"]),
        (["-l"], ["-l"]),
    ],
)
def test_quick_is_three_sessions_and_all_else_is_noxs_own(typed: list[str], told: list[str]) -> None:
    assert checks.nox_words(typed) == told


@pytest.mark.parametrize(
    ("words", "sessions"),
    [
        ([], ("lint", "unit")),
        (["-s", "unit", "types"], ("unit", "types")),
        (["-s", "unit", "--", "-k", "lock"], ("unit",)),
        (["--", "-k", "lock"], ("lint", "unit")),
        (["-l"], ()),
        (["-s", "unit", "-x"], ()),
        (["-k", "not lint"], ()),
    ],
)
def test_what_will_run_is_read_from_what_was_typed_or_not_told(words: list[str], sessions: tuple[str, ...]) -> None:
    assert checks.chosen(words, default=("lint", "unit")) == sessions


def test_each_session_that_runs_without_arguments_has_its_length() -> None:
    chosen = re.search(r"(?m)^nox\.options\.sessions = (\[.*\])$", (ROOT / "noxfile.py").read_text(encoding="utf-8"))
    assert chosen is not None
    assert list(checks.SESSIONS) == ast.literal_eval(chosen[1])
    assert list(checks.lengths()) == list(checks.SESSIONS)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "noxfile.py").write_text(NOXFILE, encoding="utf-8")
    (tmp_path / "test_good.py").write_text(GOOD, encoding="utf-8")
    (tmp_path / "test_bad.py").write_text("def test_it(): assert False\n", encoding="utf-8")
    return tmp_path


def check(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = (sys.executable, "-m", "scripts.checks", *words)
    return subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, timeout=LIMIT_S, check=False
    )


@pytest.mark.req("B-18")
def test_a_run_ends_with_one_line_that_names_what_failed_and_with_noxs_exit_code(project: Path) -> None:
    done = check(project, "-s", "good", "bad")
    last = done.stderr.splitlines()[-1]
    assert (done.returncode, last.startswith("checks: FAILED after ")) == (1, True), done.stderr
    assert last.endswith(" s: bad (1 test failed); passed: good (1 test); left out: 1 test of good (no Moon)")
    assert done.stdout.splitlines()[-1].startswith("1 failed, 1 passed, 1 skipped in ")


@pytest.mark.req("B-18")
def test_a_session_that_nox_left_out_is_told_as_such(project: Path) -> None:
    done = check(project, "-s", "lacking", "good")
    assert done.returncode == 0
    assert done.stderr.startswith("checks: lacking, good will run\n")
    last = done.stderr.splitlines()[-1]
    assert last.endswith(" s: good (1 test); left out: lacking (no Moon), 1 test of good (no Moon)")


@pytest.mark.req("B-18")
def test_what_workers_ran_is_counted_once(project: Path) -> None:
    last = check(project, "-s", "beside").stderr.splitlines()[-1]
    assert last.endswith(" s: beside (1 test); left out: 1 test of beside (no Moon)")


def test_where_nox_runs_nothing_nothing_is_said(project: Path) -> None:
    done = check(project, "-l")
    assert (done.returncode, "checks:" in done.stderr, "good" in done.stdout) == (0, False, True)


def test_help_needs_nothing_that_is_installed() -> None:
    done = subprocess.run(
        (str(ROOT / "scripts/check.sh"), "--help"),
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert (done.returncode, done.stderr, done.stdout.count("./scripts/check.sh")) == (0, "", 4)
