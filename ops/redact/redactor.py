"""Keeps secrets out of everything that is written or shown.

A secret can turn up in many forms (plain, escaped, percent-encoded, base64, hex), and any of them can be broken over
lines. `Redactor` knows all forms of all secrets, and looks for them in a text as it is, and once more in the text with
its line breaks taken out. What no setting holds is known by its shape or by its name (`ops/redact/tokens.py`).
"""

from __future__ import annotations

import copy
import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

from ops.redact.broken import BREAKS, HOLD_CHARACTERS, Joined, end_of_finished_lines
from ops.redact.forms import LEAST_LENGTH, OPAQUE, forms_of, parts_of
from ops.redact.tokens import tokens_in

_SPELLED_OUT = re.compile(r"(?:(?:%|\\{1,8}x)[0-9A-Fa-f]{2}){6}")  # six characters in a row, each by its code
_SHAPE = "shape"
_LEAST_HELD = 4096  # tokens of other services are shorter

Value = TypeVar("Value")


class Span(NamedTuple):
    """Where something secret stands in a text: which setting's or what sort of token, and in which encoding."""

    start: int
    end: int
    key: str
    encoding: str


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A secret in a file, or in its name: which setting's, in which encoding; never the secret itself."""

    file: str
    key: str
    encoding: str


class Redactor:
    """Replace every form of every secret by `[redacted:KEY]`. Built once a run; safe to share between threads.

    Tokens of other services, which no setting names, are replaced too: `[redacted:GitHub token]`.
    Several secrets may have one key. Raises ValueError for one that is shorter than `least_length`.
    """

    def __init__(
        self, secrets: Mapping[str, str] | Iterable[tuple[str, str]], *, least_length: int = LEAST_LENGTH
    ) -> None:
        pairs = list(secrets.items() if isinstance(secrets, Mapping) else secrets)
        short = [key for key, secret in pairs if len(secret) < least_length]
        if short:
            raise ValueError(f"too short to be redacted: {', '.join(short)}")
        forms = [form for key, secret in pairs for part in parts_of(secret) for form in forms_of(key, part)]
        self._forms = sorted(forms, key=lambda form: -form.longest)  # a secret that begins with another one wins
        numbered = list(enumerate(self._forms))
        self._literals = [(at, form.literal) for at, form in numbered if form.encoding not in {"hex", "url"}]
        self._literals_of_hex = [(at, form.literal) for at, form in numbered if form.encoding == "hex"]
        self._spelled_out = [at for at, form in numbered if form.encoding == "url"]
        self._patterns: dict[tuple[int, ...], re.Pattern[str]] = {}
        self._finds_tokens = True
        self._clean: set[tuple[Path, int, int, int]] = set()
        self._longest = max((form.longest for form in forms), default=0) + _LEAST_HELD

    def of_settings_alone(self) -> Redactor:
        """Return one that leaves tokens alone which no setting holds: where somebody asked to see them."""
        other = copy.copy(self)
        other._finds_tokens, other._clean = False, set()  # noqa: SLF001 - its own
        return other

    def __repr__(self) -> str:
        return f"Redactor({', '.join(sorted({form.key for form in self._forms}))})"

    def text(self, text: str) -> str:
        """Return the text without secrets."""
        shown, at = [], 0
        for span in self._spans(text):
            shown += [text[at : span.start], f"[redacted:{span.key}]"]
            at = span.end
        return "".join((*shown, text[at:])) if shown else text

    def bytes(self, content: bytes) -> bytes:
        """Return the bytes without secrets, all others as they were."""
        return self.text(content.decode(OPAQUE)).encode(OPAQUE)

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
            cut = end_of_finished_lines(held)
            if not cut and len(held) > HOLD_CHARACTERS + self._longest:
                cut = self._cut(held)
            if cut:
                yield self.text(held[:cut])
                held = held[cut:]
        if held:
            yield self.text(held)

    def findings(self, text: str, *, file: str) -> Iterator[Finding]:
        """Yield what a text holds that it must not hold, each setting and encoding once."""
        for key, encoding in sorted({(span.key, span.encoding) for span in self._spans(text)}):
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
            inside = list(self.findings(path.read_text(OPAQUE), file=self.text(name)))
            found += inside
            self._clean |= set() if inside else {state}
        return found

    def _spans(self, text: str) -> list[Span]:
        """Return where the secrets are, in order and apart from each other."""
        found = self._matches(text)
        for kind, out in BREAKS:
            if not kind.search(text):
                continue
            joined = Joined(text, out)
            found += [
                Span(*place, span.key, span.encoding)
                for span in self._matches(joined.text)
                if (place := joined.back(span.start, span.end))
            ]
        tokens = tokens_in(text, text.lower()) if self._finds_tokens else ()
        return _apart(found, [Span(*place, _SHAPE) for place in tokens])

    def _matches(self, text: str) -> list[Span]:
        present = tuple(self._worth_looking_for(text))
        if not present:
            return []
        if present not in self._patterns:
            self._patterns[present] = re.compile("|".join(self._forms[number].pattern for number in present))
        forms = [self._forms[number] for number in present]
        found = []
        for match in self._patterns[present].finditer(text):
            form = next(form for form in forms if form.compiled.fullmatch(match.group()))
            found.append(Span(*match.span(), form.key, form.encoding))
        return found

    def _worth_looking_for(self, text: str) -> list[int]:
        """Return the numbers of the forms that may be in a text: quick, so that ordinary text costs little."""
        lowered = text.lower()
        found = [number for number, literal in self._literals if literal in text]
        found += [number for number, literal in self._literals_of_hex if literal in lowered]
        return sorted(found + (self._spelled_out if _SPELLED_OUT.search(text) else []))

    def _cut(self, held: str) -> int:
        """Return where a long line can be cut: not within a secret, and leaving room for one that has just begun."""
        cut = len(held) - self._longest
        return next((end for start, end, *_ in self._spans(held) if start < cut < end), cut)


def _apart(of_settings: list[Span], tokens: list[Span]) -> list[Span]:
    """Put spans in order, and those that overlap together under the name of the first; a setting's name goes first."""
    apart: list[Span] = []
    for span in sorted((*of_settings, *tokens), key=lambda span: (span.start, -span.end)):
        if not apart or span.start >= apart[-1].end:
            apart.append(span)
            continue
        last = apart[-1]
        named = span if last.encoding == _SHAPE != span.encoding else last
        apart[-1] = Span(last.start, max(last.end, span.end), named.key, named.encoding)
    return apart


def _state(path: Path) -> tuple[Path, int, int, int]:
    """Return what differs as soon as a file was written again."""
    seen = path.stat()
    return path, seen.st_ino, seen.st_size, seen.st_mtime_ns
