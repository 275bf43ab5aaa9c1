"""Where environments and packages are kept for this machine's stacks."""

from __future__ import annotations

from pathlib import Path

from ops.settings import Settings

OF_A_SHELL = set('$"`\\')


def cache_dir(settings: Settings, root: Path) -> Path:
    """Return the folder of LOCAL_CACHE_DIR, or the user's own when that one's path holds what a shell would read.

    PostgreSQL's programs start each other by a shell, and a script's first line names its Python as it is.
    """
    stated = settings.cache_dir(root).resolve()
    return Path.home() / ".cache" / "slipway" if OF_A_SHELL & set(str(stated)) else stated
