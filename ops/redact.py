"""Keeps secrets out of everything that is written or shown.

A secret can turn up in many forms (plain, escaped, percent-encoded, base64, hex), and any of them can be broken over
lines. `Redactor` knows all forms of all secrets, and looks for them in a text as it is, and once more in the text with
its line breaks taken out. Standard library only: the engine on the host uses it too.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import quote

LEAST_LENGTH = 8  # a shorter value could not be told from ordinary text
_SOUNDS_SECRET = re.compile(
    r"PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIAL|PRIVATE|(_|^)KEY$|(API|ACCESS)_?KEY", re.IGNORECASE
)
_HOLD_CHARACTERS = 65536
_OPAQUE = "latin-1"  # any byte is one character and back: patterns are ASCII
_BYTES_IN_GROUP, _BITS_IN_CHARACTER, _BITS_IN_BYTE = 3, 6, 8

# What may stand in the middle of a form where a line was broken: real, escaped and encoded line ends with the
# indentation after them, and the zero bytes between the letters of UTF-16; or the end of a line that a shell continues.
_REAL = r"[\r\n]+[ \t]*|\0+"
_ESCAPED = r"(?:\\{1,8}r)?\\{1,8}n[ \t]*|(?:%0[Dd])?%0[Aa]"
_CONTINUED = r"\\{1,2}\r?\n[ \t]*"
# What is looked for, and what is taken out; each kind by itself: an escaped line end may be a part of the secret.
_BREAKS = tuple(
    (re.compile(kind), re.compile(out))
    for kind, out in ((_REAL, _REAL), (_ESCAPED, f"{_REAL}|{_ESCAPED}"), (_CONTINUED, _CONTINUED))
)
# A line that may go on in the next one: it ends with a long run of what encodings are made of, as wrapped ones do.
_UNFINISHED = re.compile(r"[A-Za-z0-9+/_%=\\-]{48}\\?\r?\n\Z")
_SPELLED_OUT = re.compile(r"(?:(?:%|\\{1,8}x)[0-9A-Fa-f]{2}){6}")  # six characters in a row, each by its code
_ALPHANUMERIC = re.compile(r"[A-Za-z0-9]+")

Span = tuple[int, int, "Form"]
Value = TypeVar("Value")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A secret in a file, or in its name: which setting's, in which encoding; never the secret itself."""

    file: str
    key: str
    encoding: str


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


