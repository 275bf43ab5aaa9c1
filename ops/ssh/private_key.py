"""The operator's private key: whether it can be used, and which public key belongs to it.

Looked at before any connection: a key that cannot work would only be "denied" later. Nothing of a private key is kept.
"""

from __future__ import annotations

import base64
import binascii
import os
import shlex
import stat
import struct
from pathlib import Path

from ops.errors import PreflightError
from ops.shell_words import key_made, looked_at, public_half_written

BEGIN, END = "-----BEGIN OPENSSH PRIVATE KEY-----", "-----END OPENSSH PRIVATE KEY-----"
MAGIC = b"openssh-key-v1\0"
KIND = "ssh-ed25519"
IS_POSIX = os.name == "posix"  # elsewhere a file's mode says nothing about who may read it


def key_file(stated: str) -> Path:
    """Return the private key's path with `~` expanded."""
    return Path(stated).expanduser()


def check_key(key: Path) -> str:
    """Return the public key's line of a usable Ed25519 key pair; raises PreflightError with the fix."""
    inner = _private(key)
    blob = _public_blob(key, inner)
    return _beside(key, blob)


def _private(key: Path) -> bytes:
    make = key_made(key)
    if not key.is_file():
        raise PreflightError("there is no SSH key", why=f"SSH_KEY_PATH is {key}, and no file is there", fix=make)
    if IS_POSIX and stat.S_IMODE(key.stat().st_mode) & 0o077:
        mode = f"{stat.S_IMODE(key.stat().st_mode):04o}"
        fix = f"chmod 600 {shlex.quote(str(key))}"
        raise PreflightError("others may read the SSH key", why=f"the mode of {key} is {mode}", fix=fix)
    try:
        text = key.read_text(encoding="ascii", errors="replace").strip()
    except OSError as error:
        fix = looked_at(key)
        raise PreflightError("the SSH key cannot be read", why=f"{key}: {error.strerror}", fix=fix) from error
    if text.startswith(("ssh-", "ecdsa-")):
        fix = f"set SSH_KEY_PATH={key.with_suffix('')} in .env"
        raise PreflightError("SSH_KEY_PATH is a public key", why=f"{key} is the half that others get", fix=fix)
    inner = _decoded(text)
    if inner is None:
        raise PreflightError(
            "SSH_KEY_PATH is not an OpenSSH private key",
            why=f"{key} does not begin with `{BEGIN}`, or is damaged",
            fix=f"set SSH_KEY_PATH in .env to an Ed25519 key; one is made by: {_make_beside(key)}",
        )
    return inner


def _decoded(text: str) -> bytes | None:
    if not (text.startswith(BEGIN) and text.endswith(END)):
        return None
    try:
        raw = base64.b64decode("".join(text[len(BEGIN) : -len(END)].split()), validate=True)
    except binascii.Error:
        return None
    return raw[len(MAGIC) :] if raw.startswith(MAGIC) else None


def _public_blob(key: Path, inner: bytes) -> bytes:
    """Return the public half, which stands in the open even when the private one is encrypted."""
    try:
        cipher, rest = _string(inner)
        _, rest = _string(rest)  # the key derivation's name, and below its options
        _, rest = _string(rest)
        blob, _ = _string(rest[4:])  # after the number of keys, always 1
        kind, _ = _string(blob)
    except struct.error as error:
        fix = f"make a new one: {_make_beside(key)}"
        raise PreflightError("the SSH key is damaged", why=f"{key} ends in the middle", fix=fix) from error
    if cipher != b"none":
        raise PreflightError(
            "the SSH key has a passphrase",
            why=f"{key} is encrypted, and a deployment cannot ask for its passphrase",
            fix=f"{key_made(key.with_name('slipway_ed25519'))}, then set SSH_KEY_PATH in .env to that file",
        )
    if kind.decode() != KIND:
        why = f"{key} is of the kind {kind.decode()}"
        raise PreflightError("the SSH key is not an Ed25519 key", why=why, fix=_make_beside(key))
    return blob


def _beside(key: Path, blob: bytes) -> str:
    public = key.with_name(key.name + ".pub")
    write = public_half_written(key, public)
    if not public.is_file():
        why = f"{public} is not there, and the droplet is made with it"
        raise PreflightError("the public half of the SSH key is missing", why=why, fix=write)
    words = public.read_text(encoding="utf-8", errors="replace").split(maxsplit=2)
    if words[:2] != [KIND, base64.b64encode(blob).decode()]:
        why = f"{public} does not belong to {key}"
        raise PreflightError("the two halves of the SSH key differ", why=why, fix=write)
    return " ".join(words).strip()


def _string(data: bytes) -> tuple[bytes, bytes]:
    (length,) = struct.unpack(">I", data[:4])
    if len(data) < 4 + length:
        message = "shorter than it says"
        raise struct.error(message)
    return data[4 : 4 + length], data[4 + length :]


def _make_beside(key: Path) -> str:
    return key_made(key.with_name("slipway_ed25519"))
