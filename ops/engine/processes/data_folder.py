"""The data that outlives every release, until `down --volumes`."""

from __future__ import annotations

import shutil
from pathlib import Path

# Where the stand-in for PostgreSQL's image keeps its data as root; see postgres/entrypoint.py.
SYSTEM_DATA = Path("/var/lib/slipway")


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
