"""How is something made once for all workers of a run, or by one of them at a time?"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from ops.engine.processes.layout import locked

KEPT_S = 24 * 3600.0


def made_once(cache: Path, name: str, content: Iterable[bytes], make: Callable[[Path], None]) -> Path:
    """Return the folder that `make` filled for this content; others wait until it is whole.

    What was made for other contents goes after a day: another checkout may use the same cache.
    """
    digest = hashlib.sha256()
    for part in content:
        digest.update(hashlib.sha256(part).digest())
    place = cache / "tests"
    place.mkdir(parents=True, exist_ok=True)
    folder = place / f"{name}-{digest.hexdigest()[:12]}"
    with locked(place / f"{name}.lock"):
        _remove_old(place, name, but=folder)
        if not _mark(folder).exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            _mark(folder).touch()
    return folder


@contextlib.contextmanager
def one_at_a_time(doing: str) -> Iterator[None]:
    """Wait until no other worker of this machine does it: a deploy from nothing wants the machine for itself."""
    with locked(Path(tempfile.gettempdir()) / f"slipway-{doing}-{os.getuid()}.lock"):
        yield


def _mark(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.made")


def _remove_old(place: Path, name: str, *, but: Path) -> None:
    for mark in place.glob(f"{name}-*.made"):
        if mark != _mark(but) and time.time() - mark.stat().st_mtime > KEPT_S:
            mark.unlink()
            shutil.rmtree(mark.with_suffix(""), ignore_errors=True)
