"""Which files does a rehearsal deploy, and with which settings?

A copy of the checkout: what git tracks or would track, so never the operator's `.env` or state. The copy has settings
of its own, and the operator's reach it neither through the file nor through the environment.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from ops.environments import VARIABLE
from ops.errors import UsageError

_GIT_TIMEOUT_S = 60.0
_NAME = ("-c", "user.name=rehearsal", "-c", "user.email=rehearsal@localhost")


def copy_checkout(root: Path, to: Path) -> Path:
    """Copy the checkout as it lies there, changes included, and commit the copy; returns `to`.

    Raises UsageError outside a git checkout, because only git knows what belongs to the project.
    """
    listed = _git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    shutil.rmtree(to, ignore_errors=True)
    for name in sorted(set(listed.split("\0")) - {""}):
        if (root / name).is_file():  # deleted, but not yet committed
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, to / name)
    for words in (
        ("init", "--quiet"),
        ("add", "--all"),
        (*_NAME, "commit", "--quiet", "--no-verify", "-m", "Rehearse"),
    ):
        _git(to, *words)
    return to


def write_settings(checkout: Path, values: Mapping[str, str]) -> None:
    """Write the `.env` of the copy; its owner alone can read it."""
    path = checkout / ".env"
    path.touch(mode=0o600)
    path.write_text("".join(f"{name}={value}\n" for name, value in values.items()), encoding="utf-8")


def environment_without_settings(checkout: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without the operator's settings, which would win over the copy's `.env`."""
    lines = (checkout / ".env.example").read_text(encoding="utf-8").splitlines()
    names = {line.partition("=")[0] for line in lines if "=" in line and not line.startswith("#")}
    names.add(VARIABLE)  # the copy has one environment
    return {name: value for name, value in environ.items() if name not in names and not name.startswith("GIT_")}


def change_one_line(checkout: Path) -> Path:
    """Change the API's source by one line that means nothing; returns the file."""
    path = min((checkout / "api").rglob("main.py"), default=min((checkout / "api").rglob("*.py")))
    with path.open("a", encoding="utf-8", newline="\n") as file:
        file.write("# Changed by a rehearsal.\n")
    return path


def _git(folder: Path, *words: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ("git", "-C", str(folder), "-c", "safe.directory=*", "-c", "commit.gpgsign=false", *words),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=_GIT_TIMEOUT_S,
    )
    if done.returncode:
        raise UsageError(
            f"`git {words[0]}` failed in {folder}",
            why=done.stderr.strip() or f"exit code {done.returncode}",
            fix="git init",
        )
    return done.stdout
