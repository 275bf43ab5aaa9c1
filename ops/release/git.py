"""What git knows of this checkout: which commit, and who works on it."""

from __future__ import annotations

import getpass
import hashlib
import os
import socket
import subprocess
import sys
import sysconfig
from pathlib import Path

from ops.engine.model import Origin
from ops.errors import PreflightError
from ops.shell_words import AGAIN

# What git sets for a hook: with these it would answer for that repository, whatever folder it is asked about.
OF_A_HOOK = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY"}


def ask_git(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Ask git about the repository of a folder; raises PreflightError where there is no git.

    A name that is no UTF-8 is returned as Python writes one: with half characters.
    """
    command = ("git", "-C", str(folder), *words)
    try:
        done = subprocess.run(command, capture_output=True, env=_environment(), check=False, timeout=60)
    except OSError as error:
        why = f"git does not start: {error.strerror}; only git knows which files belong to the project"
        raise PreflightError("git is not there", why=why, fix=f"install git, then {AGAIN}") from error
    output, errors = (text.decode("utf-8", "surrogateescape") for text in (done.stdout, done.stderr))
    return subprocess.CompletedProcess(command, done.returncode, output, errors)


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in OF_A_HOOK}


def environment_id(root: Path, env: str) -> str:
    """Return `<env>-<hash>`, which changes with the lock, the Python and the platform."""
    digest = hashlib.sha256((root / "requirements" / f"{env}.txt").read_bytes())
    digest.update(f"{sys.implementation.cache_tag} {sysconfig.get_platform()} {sys.base_prefix}".encode())
    return f"{env}-{digest.hexdigest()[:12]}"


def origin_of(root: Path) -> Origin:
    """Return the commit that is checked out, `-dirty` when the checkout differs from it; empty outside of git."""
    asked = (("describe", "--always", "--abbrev=40", "--dirty", "--exclude", "*"), ("log", "-1", "--format=%cI%n%s"))
    try:
        running = [_git(root, words) for words in asked]  # both at once: together they take as long as one
        commit, told = (one.communicate(timeout=30)[0].strip() for one in running)
    except OSError:  # no git, and so nothing that could be told
        return Origin()
    committed_at, _, subject = told.partition("\n")
    return Origin(commit=commit, committed_at=committed_at, subject=subject) if commit and told else Origin()


def _git(root: Path, words: tuple[str, ...]) -> subprocess.Popen[str]:
    command = ("git", "-C", str(root), *words)
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
        env=_environment(),
    )


def revision(root: Path) -> str:
    """Return the commit's short hash, with `-dirty` when the checkout differs from it, or `none` without commits."""
    return ask_git(root, "describe", "--always", "--dirty", "--exclude", "*").stdout.strip() or "none"


COMMIT_SHOWN = 8
DIRTY = "-dirty"


def short(commit: str) -> str:
    """Return as much of a commit as a person needs, and whether the checkout differed from it."""
    return commit[:COMMIT_SHOWN] + (DIRTY if commit.endswith(DIRTY) else "")


def author(root: Path) -> str:
    """Return `name <email>` as git knows it in this checkout, or `user@machine`. Never fails."""
    told = _told_by_git(root)
    name, email = told.get("user.name", ""), told.get("user.email", "")
    return " ".join(part for part in (name, f"<{email}>" if email else "") if part) or _of_this_machine()


def _told_by_git(root: Path) -> dict[str, str]:
    command = ("git", "-C", str(root), "config", "--null", "--get-regexp", r"^user\.(name|email)$")
    try:
        done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return {}
    pairs = (entry.partition("\n") for entry in done.stdout.split("\0") if entry)
    return {key: " ".join(value.split()) for key, _, value in pairs}


def _of_this_machine() -> str:
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # a user without a name, as in a container
        user = "somebody"
    return f"{user}@{socket.gethostname() or 'unknown'}"
