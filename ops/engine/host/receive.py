"""Tells what is on this host, and takes what is missing without leaving half of it.

A program of its own: the operator's side hands this text to `python3 -c`, because the engine may not be there yet.
It imports nothing of the engine.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Any

RUNS_KEPT = 10
BLOBS_KEPT_S = 30 * 86400  # how long a source file stays that no kept release is made from
TORN_KEPT_S = 86400
END = "end"  # the last member: a stream that was cut between two members does not have it
BOOTSTRAP = Path("/etc/slipway/bootstrap")
FIRST_BOOT = Path("/usr/local/sbin/slipway-bootstrap")  # on droplets that Slipway made, from their first boot on
ENVIRONMENT = "environment"  # a file beside the state: the name of the environment that this host belongs to
CLOSED_LOGINS = Path("/etc/ssh/sshd_config.d/00-slipway.conf")
UNCONFIRMED_LOGINS = Path("/etc/slipway/take-back-logins")
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
FIRST_PROCESS = Path("/proc/1/stat")


class UploadRefusedError(Exception):
    """What came cannot be taken; the words are why."""


def hello(root: Path) -> dict[str, Any]:
    """Tell what the operator's side has to know before it sends anything."""
    blobs, engine = root / "blobs", root / "engine.pyz"
    return {
        "bootstrap": BOOTSTRAP.read_text(encoding="utf-8").strip() if BOOTSTRAP.exists() else "",
        "engine": hashlib.sha256(engine.read_bytes()).hexdigest() if engine.exists() else "",
        "blobs": sorted(path.name for path in blobs.iterdir() if path.name[0] != ".") if blobs.exists() else [],
        "has_state": (root / "state.json").exists(),
        "format": _format(root),
        "free_mib": shutil.disk_usage(root if root.exists() else "/").free >> 20,
        "boot": boot(),
        "now": time.time(),
        "made_here": FIRST_BOOT.exists(),
        "logins": logins(),
        "environment": _environment(root),
    }


def _environment(root: Path) -> str | None:
    """Return which environment this host belongs to; None where nobody has said so yet."""
    try:
        return (root / ENVIRONMENT).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None


def logins() -> str:
    """Tell whether passwords and root are turned off for SSH: `open`, `closed`, or `unconfirmed` for a while."""
    if not CLOSED_LOGINS.exists():
        return "open"
    return "unconfirmed" if UNCONFIRMED_LOGINS.exists() else "closed"


def _format(root: Path) -> str:
    """Return what the host's format file says; the operator's side judges it."""
    file = root / "format"
    return file.read_text(encoding="utf-8", errors="replace").strip() if file.exists() else "0"


def _is_newer(root: Path, reads: int) -> bool:
    text = _format(root)
    return not (text.isascii() and text.isdigit()) or int(text) > reads


def boot() -> str:
    """Name this boot; the start of process 1 is part of it, because a container shares its kernel's boot id."""
    if not BOOT_ID.exists():
        return ""
    began = FIRST_PROCESS.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[19]
    return f"{BOOT_ID.read_text(encoding='ascii').strip()}-{began}"


def receive(root: Path, stream: Any) -> dict[str, Any]:
    """Take a gzipped tar of files below `root`; all of them get their names when the last has arrived, or none does.

    A run that was here already is not sent again: a run is named by its operator's clock, and there are several clocks.
    """
    arrived: list[tuple[Path, Path]] = []
    root.mkdir(mode=0o711, parents=True, exist_ok=True)
    try:
        with tarfile.open(fileobj=stream, mode="r|gz") as archive:
            names = [_take(root, archive, member, arrived) for member in archive]
        if names[-1:] != [END]:
            message = "the stream ended before its last file"
            raise UploadRefusedError(message)
        runs = {path.parent.name for _, path in arrived if path.parent.parent == root / "runs"}
        for run in runs:
            if (root / "runs" / run / "journal.jsonl").exists():
                message = f"a run named {run} was here already"
                raise UploadRefusedError(message)
        _flush(root)
        for temporary, path in arrived:
            if not _is_same(temporary, path):
                temporary.replace(path)
        _flush(root)
    finally:
        for temporary, _ in arrived:
            temporary.unlink(missing_ok=True)
    _prune(root, just_arrived=runs)
    return {"received": len(arrived)}


def plan(root: Path, stream: Any) -> int:
    """Take an engine and a release, ask what it would change, and leave nothing."""
    with tempfile.TemporaryDirectory(prefix="slipway-plan-") as folder:
        receive(Path(folder), stream)
        words = ("plan", "--root", str(root), "--runtime", "compose", "--release", f"{folder}/release.json")
        return subprocess.run((sys.executable, f"{folder}/engine.pyz", *words), check=False, timeout=300).returncode


