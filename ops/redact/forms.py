"""The ways in which a secret can be written, each as a pattern that finds it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote, unquote

LEAST_LENGTH = 8  # a shorter value could not be told from ordinary text
OPAQUE = "latin-1"  # any byte is one character and back: patterns are ASCII
_SOUNDS_SECRET = re.compile(
    r"PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIAL|PRIVATE|(_|^)KEY$|(API|ACCESS)_?KEY", re.IGNORECASE
)
_CUTS = re.compile(r"[@/?#:;,&\s]+")  # where readers of URLs, and of lists of them, cut
_WORD = re.compile(r"[A-Z]?(?:[a-z]+|[A-Z]+|[a-z-]+)|[0-9]+")
_LEAST_MIXED, _LEAST_WORD = 6, 16  # characters of a part: with capitals, small letters and digits; of a word
_BYTES_IN_GROUP, _BITS_IN_CHARACTER, _BITS_IN_BYTE = 3, 6, 8
# The longest spelling of one character: four octets, each percent-encoded four times. Of one of base64, on average:
# at most every fourth is a slash in text, which may be escaped eight times.
_LONGEST_CHARACTER, _LONGEST_OF_BASE64 = 36, 5
_ALPHANUMERIC = re.compile(r"[A-Za-z0-9]+")


@dataclass(frozen=True, kw_only=True, eq=False)
class Form:
    """One way to write one secret: the setting, the encoding's name, a pattern, and the longest text it matches.

    `literal` is a part that stands in every text that matches: where it is missing, the pattern need not be tried.
    """

    key: str
    encoding: str
    pattern: str
    longest: int
    literal: str

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The pattern, made when it is needed first."""
        return re.compile(self.pattern)


def forms_of(key: str, secret: str) -> Iterator[Form]:
    """Yield every form of a secret.

    The text form covers plain, percent-encoded, JSON-, shell-, HTML- and repr-escaped text, also mixed and nested:
    letters and digits stand for themselves there, any other character in any of its escapes.
    """
    longest = len(secret) * _LONGEST_CHARACTER
    yield Form(key=key, encoding="text", pattern=_text(secret), longest=longest, literal=_literal(secret))
    octets = secret.encode()
    digits = octets.hex()
    yield Form(key=key, encoding="hex", pattern=f"(?i:{digits})", longest=2 * len(octets), literal=digits)
    spelled = "".join(rf"(?:%|\\{{1,8}}x)(?i:{octet:02x})" for octet in octets)
    yield Form(key=key, encoding="url", pattern=spelled, longest=len(octets) * 11, literal="")
    for text in dict.fromkeys((secret, quote(secret, safe=""), json.dumps(secret)[1:-1])):
        for before in range(_BYTES_IN_GROUP):
            core = _base64_core(text.encode(), before=before)
            pattern, literal, longest = _base64(core), _literal(core), len(core) * _LONGEST_OF_BASE64
            yield Form(key=key, encoding="base64", pattern=pattern, longest=longest, literal=literal)


def sounds_secret(key: str) -> bool:
    """Tell whether a key that is not in the settings' table has to be taken for that of a secret."""
    return _SOUNDS_SECRET.search(key) is not None


def parts_of(secret: str) -> set[str]:
    """Return what to look for: the secret, its lines (logs pass by line), and all of it as opaque bytes look.

    Also what a reader of URLs would cut it into, decoded or not: one of them may say its part in an error.
    """
    lines = {line.strip() for line in secret.splitlines()}
    pieces = {piece for text in (secret, unquote(secret)) for piece in _CUTS.split(text) if _is_telling(piece)}
    texts = {secret} | {line for line in (*lines, unquote(secret)) if len(line) >= LEAST_LENGTH} | pieces
    return texts | {text.encode("utf-8", "surrogatepass").decode(OPAQUE) for text in texts}


def _is_telling(piece: str) -> bool:
    """Tell whether a part of a secret is one by itself: long enough, and no word that stands in ordinary text."""
    kinds = (str.islower, str.isupper, str.isdigit)
    mixed = sum(any(map(kind, piece)) for kind in kinds)
    least = _LEAST_MIXED if mixed == len(kinds) else LEAST_LENGTH if not _WORD.fullmatch(piece) else _LEAST_WORD
    return len(piece) >= least


def _literal(text: str) -> str:
    """Return the longest run of letters and digits: no encoding in use changes those."""
    return max(_ALPHANUMERIC.findall(text), key=len, default="")


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
    # a text is folded at its blanks
    plain = r"\\{1,16}" if character == "\\" else r"\s+" if character == " " else rf"\\{{0,8}}{re.escape(character)}"
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
