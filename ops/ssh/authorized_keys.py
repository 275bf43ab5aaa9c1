"""The lines of an `authorized_keys` file, read as sshd reads them: options, quotes, comments, any end of line."""

from __future__ import annotations

import base64
import binascii
import re
import struct
from dataclasses import dataclass

BLANKS = " \t"
_OPTION = re.compile(r'((?:[^,"]|"(?:\\"|[^"])*")+)(?:,|$)')  # a comma within quotes divides nothing


@dataclass(frozen=True, kw_only=True)
class AuthorizedKey:
    """A line that lets somebody in: `ssh-ed25519`, the key itself, and what limits it."""

    kind: str
    blob: str
    options: tuple[str, ...] = ()
    comment: str = ""

    @property
    def is_authority(self) -> bool:
        """Tell whether it signs certificates, instead of being a key to log in with."""
        return any(option.lower() == "cert-authority" for option in self.options)


def keys_in(text: str) -> tuple[AuthorizedKey, ...]:
    """Return the keys of a file; comments, blank lines and what sshd cannot read are no keys."""
    return tuple(key for line in text.split("\n") if (key := _key_of(line)) is not None)


def same_key(text: str, public_key: str) -> AuthorizedKey | None:
    """Return the first line of a file that holds this public key, whatever its options and its comment."""
    kind, blob = public_key.split()[:2]
    found = (key for key in keys_in(text) if not key.is_authority)
    return next((key for key in found if (key.kind, key.blob) == (kind, blob)), None)


def text_to_append(text: str, public_key: str) -> str:
    """Return what has to be added to a file so that it holds this public key; empty when it does.

    A last line without an end gets one first: else the key would be the tail of another one's comment.
    """
    if same_key(text, public_key):
        return ""
    return ("" if not text or text.endswith("\n") else "\n") + public_key.strip() + "\n"


def _key_of(line: str) -> AuthorizedKey | None:
    rest = line.strip(BLANKS + "\r")
    if not rest or rest.startswith("#"):
        return None
    plain = _plain_key(rest)
    if plain is not None:
        return plain
    length = _options_length(rest)
    options = tuple(found.group(1).strip() for found in _OPTION.finditer(rest[:length]))
    return _plain_key(rest[length:].lstrip(BLANKS), options)


def _plain_key(text: str, options: tuple[str, ...] = ()) -> AuthorizedKey | None:
    """Return the key that a text begins with; its kind has to be the one that the key itself names."""
    kind, blob, *comment = [*text.split(None, 2), "", ""][:3]
    try:
        raw = base64.b64decode(blob, validate=True)
        (length,) = struct.unpack(">I", raw[:4])
    except (binascii.Error, struct.error, ValueError):
        return None
    if not kind or raw[4 : 4 + length] != kind.encode(errors="replace"):
        return None
    return AuthorizedKey(kind=kind, blob=blob, options=options, comment="".join(comment))


def _options_length(text: str) -> int:
    """Return where the options end: at the first blank that is in no quotes."""
    quoted, at = False, 0
    while at < len(text) and (quoted or text[at] not in BLANKS):
        if text.startswith('\\"', at):
            at += 1
        elif text[at] == '"':
            quoted = not quoted
        at += 1
    return at