def _take(root: Path, archive: tarfile.TarFile, member: tarfile.TarInfo, arrived: list[tuple[Path, Path]]) -> str:
    content = archive.extractfile(member)
    if member.name == END or content is None:
        return member.name
    path = root / member.name
    if ".." in path.parts or not path.is_relative_to(root):
        message = f"{member.name} would lie outside {root}"
        raise UploadRefusedError(message)
    _make_folders(root, path.parent)
    owner = path.parent.stat()  # a folder that was given to a container's user keeps files that this user may read
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    arrived.append((temporary, path))
    digest = hashlib.sha256()
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while chunk := content.read(1 << 16):
            digest.update(chunk)
            file.write(chunk)
        os.fchmod(file.fileno(), member.mode)
        os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
    if path.parent.name == "blobs" and path.name != digest.hexdigest():
        message = f"{member.name} has another content than its name says"
        raise UploadRefusedError(message)
    return member.name


def _is_same(new: Path, old: Path) -> bool:
    """Tell whether a file is there already; then it stays, with the owner and the age that it has."""
    return old.exists() and old.stat().st_size == new.stat().st_size and old.read_bytes() == new.read_bytes()


def _make_folders(root: Path, folder: Path) -> None:
    """Make folders that others may pass through, as data that containers read lies below; `runs` alone is closed."""
    if not folder.exists():
        _make_folders(root, folder.parent)
        folder.mkdir(mode=0o700 if folder.relative_to(root).parts[:1] in {("runs",), ("blobs",)} else 0o711)


def _flush(root: Path) -> None:
    """Bring the whole file system to the disk at once: one wait instead of one for each of some hundred files."""
    descriptor = os.open(root, os.O_RDONLY)
    try:
        if ctypes.CDLL(None, use_errno=True).syncfs(descriptor):
            raise OSError(ctypes.get_errno(), "the disk did not take it")
    finally:
        os.close(descriptor)


def remove_old_runs(runs: Path, *, keep: set[str]) -> None:
    """Remove all but the last runs, because a release holds secrets; in the order in which they came to this host.

    Their names tell another order: that of the clocks of those who asked for them. Those to `keep` are no old ones.
    """
    others = [path for path in runs.glob("*") if path.name not in keep]
    others.sort(key=lambda path: (path.stat().st_mtime_ns, path.name))
    for old in others[: max(0, len(others) + len(keep) - RUNS_KEPT)]:
        shutil.rmtree(old, ignore_errors=True)


def _prune(root: Path, *, just_arrived: set[str]) -> None:
    """Remove old runs, and source files that nothing is made from any more."""
    remove_old_runs(root / "runs", keep=just_arrived)
    texts = [file.read_text(encoding="utf-8") for file in root.glob("r*/*/release.json")]
    needed = {name for text in texts for name in re.findall(r'"([0-9a-f]{64})"', text)}
    for blob in root.glob("blobs/*"):
        if blob.name not in needed and time.time() - blob.stat().st_mtime > BLOBS_KEPT_S:
            blob.unlink(missing_ok=True)
    for torn in (*root.glob(".*.tmp"), *root.glob("blobs/.*.tmp")):  # of a receiver that was killed
        if time.time() - torn.stat().st_mtime > TORN_KEPT_S:
            torn.unlink(missing_ok=True)


def main(verb: str, root: Path, *, reads: int) -> int:
    """Do what the words ask for: JSON goes to stdout, 6 means that the host could not take what came.

    Nothing is taken for a host whose format is above what the sender `reads`: since it said hello, a newer Slipway may
    have been here.
    """
    try:
        if verb == "plan":
            return plan(root, sys.stdin.buffer)
        if verb == "hello":
            answer = hello(root)
        else:
            answer = {"format": _format(root)} if _is_newer(root, reads) else receive(root, sys.stdin.buffer)
    except (OSError, EOFError, tarfile.TarError, UploadRefusedError) as error:
        full = getattr(error, "errno", 0) in {errno.ENOSPC, errno.EDQUOT}
        what = "the host's disk is full" if full else "the host could not take what was sent"
        fix = "free some space on the host, then run the same command again" if full else "run the same command again"
        print(json.dumps({"error": {"what": what, "why": str(error), "fix": fix, "family": "host"}}))  # noqa: T201 - stdout is the answer
        return 6
    print(json.dumps(answer))  # noqa: T201 - stdout is the answer
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), reads=int(sys.argv[3])))
