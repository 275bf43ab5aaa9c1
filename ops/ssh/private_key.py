"""The operator's key: which public key it is, and whether its private half lies in a file that can be used.

Looked at before any connection: a key that cannot work would only be "denied" later. Nothing of a private key is kept.
"""

from __future__ import annotations

import base64
import binascii
import os
import shlex
import stat
import struct
from dataclasses import dataclass
from pathlib import Path

from ops.errors import PreflightError
from ops.shell_words import key_made, looked_at, public_half_written, quoted

BEGIN, END = "-----BEGIN OPENSSH PRIVATE KEY-----", "-----END OPENSSH PRIVATE KEY-----"
PKCS8 = ("-----BEGIN PRIVATE KEY-----", "-----BEGIN ENCRYPTED PRIVATE KEY-----")
MAGIC = b"openssh-key-v1\0"
PUBLIC = ".pub"
# What sshd takes today, without DSA. Those on hardware sign through an agent alone.
IN_FILES = ("ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521")
ON_HARDWARE = ("sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com")
KINDS = (*IN_FILES, *ON_HARDWARE)
IS_POSIX = os.name == "posix"  # elsewhere a file's mode says nothing about who may read it


@dataclass(frozen=True, kw_only=True)
class KeyPair:
    """A public key, and where its private half may be: `file` is None when only an agent can have it.

    `line` is the public key's, as `authorized_keys` has it; `is_encrypted`: the file wants a passphrase.
    """

    line: str
    file: Path | None = None
    is_encrypted: bool = False

    @property
    def blob(self) -> bytes:
        """Return the public key itself."""
        return base64.b64decode(self.line.split()[1])

    @property
    def kind(self) -> str:
        """Return its type, such as ssh-ed25519."""
        return self.line.split()[0]


def key_file(stated: str) -> Path:
    """Return the key's path with `~` expanded."""
    return Path(stated).expanduser()


def check_key(key: Path) -> str:
    """Return the public key's line of a usable key; raises PreflightError with the fix."""
    return key_pair(key).line


def key_pair(key: Path) -> KeyPair:
    """Return the key that SSH_KEY_PATH names: a private key's file, or a public one whose private half an agent has.

    Raises PreflightError with the fix.
    """
    if key.suffix == PUBLIC:
        return KeyPair(line=_public_line(key))
    beside = key.with_name(key.name + PUBLIC)
    if not key.is_file() and beside.is_file():
        return KeyPair(line=_public_line(beside))
    text = _private_text(key)
    if text.startswith(("ssh-", "ecdsa-", "sk-")):
        return KeyPair(line=_public_line(key))
    if not text.startswith(BEGIN):
        return _of_pem(key, text, beside)
    inner = _decoded(text)
    if inner is None:
        raise _not_a_key(key)
    cipher, blob = _public_blob(key, inner)
    kind = _kind(blob)
    if kind not in KINDS:
        why = f"{key} is of the kind {kind}; {', '.join(KINDS)} are taken"
        raise PreflightError("this kind of SSH key is not taken", why=why, fix=_make_beside(key))
    line = _beside(key, kind, blob)
    is_here = kind in IN_FILES  # else the file only names a key on hardware
    return KeyPair(line=line, file=key if is_here else None, is_encrypted=cipher != b"none")


def _of_pem(key: Path, text: str, beside: Path) -> KeyPair:
    """Return a key in an older format, whose public half stands in the other file alone."""
    if not text.startswith("-----BEGIN ") or "PRIVATE KEY-----" not in text.partition("\n")[0]:
        raise _not_a_key(key)
    if text.startswith(PKCS8):
        why, fix = f"{key} is in the format PKCS#8, which is not read", f"ssh-keygen -p -f {quoted(key)}"
        raise PreflightError("the SSH key is in another format", why=why, fix=fix)
    if not beside.is_file():
        raise _no_public_half(key, beside)
    return KeyPair(line=_public_line(beside), file=key, is_encrypted="ENCRYPTED" in text[:200])


