"""What git knows of this checkout: which files, which commit, and who works on it."""

from __future__ import annotations

import getpass
import hashlib
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

from ops.engine.model import Origin
from ops.errors import UsageError
from ops.shell_words import quoted

IRRELEVANT = ("Dockerfile", ".dockerignore", ".md")  # endings of files that no running replica reads


def source_files(root: Path, sources: Iterable[str], *, whole: bool = False) -> dict[str, str]:
    """Return path -> sha256 of every file below `sources` that git tracks or would track; no sources, no files.

    `whole` keeps what no running replica reads: a container is built with its Dockerfile.

    Raises UsageError outside a git checkout, because only git knows what belongs to the project.
    """
    wanted = tuple(sources)
    if not wanted:
        return {}
    command = ("git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--")
    done = subprocess.run((*command, *wanted), capture_output=True, encoding="utf-8", check=False, timeout=30)
    if done.returncode:
        raise UsageError(
            f"{root} is not a git checkout",
            why=f"{done.stderr.strip()}; only git knows which files belong to the project",
            fix=f"git -C {quoted(root)} init",
        )
    listed = sorted(path for path in set(done.stdout.split("\0")) if path and (whole or not path.endswith(IRRELEVANT)))
    files = {path: root / path for path in listed if (root / path).is_file()}
    return {path: hashlib.sha256(file.read_bytes()).hexdigest() for path, file in files.items()}


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
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8"
    )


def revision(root: Path) -> str:
    """Return the commit's short hash, with `-dirty` when the checkout differs from it, or `none` without commits."""
    command = ("git", "-C", str(root), "describe", "--always", "--dirty", "--exclude", "*")
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, timeout=30)
    return done.stdout.strip() or "none"


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
