"""The values that are secret by what stands beside them: a name, a header, the user of a URL."""

from __future__ import annotations

import re
from collections.abc import Iterator

Place = tuple[int, int, str]

_NAME = (
    r"passw(?:or)?d|pwd|passphrase|secret|token|credentials?"
    r"|(?:api|access|account|auth|client|encryption|license|master|private|service|shared|signing)[_-]?key"
)
# of a name its end, for the value the run of characters that tokens are made of; quotes may be escaped
_NAMED = re.compile(
    rf"""(?P<name>(?:{_NAME})[\w.-]{{0,30}})["'\\]{{0,4}}[ \t]{{0,3}}(?:=>|:=|=|:)[ \t]{{0,3}}["'`\\]{{0,4}}"""
    r"(?P<secret>[\w~+/=.%!$*^-]{8,})",
    re.IGNORECASE,
)
_NAMES = ("passw", "passphrase", "secret", "token", "credential", "key", "pwd")
_HEADER = re.compile(
    r"""(?:authorization["'\\]{0,3}[ \t]{0,3}[:=][ \t]{0,3}["'\\]{0,3}(?:basic|bearer|token|digest)?|\bbearer)"""
    r"[ \t]{1,3}(?P<secret>[\w~+/=.-]{8,})",
    re.IGNORECASE,
)
_HEADERS = ("authorization", "bearer")
_IN_URL = re.compile(r"://[^\s/?#@:\"'<>]{0,128}:(?P<secret>[^\s/?#\"'<>\[\]{}$*]{3,512})@(?!sha\d)")
_IN_XML = re.compile(r'password"[ \t]{1,9}value="(?P<secret>[^"\[]{8,256})"', re.IGNORECASE)
_OF_CURL = re.compile(
    r"""\bcurl\b[^\n]{0,400}?[ \t](?:-u|--user)[ =]{0,3}["']?[^\s:"'@/]{1,64}:(?P<secret>[^\s"'\[]{3,256})"""
)
_SESSION = re.compile(r"session(?:_?id)?=(?P<secret>[\w.%-]{20,})", re.IGNORECASE)
_STAND_IN = re.compile(r"(?i:password|passwd|pass|secret|pw|x+|\.+)|[A-Z_]+")
_WORDS = re.compile(r"(?:[a-z]+|\d{1,8})(?:[._/-](?:[a-z]+|\d{1,8}))*", re.IGNORECASE)
_ORDINARY = re.compile(r"(?:sha(?:1|256|384|512)[:-]|[./~$%*]|\d+(?:\.\d+)+|\d{4}-\d\d-\d\d)|https?:", re.IGNORECASE)
_LEAST_DIFFERENT, _LEAST_LENGTH = 5, 12
_PASSWORD = re.compile(r"passw|pwd|passphrase", re.IGNORECASE)


def named_in(text: str, lowered: str) -> Iterator[Place]:
    """Yield where values stand that are secret by what is beside them; `lowered` is the text in lower case."""
    if any(name in lowered for name in _NAMES):
        yield from (_place(found, "named secret") for found in _NAMED.finditer(text) if _is_secret(found))
        yield from (_place(found, "named secret") for found in _IN_XML.finditer(text))
    if any(header in lowered for header in _HEADERS):
        yield from (_place(found, "authorization") for found in _HEADER.finditer(text) if _is_random(found["secret"]))
    if "://" in text:
        yield from (_place(found, "password in a URL") for found in _IN_URL.finditer(text) if _is_own(found["secret"]))
    if "curl" in text:
        yield from (_place(found, "password of curl") for found in _OF_CURL.finditer(text) if _is_own(found["secret"]))
    if "session" in lowered:
        yield from (_place(found, "session") for found in _SESSION.finditer(text) if _is_random(found["secret"]))


def _place(found: re.Match[str], name: str) -> Place:
    return (*found.span("secret"), name)


def _is_secret(found: re.Match[str]) -> bool:
    """Tell whether a value is what its name says; a short one only if it is called a password."""
    is_long = len(found["secret"]) >= _LEAST_LENGTH or _PASSWORD.match(found["name"]) is not None
    is_called = found.string.startswith("(", found.end())  # a function in a traceback
    return is_long and not is_called and _is_random(found["secret"])


def _is_own(value: str) -> bool:
    """Tell whether it is somebody's password, not the word that stands for one in an example."""
    return _STAND_IN.fullmatch(value) is None


def _is_random(value: str) -> bool:
    """Tell whether it looks made by chance: no words, no version, no path, no digest that says which it is."""
    return (
        any(character.isdigit() for character in value)
        and any(character.isalpha() for character in value)
        and len(set(value)) >= _LEAST_DIFFERENT
        and _ORDINARY.match(value) is None
        and _WORDS.fullmatch(value) is None
    )
