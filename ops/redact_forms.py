"""In which forms can a secret turn up in a text? Pure: each form is a regular expression."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

_BYTES_IN_GROUP, _BITS_IN_CHARACTER, _BITS_IN_BYTE = 3, 6, 8


@dataclass(frozen=True, kw_only=True)
class Form:
    """One way to write one secret: the setting, the encoding's name, a pattern, and the longest text it matches."""

    key: str
    encoding: str
    pattern: str
    longest: int


def forms_of(key: str, secret: str) -> Iterator[Form]:
    """Yield every form of a secret.

    The text form covers plain, percent-encoded, JSON-, shell-, HTML- and repr-escaped text, also mixed and nested:
    letters and digits stand for themselves there, any other character in any of its escapes.
    """
    yield Form(key=key, encoding="text", pattern=_text(secret), longest=len(secret) * 24)
    octets = secret.encode()
    yield Form(key=key, encoding="hex", pattern=f"(?i:{octets.hex()})", longest=2 * len(octets))
    spelled = "".join(rf"(?:%|\\{{1,8}}x)(?i:{octet:02x})" for octet in octets)
    yield Form(key=key, encoding="url", pattern=spelled, longest=len(octets) * 11)
    for text in dict.fromkeys((secret, quote(secret, safe=""), json.dumps(secret)[1:-1])):
        for before in range(_BYTES_IN_GROUP):
            core = _base64_core(text.encode(), before=before)
            yield Form(key=key, encoding="base64", pattern=_base64(core), longest=len(core) * 5)


def _text(secret: str) -> str:
    return "".join(
        character if character.isascii() and character.isalnum() else _escaped(character) for character in secret
    )


def _escaped(character: str) -> str:
    """Match one character that is no letter or digit, in every escape in use."""
    code = ord(character)
    octets = "".join(rf"%(?:25){{0,3}}(?i:{octet:02x})" for octet in character.encode())
    named = {"&": "amp;", "<": "lt;", ">": "gt;", '"': "quot;", "'": "apos;"}.get(character, "")
    html = rf"&(?:amp;){{0,3}}(?:\#0{{0,4}}{code};|\#(?i:x0{{0,4}}{code:x});{f'|{named}' if named else ''})"
    escape = rf"\\{{1,8}}(?:u(?i:{code:04x})|x(?i:{code:02x}))"
    # the shell leaves its quotes to write one: 'it'"'"'s' or 'it'\''s'
    shell = r"""|'"'"'|'\\{1,8}''""" if character == "'" else ""
    plain = r"\\{1,16}" if character == "\\" else rf"\\{{0,8}}{re.escape(character)}"
    return f"(?:{html}|{octets}|{escape}{shell}|{plain})"


def _base64_core(octets: bytes, *, before: int) -> str:
    """Return the characters that these bytes alone decide when `before` other bytes stand ahead in their group."""
    text = base64.b64encode(b"\0" * before + octets).decode()
    first = -(-before * _BITS_IN_BYTE // _BITS_IN_CHARACTER)
    after = (before + len(octets)) * _BITS_IN_BYTE // _BITS_IN_CHARACTER
    return text[first:after]


def _base64(core: str) -> str:
    other = {"+": r"(?:[+-]|%2[Bb])", "/": r"(?:\\{0,8}/|_|%2[Ff])"}
    return "".join(other.get(character, character) for character in core)
