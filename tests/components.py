"""What do tests need that no Python package brings, does this machine have it, and which command brings it?

A test says what it needs by the mark of a component; tests/conftest.py skips it where the component is missing.
`python -m tests.components` lists all, `python -m tests.components rehearsal` what that session cannot begin without.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.integration.upgrades.starting_points import STARTING_POINTS

ALL = "all tests"
PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"
NOBODY = 65534


class MissingError(Exception):
    """Why a component cannot be used."""


@dataclass(frozen=True, kw_only=True)
class Component:
    """Something beside Python that tests need: its mark, how it is found, and the one command that brings it."""

    mark: str
    name: str
    find: Callable[[], str]  # returns its path, or how it answers; raises MissingError
    brought_by: str
    wanted: Mapping[str, str]  # by session: which of its tests need it

    @property
    def path(self) -> str:
        """Where it is; raises MissingError."""
        path, why = self._found
        if why:
            raise MissingError(f"{self.lack}; a test that uses it is marked `pytest.mark.{self.mark}`")
        return path

    @property
    def is_missing(self) -> bool:
        """Tell whether this machine lacks it."""
        return bool(self._found[1])

    @property
    def lack(self) -> str:
        """What is missing, why, and what brings it."""
        return f"no {self.name} on this machine ({self._found[1]}), to be had by: {self.brought_by}"

    @cached_property
    def _found(self) -> tuple[str, str]:
        try:
            return self.find(), ""
        except MissingError as missing:
            return "", str(missing)


def program(*names: str, variable: str = "") -> Callable[[], str]:
    """Return what finds the first of these programs on the PATH, unless an environment variable names one."""

    def find() -> str:
        named = os.environ.get(variable) if variable else ""
        found = named or next(filter(None, map(shutil.which, names)), "")
        if not found:
            unset = f", and {variable} is not set" if variable else ""
            raise MissingError(f"no {' or '.join(f'`{name}`' for name in names)} on the PATH{unset}")
        return found

    return find


def find_engine() -> str:
    """Return how the Docker Engine answers, one whose containers this machine can reach."""
    from ops.errors import PreflightError  # noqa: PLC0415 - what asks for no engine needs none of this
    from rehearsal.docker import require_engine  # noqa: PLC0415 - the same

    try:
        require_engine()
    except PreflightError as error:
        raise MissingError(error.why) from error
    return shutil.which("docker") or ""


def find_shared_python() -> str:
    """Return a Python of this version that any user can run; only root has others to run it as."""
    is_root = getattr(os, "getuid", lambda: -1)() == 0
    for candidate in (os.path.realpath(sys.executable), shutil.which(PYTHON, path="/usr/local/bin:/usr/bin")):
        if candidate and (not is_root or _may_run(candidate)):
            return candidate
    raise MissingError(f"{os.path.realpath(sys.executable)} is root's alone")


def _may_run(candidate: str) -> bool:
    return subprocess.run(("/usr/bin/test", "-x", candidate), user=NOBODY, check=False).returncode == 0


def find_history() -> str:
    """Return this clone; it has to know each version from which an upgrade is tried."""
    root = Path(__file__).resolve().parents[1]
    for point in STARTING_POINTS:
        words = ("git", "-C", str(root), "cat-file", "-e", f"{point.commit}^{{commit}}")
        if not shutil.which("git") or subprocess.run(words, capture_output=True, check=False).returncode:
            raise MissingError(f"this clone lacks {point.name}, commit {point.commit[:7]}")
    return str(root)


ENGINE = Component(
    mark="engine",
    name="Docker Engine",
    find=find_engine,
    brought_by="curl -fsSL https://get.docker.com | sudo sh",
    wanted={"rehearsal": ALL},
)
CHROMIUM = Component(
    mark="browser",
    name="Chromium",
    # The first has no windows to draw: it does the same in a third of the processor's time.
    find=program("chromium-headless-shell", "chromium", "google-chrome", variable="CHROMIUM_PATH"),
    brought_by="sudo apt-get install chromium",
    wanted={"integration": "tests in a browser", "rehearsal": "HTTP/3"},
)
PEBBLE = Component(
    mark="pebble",
    name="Pebble",
    find=program("pebble"),
    brought_by="sudo apt-get install pebble",
    wanted={"integration": "tests of ACME certificates"},
)
OPENSSH = Component(
    mark="openssh",
    name="OpenSSH client",
    find=program("ssh-keygen"),
    brought_by="sudo apt-get install openssh-client",
    wanted={"unit": "tests of SSH keys", "rehearsal": "log-ins with `ssh`"},
)
SHARED_PYTHON = Component(
    mark="shared_python",
    name=f"{PYTHON} for every user",
    find=find_shared_python,
    brought_by=f"sudo apt-get install {PYTHON}",
    wanted={"integration": "a stack that root deploys for somebody else"},
)
HISTORY = Component(
    mark="history",
    name="commits of earlier versions",
    find=find_history,
    brought_by="git fetch --unshallow --tags",
    wanted={"integration": "upgrades from earlier versions"},
)
COMPONENTS = (ENGINE, CHROMIUM, PEBBLE, OPENSSH, SHARED_PYTHON, HISTORY)


def missing(sessions: tuple[str, ...]) -> list[Component]:
    """Return what these sessions want and this machine lacks."""
    return [one for one in COMPONENTS if not set(sessions).isdisjoint(one.wanted) and one.is_missing]


def main(sessions: list[str]) -> int:
    """Print every component; with the name of a session, only what keeps it from running. Return the exit code."""
    if sessions:
        lacks = [one.lack for one in missing(tuple(sessions)) if any(one.wanted.get(name) == ALL for name in sessions)]
        sys.stdout.write("".join(f"{lack}\n" for lack in lacks))
        return 1 if lacks else 0
    for one in COMPONENTS:
        wanted = ", ".join(f"{what} ({session})" for session, what in one.wanted.items())
        sys.stdout.write(f"{one.name}: {one.lack if one.is_missing else one.path}\n    wanted by {wanted}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