class Redactor:
    """Replace every form of every secret by `[redacted:KEY]`. Built once a run; safe to share between threads.

    Several secrets may have one key. Raises ValueError for one that is shorter than `least_length`.
    """

    def __init__(
        self, secrets: Mapping[str, str] | Iterable[tuple[str, str]], *, least_length: int = LEAST_LENGTH
    ) -> None:
        pairs = list(secrets.items() if isinstance(secrets, Mapping) else secrets)
        short = [key for key, secret in pairs if len(secret) < least_length]
        if short:
            raise ValueError(f"too short to be redacted: {', '.join(short)}")
        forms = [form for key, secret in pairs for part in _parts(secret) for form in forms_of(key, part)]
        self._forms = sorted(forms, key=lambda form: -form.longest)  # a secret that begins with another one wins
        self._patterns: dict[tuple[int, ...], re.Pattern[str]] = {}
        self._clean: set[tuple[Path, int, int, int]] = set()
        self._longest = max((form.longest for form in forms), default=0)

    def __repr__(self) -> str:
        return f"Redactor({', '.join(sorted({form.key for form in self._forms}))})"

    def text(self, text: str) -> str:
        """Return the text without secrets."""
        shown, at = [], 0
        for start, end, form in self._spans(text):
            shown += [text[at:start], f"[redacted:{form.key}]"]
            at = end
        return "".join((*shown, text[at:])) if shown else text

    def bytes(self, content: bytes) -> bytes:
        """Return the bytes without secrets, all others as they were."""
        return self.text(content.decode(_OPAQUE)).encode(_OPAQUE)

    def value(self, value: Value) -> Value:
        """Return a value of the same shape, with every string in it without secrets.

        Looks into dataclasses, mappings (keys too), lists, tuples and sets.
        """
        return cast("Value", self._value(value))

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self._value(key): self._value(item) for key, item in value.items()}
        if isinstance(value, list | set | frozenset) or type(value) is tuple:
            return type(value)(self._value(item) for item in value)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            fields = [field.name for field in dataclasses.fields(value) if field.init]
            return dataclasses.replace(value, **{name: self._value(getattr(value, name)) for name in fields})
        return value

    def stream(self, chunks: Iterable[str]) -> Iterator[str]:
        """Yield chunks of text without secrets, also those that a cut between two chunks goes through.

        Whole lines are passed on at once. Held back, up to 64 KiB, are a line without an end, and lines that look as
        if an encoded text was broken there: the next one may bring the rest of a secret.
        """
        held = ""
        for chunk in chunks:
            held += chunk
            cut = _end_of_finished_lines(held)
            if not cut and len(held) > _HOLD_CHARACTERS + self._longest:
                cut = self._cut(held)
            if cut:
                yield self.text(held[:cut])
                held = held[cut:]
        if held:
            yield self.text(held)

    def findings(self, text: str, *, file: str) -> Iterator[Finding]:
        """Yield what a text holds that it must not hold, each setting and encoding once."""
        forms = {(form.key, form.encoding) for _, _, form in self._spans(text)}
        for key, encoding in sorted(forms):
            yield Finding(file=file, key=key, encoding=encoding)

    def scan(self, folder: Path) -> list[Finding]:
        """Return every secret in the files below a folder and in their names; raises OSError when one is unreadable.

        A file that was found clean before, and was not written since, is not read again. What is compressed is not
        looked into.
        """
        found: list[Finding] = []
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            found += self.findings(name, file=self.text(name))
            if not path.is_file() or (state := _state(path)) in self._clean:
                continue
            inside = list(self.findings(path.read_text(_OPAQUE), file=self.text(name)))
            found += inside
            self._clean |= set() if inside else {state}
        return found

    def _spans(self, text: str) -> list[Span]:
        """Return where the secrets are, in order and apart from each other."""
        found = self._matches(text)
        for kind, out in _BREAKS:
            if not kind.search(text):
                continue
            joined = _Joined(text, out)
            found += [
                (*place, form) for start, end, form in self._matches(joined.text) if (place := joined.back(start, end))
            ]
        return _apart(found)

    def _matches(self, text: str) -> list[Span]:
        present = tuple(self._worth_looking_for(text))
        if not present:
            return []
        if present not in self._patterns:
            self._patterns[present] = re.compile("|".join(self._forms[number].pattern for number in present))
        forms = [self._forms[number] for number in present]
        return [
            (*match.span(), next(form for form in forms if form.compiled.fullmatch(match.group())))
            for match in self._patterns[present].finditer(text)
        ]

    def _worth_looking_for(self, text: str) -> Iterator[int]:
        """Yield the numbers of the forms that may be in a text: quick, so that ordinary text costs little."""
        is_spelled_out = _SPELLED_OUT.search(text) is not None
        lowered = text.lower()
        for number, form in enumerate(self._forms):
            if (
                is_spelled_out
                if form.encoding == "url"
                else form.literal in (lowered if form.encoding == "hex" else text)
            ):
                yield number

    def _cut(self, held: str) -> int:
        """Return where a long line can be cut: not within a secret, and leaving room for one that has just begun."""
        cut = len(held) - self._longest
        return next((end for start, end, _ in self._spans(held) if start < cut < end), cut)