def _public_line(public: Path) -> str:
    """Return the line of a public key's file."""
    try:
        words = public.read_text(encoding="utf-8", errors="replace").split(maxsplit=2)
    except OSError as error:
        why, fix = f"SSH_KEY_PATH is {public}: {error.strerror}", key_made(public.with_suffix(""))
        raise PreflightError("there is no SSH key", why=why, fix=fix) from error
    try:
        is_key = words[0] in KINDS and _kind(base64.b64decode(words[1], validate=True)) == words[0]
    except (IndexError, binascii.Error, struct.error):
        is_key = False
    if not is_key:
        why = f"{public} is not one line of a kind that is taken: {', '.join(KINDS)}"
        raise PreflightError("this is no public SSH key", why=why, fix="set SSH_KEY_PATH in .env")
    return " ".join(words).strip()


def _private_text(key: Path) -> str:
    make = key_made(key)
    if not key.is_file():
        raise PreflightError("there is no SSH key", why=f"SSH_KEY_PATH is {key}, and no file is there", fix=make)
    try:
        text = key.read_text(encoding="ascii", errors="replace").strip()
    except OSError as error:
        fix = looked_at(key)
        raise PreflightError("the SSH key cannot be read", why=f"{key}: {error.strerror}", fix=fix) from error
    is_public = text.startswith(("ssh-", "ecdsa-", "sk-"))
    if IS_POSIX and not is_public and stat.S_IMODE(key.stat().st_mode) & 0o077:
        mode = f"{stat.S_IMODE(key.stat().st_mode):04o}"
        fix = f"chmod 600 {shlex.quote(str(key))}"
        raise PreflightError("others may read the SSH key", why=f"the mode of {key} is {mode}", fix=fix)
    return text


def _not_a_key(key: Path) -> PreflightError:
    return PreflightError(
        "SSH_KEY_PATH is not a private SSH key",
        why=f"{key} does not begin with `{BEGIN}`, or is damaged",
        fix=f"set SSH_KEY_PATH in .env to a key; one is made by: {_make_beside(key)}",
    )


def _decoded(text: str) -> bytes | None:
    if not (text.startswith(BEGIN) and text.endswith(END)):
        return None
    try:
        raw = base64.b64decode("".join(text[len(BEGIN) : -len(END)].split()), validate=True)
    except binascii.Error:
        return None
    return raw[len(MAGIC) :] if raw.startswith(MAGIC) else None


def _public_blob(key: Path, inner: bytes) -> tuple[bytes, bytes]:
    """Return the cipher and the public half, which stands in the open even when the private one is encrypted."""
    try:
        cipher, rest = _string(inner)
        _, rest = _string(rest)  # the key derivation's name, and below its options
        _, rest = _string(rest)
        blob, _ = _string(rest[4:])  # after the number of keys, always 1
        _kind(blob)
    except struct.error as error:
        fix = f"make a new one: {_make_beside(key)}"
        raise PreflightError("the SSH key is damaged", why=f"{key} ends in the middle", fix=fix) from error
    return cipher, blob


def _beside(key: Path, kind: str, blob: bytes) -> str:
    public = key.with_name(key.name + PUBLIC)
    if not public.is_file():
        raise _no_public_half(key, public)
    words = public.read_text(encoding="utf-8", errors="replace").split(maxsplit=2)
    if words[:2] != [kind, base64.b64encode(blob).decode()]:
        why, write = f"{public} does not belong to {key}", public_half_written(key, public)
        raise PreflightError("the two halves of the SSH key differ", why=why, fix=write)
    return " ".join(words).strip()


def _no_public_half(key: Path, public: Path) -> PreflightError:
    why = f"{public} is not there, and the droplet is made with it"
    write = public_half_written(key, public)
    return PreflightError("the public half of the SSH key is missing", why=f"{why} ({key} is)", fix=write)


def _kind(blob: bytes) -> str:
    return _string(blob)[0].decode(errors="replace")


def _string(data: bytes) -> tuple[bytes, bytes]:
    (length,) = struct.unpack(">I", data[:4])
    if len(data) < 4 + length:
        message = "shorter than it says"
        raise struct.error(message)
    return data[4 : 4 + length], data[4 + length :]


def _make_beside(key: Path) -> str:
    return key_made(key.with_name("slipway_ed25519"))
