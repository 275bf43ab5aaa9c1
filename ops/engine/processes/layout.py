"""The folders of the local target, and what it means when the disk says no."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ops.engine.errors import EngineError

REPLICA_NAME = re.compile(r"^(?P<service>.+)-(?P<fingerprint>[0-9a-f]{12})-(?P<index>\d+)$")


@dataclass(frozen=True)
class Layout:
    """The folders below `.local`; `root` is absolute."""

    root: Path

    @property
    def cache(self) -> Path:
        """What may be shared by checkouts: environments and node_modules (`SLIPWAY_CACHE_DIR`)."""
        return Path(os.environ.get("SLIPWAY_CACHE_DIR") or self.root / "cache").absolute()

    @property
    def images(self) -> Path:
        """One folder for each built image."""
        return self.root / "images"

    @property
    def replicas(self) -> Path:
        """One folder for each replica: its launch file and scratch files."""
        return self.root / "replicas"

    @property
    def jobs(self) -> Path:
        """One folder for each command that runs once, while it runs."""
        return self.root / "jobs"

    @property
    def logs(self) -> Path:
        """One log for each replica, with its rotated files."""
        return self.root / "logs"

    @property
    def supervisor(self) -> Path:
        """The supervisor's configuration, log and socket."""
        return self.root / "supervisor"

    @property
    def sockets(self) -> Path:
        """What the holder of the edge's sockets knows."""
        return self.root / "sockets"

    @property
    def data(self) -> Path:
        """What outlives every release."""
        return self.root / "data"

    @property
    def routes(self) -> Path:
        """The folder that Traefik watches."""
        return self.data / "traefik" / "dynamic"

    def env(self, env_id: str) -> Path:
        """Return the folder of a virtual environment."""
        return self.cache / "envs" / env_id

    def image(self, image_id: str) -> Path:
        """Return the folder of an image."""
        return self.images / image_id

    def replica(self, name: str) -> Path:
        """Return the folder of a replica."""
        return self.replicas / name

    def dynamic(self, name: str) -> Path:
        """Return the folder that a Traefik with sockets of the holder watches: its own."""
        return self.replica(name) / "dynamic"

    def make(self) -> None:
        """Create the folders, closed to other users."""
        data = (self.data / name for name in ("static", "media", "tls"))
        for folder in (
            self.images,
            self.replicas,
            self.jobs,
            self.logs,
            self.supervisor / "conf.d",
            self.sockets,
            self.routes,
            *data,
        ):
            make_private(folder)
        (self.cache / "envs").mkdir(parents=True, exist_ok=True)


def make_private(folder: Path) -> None:
    """Create a folder, and those above it that are missing, for this user alone."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(mode=0o700, exist_ok=True)


def write_private(path: Path, text: str) -> None:
    """Write a file for this user alone; readers see the old content or the new, never a part."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[int]:
    """Hold the kernel's lock on a file and yield its descriptor; it ends with its holder, so none is left behind.

    A program that gets the descriptor holds the lock too: an installer that outlives a killed engine, for one.
    """
    with path.open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


@contextlib.contextmanager
def disk(doing: str, *, family: str = "host") -> Iterator[None]:
    """Say a failure of the file system in words: full, not permitted, or what the system says."""
    try:
        yield
    except OSError as error:
        raise _in_words(error, doing=doing, family=family) from error


def _in_words(error: OSError, *, doing: str, family: str) -> EngineError:
    place = str(error.filename or "the disk")
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return EngineError(
            f"the disk is full while {doing}",
            why=f"no space is left for {place}",
            fix=f"free some space (df -h {_existing(place)}), then run the same command again",
            family="preflight",
        )
    if error.errno in {errno.EACCES, errno.EPERM}:
        return EngineError(
            f"not permitted while {doing}",
            why=f"{place} belongs to another user (was the stack started as root before?)",
            fix=f"ls -ld {_existing(place)}, then run the same command as its owner",
            family="preflight",
        )
    return EngineError(
        f"failed while {doing}",
        why=f"{error.strerror or error} ({place})",
        fix="run the same command again",
        family=family,
    )


def _existing(place: str) -> str:
    path = Path(place)
    while not path.exists() and path != path.parent:
        path = path.parent
    return str(path)


def remove_tree(folder: Path) -> None:
    """Delete a folder if it is there; it first loses its name, so that a cut leaves no half of it in place."""
    if not folder.exists():
        return
    doomed = folder.with_name(f".gone-{folder.name}-{os.getpid()}")
    folder.rename(doomed)
    shutil.rmtree(doomed, ignore_errors=True)