class _Joined:
    """A text with its line breaks taken out, which knows where each part of it was."""

    def __init__(self, text: str, broken: re.Pattern[str]) -> None:
        parts: list[str] = []
        self._starts, self._origins = [0], [0]  # of each part: in the joined text, and in the text
        for cut in broken.finditer(text):
            parts.append(text[self._origins[-1] : cut.start()].rstrip(" \t"))
            self._starts.append(self._starts[-1] + len(parts[-1]))
            self._origins.append(cut.end())
        self.text = "".join((*parts, text[self._origins[-1] :]))

    def back(self, start: int, end: int) -> tuple[int, int] | None:
        """Return the place in the text, None when no line was broken there: then it is found without all this."""
        first, last = bisect_right(self._starts, start) - 1, bisect_right(self._starts, end - 1) - 1
        if first == last:
            return None
        return self._origins[first] + start - self._starts[first], self._origins[last] + end - self._starts[last]


def forms_of(key: str, secret: str) -> Iterator[Form]:
    """Yield every form of a secret.

    The text form covers plain, percent-encoded, JSON-, shell-, HTML- and repr-escaped text, also mixed and nested:
    letters and digits stand for themselves there, any other character in any of its escapes.
    """
    yield Form(key=key, encoding="text", pattern=_text(secret), longest=len(secret) * 24, literal=_literal(secret))
    octets = secret.encode()
    digits = octets.hex()
    yield Form(key=key, encoding="hex", pattern=f"(?i:{digits})", longest=2 * len(octets), literal=digits)
    spelled = "".join(rf"(?:%|\\{{1,8}}x)(?i:{octet:02x})" for octet in octets)
    yield Form(key=key, encoding="url", pattern=spelled, longest=len(octets) * 11, literal="")
    for text in dict.fromkeys((secret, quote(secret, safe=""), json.dumps(secret)[1:-1])):
        for before in range(_BYTES_IN_GROUP):
            core = _base64_core(text.encode(), before=before)
            pattern, literal = _base64(core), _literal(core)
            yield Form(key=key, encoding="base64", pattern=pattern, longest=len(core) * 5, literal=literal)


def sounds_secret(key: str) -> bool:
    """Tell whether a key that is not in the settings' table has to be taken for that of a secret."""
    return _SOUNDS_SECRET.search(key) is not None


def last_lines(text: str, count: int) -> str:
    """Return the last lines of a text that is not redacted yet.

    There are more than `count` where an encoded text looks broken before the first one: its rest would not be known.
    """
    lines = text.strip().splitlines(keepends=True)
    first = max(len(lines) - count, 0)
    while first and _UNFINISHED.search(lines[first - 1]):
        first -= 1
    return "".join(lines[first:])


def first_words(text: str, most: int) -> str:
    """Return the beginning of a text that is not redacted yet, at most so many characters, and no part of a word."""
    return text if len(text) <= most else f"{text[:most].rpartition(' ')[0]} ...".lstrip()


def _parts(secret: str) -> set[str]:
    """Return what to look for: the secret, its lines (logs pass by line), and all of it as opaque bytes look."""
    lines = {line.strip() for line in secret.splitlines()}
    texts = {secret} | {line for line in lines if len(line) >= LEAST_LENGTH}
    return texts | {text.encode().decode(_OPAQUE) for text in texts}


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


def _apart(spans: Iterable[Span]) -> list[Span]:
    """Put spans in order, and those that overlap together under the name of the first."""
    apart: list[Span] = []
    for start, end, form in sorted(spans, key=lambda span: (span[0], -span[1])):
        if apart and start < apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]), apart[-1][2])
        else:
            apart.append((start, end, form))
    return apart


def _end_of_finished_lines(held: str) -> int:
    """Return where the last line ends after which nothing of it can follow; 0 when all may still go on."""
    if len(held) > _HOLD_CHARACTERS:
        return held.rfind("\n") + 1
    cut = held.rfind("\n") + 1
    while cut and _UNFINISHED.search(held, held.rfind("\n", 0, cut - 1) + 1, cut):
        cut = held.rfind("\n", 0, cut - 1) + 1
    return cut


def _state(path: Path) -> tuple[Path, int, int, int]:
    """Return what differs as soon as a file was written again."""
    seen = path.stat()
    return path, seen.st_ino, seen.st_size, seen.st_mtime_ns
