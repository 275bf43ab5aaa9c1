"""The bytes that the host lacks for a release, in one stream."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ops.engine.model import Release
from ops.errors import HostError
from ops.ssh import AGAIN

END = "end"
CHUNK = 1 << 16


@dataclass(frozen=True, kw_only=True)
class HostFile:
    """A file for the host, by its path below the engine's folder; root's, and by default nobody else may read it."""

    path: str
    content: bytes
    mode: int = 0o600


def missing_blobs(release: Release, *, have: frozenset[str]) -> dict[str, str]:
    """Return sha256 -> path in the checkout of every source file that the host does not have."""
    wanted = {digest: path for service in release.services for path, digest in service.image.files.items()}
    return {digest: path for digest, path in sorted(wanted.items()) if digest not in have}


def blob(checkout: Path, path: str, digest: str) -> HostFile:
    """Read a source file; raises HostError when it is not any more what the release was made of."""
    try:
        content = (checkout / path).read_bytes()
    except OSError as error:
        raise _changed(path, str(error.strerror)) from error
    if hashlib.sha256(content).hexdigest() != digest:
        raise _changed(path, "its content differs from what was read a moment ago")
    return HostFile(path=f"blobs/{digest}", content=content, mode=0o644)


def size_mib(checkout: Path, paths: Mapping[str, str]) -> int:
    """Return how much room these source files take, rounded up."""
    return (sum((checkout / path).stat().st_size for path in paths.values() if (checkout / path).exists()) >> 20) + 1


def packed(files: Iterator[HostFile]) -> Iterator[bytes]:
    """Yield a gzipped tar of the files, piece by piece; its last member says that it is whole."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w|gz") as archive:
        for file in files:
            archive.addfile(_member(file), io.BytesIO(file.content))
            if buffer.tell() >= CHUNK:
                yield _taken(buffer)
        archive.addfile(tarfile.TarInfo(END))
    yield _taken(buffer)


def _member(file: HostFile) -> tarfile.TarInfo:
    member = tarfile.TarInfo(file.path)
    member.size, member.mode = len(file.content), file.mode
    return member


def _taken(buffer: io.BytesIO) -> bytes:
    taken = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return taken


def _changed(path: str, why: str) -> HostError:
    return HostError(f"`{path}` changed while it was sent", why=why, fix=AGAIN)
