"""Who is it that changes what is deployed?"""

from __future__ import annotations

import getpass
import socket
import subprocess
from pathlib import Path


def author(root: Path) -> str:
    """Return `name <email>` as git knows it in this checkout, or `user@machine`. Never fails."""
    told = _told_by_git(root)
    name, email = told.get("user.name", ""), told.get("user.email", "")
    return " ".join(part for part in (name, f"<{email}>" if email else "") if part) or _of_this_machine()


def _told_by_git(root: Path) -> dict[str, str]:
    command = ("git", "-C", str(root), "config", "--null", "--get-regexp", r"^user\.(name|email)$")
    try:
        done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return {}
    pairs = (entry.partition("\n") for entry in done.stdout.split("\0") if entry)
    return {key: " ".join(value.split()) for key, _, value in pairs}


def _of_this_machine() -> str:
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # a user without a name, as in a container
        user = "somebody"
    return f"{user}@{socket.gethostname() or 'unknown'}"
