"""How are tests run in a copy of the checkout that may be broken?"""

from __future__ import annotations

import compileall
import contextlib
import os
import py_compile
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.listed import ROOT
from tests.stack import copy_files

UNIT_TIMEOUT_S = 120
OTHER_TIMEOUT_S = 600
CODE = ("ops", "api", "django", "postgres", "redis", "nginx")
FAILED, INTERRUPTED = 1, 2  # pytest's exit codes; the second also stands for a module that cannot be imported


@dataclass(frozen=True)
class Ran:
    """How a run of tests ended: killed, survived, timeout or broken; which test failed, and how long it took."""

    how: str
    seconds: float
    by: str
    output: str

    def __str__(self) -> str:
        return f"{self.how} after {self.seconds:.1f} s{f' by {self.by}' if self.by else ''}"


@contextlib.contextmanager
def a_copy() -> Iterator[Path]:
    """Make a copy of the checkout that is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="slipway-mutants-") as folder:
        copy = Path(folder) / "checkout"
        copy_files(copy)
        for name in (".venv", ".local/cache"):  # environments are built once for all
            (ROOT / name).mkdir(parents=True, exist_ok=True)
            (copy / name).parent.mkdir(exist_ok=True)
            (copy / name).symlink_to((ROOT / name).resolve())
        # Known again by content: two versions of a file may have the same size and be of the same second.
        for name in CODE:
            compileall.compile_dir(copy / name, quiet=1, invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH)
        yield copy


@contextlib.contextmanager
def restored(path: Path) -> Iterator[str]:
    """Give a file's text, and put it back at the end."""
    source = path.read_bytes()
    try:
        yield source.decode("utf-8")
    finally:
        path.write_bytes(source)


def are_sound(copy: Path, tests: Sequence[str]) -> bool:
    """Run tests once without any mutation: what fails or is skipped anyway kills nothing."""
    say(f"{len(tests)} files or names of tests once without a mutation …")
    ran = run(copy, tests, timeout_s=3 * OTHER_TIMEOUT_S)
    if ran.how == "survived":
        say(f"they pass ({ran.seconds:.0f} s)")
        return True
    say(ran.output, f"error: without any mutation these tests do not pass ({ran.how}), see above")
    return False


def run(copy: Path, tests: Sequence[str], *, timeout_s: float | None = None) -> Ran:
    """Run tests in the copy until one fails; a time limit that is not given follows from what they are."""
    words = (sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests)
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "CI": "true"}  # under CI a skipped test has failed
    is_unit = all(test.startswith("tests/unit/") for test in tests)
    began, pipe = time.monotonic(), subprocess.PIPE
    with subprocess.Popen(
        words, cwd=copy, env=environment, stdout=pipe, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as running:
        try:
            output, _ = running.communicate(timeout=timeout_s or (UNIT_TIMEOUT_S if is_unit else OTHER_TIMEOUT_S))
            how = {0: "survived", FAILED: "killed", INTERRUPTED: "killed"}.get(running.returncode, "broken")
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            output, how = "", "timeout"
        except BaseException:
            os.killpg(running.pid, signal.SIGKILL)
            raise
    found = re.search(r"^(?:FAILED|ERROR) (\S+)", output, re.MULTILINE)
    return Ran(how, time.monotonic() - began, found[1] if found else "", output)


def say(*lines: str) -> None:
    """Write lines at once, so that a long run is seen to go on."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()
