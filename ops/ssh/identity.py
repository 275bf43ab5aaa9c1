"""What signs for the key of SSH_KEY_PATH: its file, or an agent; never another key."""

from __future__ import annotations

import getpass
import sys
import threading
from pathlib import Path
from typing import Any

import paramiko  # type: ignore[import-untyped] # it carries no types

from ops.errors import PreflightError
from ops.shell_words import key_added
from ops.ssh.agent import AgentError, KeyInAgent, Say, key_in_agent
from ops.ssh.private_key import KeyPair, key_pair

TRIES = 3
_opened: dict[Path, Any] = {}  # a passphrase is asked for once, whatever is connected how often
_asking = threading.Lock()


def signing_key(key: Path, *, say: Say) -> Any:
    """Return what signs for the key that SSH_KEY_PATH names; raises PreflightError when nothing can.

    An encrypted file is asked for its passphrase at a terminal when no agent has the key.
    """
    pair = key_pair(key)
    if pair.file and not pair.is_encrypted:
        return _from_file(pair.file, pair.kind, None)
    try:
        return key_in_agent(pair.blob, say=say)
    except AgentError as error:
        if pair.file is None:
            raise _only_in_an_agent(key, pair, str(error)) from error
        return _with_passphrase(pair.file, pair.kind, why=str(error))


def failure_of(key: Any) -> str:
    """Say why an agent did not sign; empty where it did, or none was asked."""
    return key.failure if isinstance(key, KeyInAgent) else ""


def _from_file(file: Path, kind: str, passphrase: str | None) -> Any:
    """Read the key alone: `PKey.from_path` would offer a certificate beside it instead, which few hosts trust."""
    classes = {"ssh-ed25519": paramiko.Ed25519Key, "ssh-rsa": paramiko.RSAKey}
    return classes.get(kind, paramiko.ECDSAKey).from_private_key_file(str(file), passphrase or None)


def _with_passphrase(file: Path, kind: str, *, why: str) -> Any:
    with _asking:
        if file in _opened:
            return _opened[file]
        if not sys.stdin.isatty():
            raise PreflightError(
                "the SSH key has a passphrase, and nobody can be asked for it",
                why=f"{file} is encrypted; {why}, and there is no terminal",
                fix=key_added(file),
            )
        for _ in range(TRIES):
            try:
                _opened[file] = _from_file(file, kind, getpass.getpass(f"passphrase of {file}: "))
            except EOFError:
                break
            except (paramiko.SSHException, ValueError):
                continue
            return _opened[file]
    raise PreflightError(
        "this is not the passphrase of the SSH key",
        why=f"{file} was not opened in {TRIES} tries",
        fix=key_added(file),
    )


def _only_in_an_agent(key: Path, pair: KeyPair, why: str) -> PreflightError:
    return PreflightError(
        "nothing here can sign with the SSH key",
        why=f"of {key} only the public half is here, or it names a key on hardware ({pair.kind}); {why}",
        fix=key_added(key.with_suffix("") if key.suffix == ".pub" else key),
    )
