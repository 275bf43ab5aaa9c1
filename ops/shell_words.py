"""The commands that errors name which are not ours: as the operator's own shell has them, a POSIX one or PowerShell."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

IS_WINDOWS = os.name == "nt"
AGAIN = "run the same command again"


def local_deploy() -> str:
    """Write the deploy to this machine, as it is typed where nothing is installed yet; Windows has it inside WSL."""
    return f"{'wsl ' if IS_WINDOWS else ''}./scripts/deploy.sh --target local"


def prepared() -> str:
    """Write the wrapper that renews `.venv` and then only explains itself."""
    return r".\scripts\deploy.ps1 --help" if IS_WINDOWS else "./scripts/deploy.sh --help"


def copied(source: str, target: str) -> str:
    """Write how a file is copied."""
    return f"{'copy' if IS_WINDOWS else 'cp'} {quoted(source)} {quoted(target)}"


def copied_for_one(source: str, target: str) -> str:
    """Write how a file is copied that nobody else may read then."""
    return copied(source, target) if IS_WINDOWS else f"install -m 600 {quoted(source)} {quoted(target)}"


def unset(name: str) -> str:
    """Write how a variable of the environment is taken away."""
    return f"Remove-Item Env:{name}" if IS_WINDOWS else f"unset {name}"


def looked_at(path: Path | str) -> str:
    """Write how one sees whose a file or folder is, and who may do what with it."""
    return f"{'icacls' if IS_WINDOWS else 'ls -ld'} {quoted(path)}"


def renamed(escaped: str, plain: str) -> str:
    """Write how a file gets a name in UTF-8; Windows lets none have another."""
    return f"mv $'{escaped}' {quoted(plain)}"


def free_space(path: Path | str) -> str:
    """Write how one sees how much room there is."""
    return "Get-PSDrive -PSProvider FileSystem" if IS_WINDOWS else f"df -h {quoted(path)}"


def key_made(path: Path | str) -> str:
    """Write how an SSH key is made; PowerShell drops the empty word, so there one presses Enter twice."""
    phrase = "" if IS_WINDOWS else " -N ''"
    return f"ssh-keygen -t ed25519{phrase} -f {quoted(path)}"


def key_added(path: Path | str) -> str:
    """Write how a key is given to the SSH agent; somebody types its passphrase then."""
    return f"ssh-add {quoted(path)}"


def public_half_written(key: Path, public: Path) -> str:
    """Write how the public half is had from the private one; PowerShell's `>` would write UTF-16."""
    to = "| Out-File -Encoding ascii" if IS_WINDOWS else ">"
    return f"ssh-keygen -y -f {quoted(key)} {to} {quoted(public)}"


def quoted(path: Path | str) -> str:
    """Write a path as one word."""
    text = str(path)
    if IS_WINDOWS:
        return f"'{text}'" if any(letter in text for letter in " ()&'") else text
    return shlex.quote(text)
