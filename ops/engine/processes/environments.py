"""Python environments with exactly the packages of a lock."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import time
from pathlib import Path

from ops.engine.errors import EngineError
from ops.engine.processes.layout import Layout, disk, locked, remove_tree, write_private
from ops.engine.runtime import Say
from ops.redact import last_lines

READY = ".ready"
USERS = ".users"
INSTALL_TIMEOUT_S = 1800
UNUSED_DAYS = 7

# What the installers say, why that is, and what to do.
CAUSES = (
    (r"no space left|disk quota", "the disk is full", "free some space, then run the same command again"),
    (
        r"do not match the hashes|hash mismatch|EINTEGRITY",
        "a package differs from its lock",
        "renew the lock (nox -s lock) and review the change",
    ),
    (
        r"connection|timed? ?out|temporary failure|name resolution|EAI_AGAIN|ENOTFOUND|ECONNREFUSED|network",
        "the package registry does not answer",
        "check the network and the registry that pip and npm are configured for, then run the same command again",
    ),
    (
        r"no matching distribution|could not find a version",
        "the registry has no such package for this Python and platform",
        "check the registry that pip is configured for (pip config list), then run the same command again",
    ),
    (
        r"ensurepip|No module named pip",
        "this Python cannot make virtual environments",
        "install its venv package (Debian: apt install python3-venv)",
    ),
)


def is_ready(folder: Path) -> bool:
    """Tell whether this environment was built to its end."""
    return (folder / READY).exists()


def build_environment(cache: Path, *, env: str, env_id: str, source_dir: Path, say: Say) -> Path:
    """Make the virtual environment of `requirements/<env>.txt` by hash, at its final place, and return its folder.

    The last thing written makes it valid. Two builders of the same one wait for each other. Raises EngineError (build).
    """
    folder = cache / "envs" / env_id
    lock = source_dir / "requirements" / f"{env}.txt"
    if is_ready(folder):
        return folder
    with disk(f"installing {lock.name}", family="build"):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with locked(folder.with_name(f"{env_id}.lock")) as lock_fd:
            if not is_ready(folder):
                remove_tree(folder)
                started = time.monotonic()
                say(f"installing requirements/{lock.name}")
                _install(folder, lock, lock_fd=lock_fd)
                write_private(folder / READY, "")
                say(f"installed requirements/{lock.name} in {time.monotonic() - started:.1f} s")
    return folder


def _install(folder: Path, lock: Path, *, lock_fd: int) -> None:
    # This Python's own pip saves three seconds; without one the environment gets the bundled pip.
    has_pip = run_installer((sys.executable, "-m", "pip", "--version"), lock_fd=lock_fd).returncode == 0
    without = ["--without-pip"] if has_pip else []
    made = run_installer((sys.executable, "-m", "venv", *without, str(folder)), lock_fd=lock_fd)
    if made.returncode:
        raise failed_install("making a virtual environment", made.stdout)
    target = str(folder / "bin" / "python")
    pip = (sys.executable, "-m", "pip", "--python", target) if has_pip else (target, "-m", "pip")
    options = ("--require-hashes", "--no-deps", "--no-input", "--disable-pip-version-check", "--progress-bar=off")
    installed = run_installer((*pip, "install", *options, "-r", str(lock)), lock_fd=lock_fd)
    if installed.returncode:
        raise failed_install(f"installing {lock.name}", installed.stdout)


def run_installer(
    command: tuple[str, ...], *, lock_fd: int, cwd: Path | None = None, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run pip or npm with the operator's own configuration; it holds the lock for as long as it lives."""
    try:
        return subprocess.run(
            command,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            timeout=INSTALL_TIMEOUT_S,
            pass_fds=(lock_fd,),
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 124, f"it timed out after {INSTALL_TIMEOUT_S} s")


def failed_install(doing: str, output: str) -> EngineError:
    """Say why an installer failed, with its last lines."""
    last = last_lines(output, 12)
    for pattern, why, fix in CAUSES:
        if re.search(pattern, output, re.IGNORECASE):
            return EngineError(f"{doing} failed", why=f"{why}:\n{last}", fix=fix, family="build")
    return EngineError(
        f"{doing} failed", why=last or "it said nothing", fix="run the same command again", family="build"
    )


def mark_used(folder: Path, root: Path) -> None:
    """Note that a checkout uses an environment, so that no other one removes it from a shared cache."""
    mark = _mark(folder, root)
    mark.parent.mkdir(exist_ok=True)
    mark.write_text(str(root), encoding="utf-8")


def _mark(folder: Path, root: Path) -> Path:
    return folder / USERS / hashlib.sha256(str(root).encode()).hexdigest()[:12]


def prune_environments(layout: Layout, keep: set[str]) -> None:
    """Remove environments that no checkout needs and that nobody made in the last week."""
    for folder in sorted((layout.cache / "envs").glob("[!.]*/")):
        if folder.name in keep:
            continue
        with locked(folder.with_name(f"{folder.name}.lock")):
            _mark(folder, layout.root).unlink(missing_ok=True)
            users = [Path(mark.read_text(encoding="utf-8")) for mark in (folder / USERS).glob("*")]
            old = time.time() - folder.stat().st_mtime > UNUSED_DAYS * 86400
            if old and not any(root.exists() for root in users):
                remove_tree(folder)
