"""The `.env` that the local target makes when there is none, with secrets of its own."""

from __future__ import annotations

import contextlib
import os
import secrets
import string
import tempfile
from collections.abc import Callable
from pathlib import Path

from ops.errors import SettingsError
from ops.settings import DEVELOPMENT, KEYS, PLACEHOLDER, render
from ops.shell_words import copied

_ALPHABET = string.ascii_letters + string.digits
_SECRET_LENGTH = 50


def ensure_env_file(env_file: Path, *, target: str, say: Callable[[str], None]) -> bool:
    """Write a `.env` for development with fresh random secrets when there is none, and say so; return whether.

    An existing file is never touched. Raises SettingsError for any other target, and when the disk does not take it.
    """
    if os.path.lexists(env_file):
        return False
    if target != "local":
        raise SettingsError(
            f"{env_file.name} is missing",
            why=f"the {target} target never makes up settings; to try it on this machine, use --target local",
            fix=copied(".env.prod.example", env_file.name),
        )
    try:
        written = _write_new(env_file, _fresh_text())
    except OSError as error:
        raise SettingsError(
            f"{env_file.name} could not be written", why=f"{env_file}: {error.strerror}", fix=f"df -h {env_file.parent}"
        ) from error
    if written:
        say(f"made {env_file.name} for development, with random secrets; only you can read it")
    return written


def _fresh_text() -> str:
    wanted = [key.name for key in KEYS if key.example(DEVELOPMENT) == PLACEHOLDER]
    fresh = {name: "".join(secrets.choice(_ALPHABET) for _ in range(_SECRET_LENGTH)) for name in wanted}
    return render(KEYS, environment=DEVELOPMENT, values=fresh)


def _write_new(path: Path, text: str) -> bool:
    """Put a whole file in place or none at all, readable by its owner only; False when somebody was faster."""
    descriptor, name = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)  # 0600, O_EXCL
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(name, path)  # unlike a rename, it fails when the file is there
    except FileExistsError:
        return False
    finally:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()
    return True
