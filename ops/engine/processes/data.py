"""Which files outlive a release: the routes that Traefik watches, and the data that only `down --volumes` deletes?"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from ops.engine.processes.layout import make_private

# Where the stand-in for PostgreSQL's image keeps its data as root; see postgres/entrypoint.py.
SYSTEM_DATA = Path("/var/lib/slipway")


def write_routes(folder: Path, files: dict[str, str]) -> None:
    """Put files (name -> content) in a watched folder, each by rename from outside of it, and remove any other."""
    make_private(folder)
    outside = folder.with_name(f".{folder.name}.next")
    for name, content in files.items():
        place = folder / name
        if place.exists() and place.read_text(encoding="utf-8") == content:
            continue  # nothing for Traefik to read again
        outside.unlink(missing_ok=True)
        outside.touch(mode=0o600)
        outside.write_text(content, encoding="utf-8")
        with outside.open("rb") as written:
            os.fsync(written.fileno())
        outside.replace(place)
    for path in folder.iterdir():
        if path.name not in files:
            path.unlink()


def remove_data(folder: Path) -> None:
    """Delete the data, also what a link of it points to in the system's folder."""
    for path in folder.glob("*"):
        if path.is_symlink():
            remove_linked(path)
            path.unlink()
        elif path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def remove_linked(link: Path) -> None:
    """Delete the cluster behind a link, and the system's folder when it was the last one."""
    cluster = link.readlink().parent
    if cluster.parent != SYSTEM_DATA:
        return
    shutil.rmtree(cluster, ignore_errors=True)
    left = list(SYSTEM_DATA.glob("*"))
    if all(path.name.startswith("postgresql-") for path in left):
        shutil.rmtree(SYSTEM_DATA, ignore_errors=True)
