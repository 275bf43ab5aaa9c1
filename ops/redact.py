"""How is a secret kept out of everything that is written or shown?"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ops.redact_forms import Form, forms_of

LEAST_LENGTH = 8  # a shorter value could not be told from ordinary text
_HOLD_CHARACTERS = 65536
_OPAQUE = "latin-1"  # any byte is one character and back: patterns are ASCII


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A secret in a file, or in its name: which setting's, in which encoding; never the secret itself."""

    file: str
    key: str
    encoding: str


class Redactor:
    """Replace every form of every secret by `[redacted:KEY]`. Built once a run; safe to share between threads."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        short = [key for key, secret in secrets.items() if len(secret) < LEAST_LENGTH]
        if short:
            raise ValueError(f"too short to be redacted: {', '.join(short)}")
        forms = [form for key, secret in secrets.items() for part in _parts(secret) for form in forms_of(key, part)]
        self._forms = [(re.compile(form.pattern), form) for form in _longest_first(forms)]
        self._pattern = re.compile(_one_pattern(form.pattern for _, form in self._forms))
        self._clean: set[tuple[Path, int, int, int]] = set()
        self._longest = max((form.longest for form in forms), default=0)

    def __repr__(self) -> str:
        return f"Redactor({', '.join(sorted({form.key for _, form in self._forms}))})"

    def text(self, text: str) -> str:
        """Return the text without secrets."""
        return self._pattern.sub(self._name, text)

    def bytes(self, content: bytes) -> bytes:
        """Return the bytes without secrets, all others as they were."""
        return self.text(content.decode(_OPAQUE)).encode(_OPAQUE)

    def stream(self, chunks: Iterable[str]) -> Iterator[str]:
        """Yield chunks of text without secrets, also those that a cut between two chunks goes through.

        Whole lines are passed on at once; a line without an end is held back up to 64 KiB.
        """
        held = ""
        for chunk in chunks:
            held += chunk
            cut = held.rfind("\n") + 1
            if not cut and len(held) > _HOLD_CHARACTERS + self._longest:
                cut = self._cut(held)
            if cut:
                yield self.text(held[:cut])
                held = held[cut:]
        if held:
            yield self.text(held)

    def findings(self, text: str, *, file: str) -> Iterator[Finding]:
        """Yield what a text holds that it must not hold, each setting and encoding once."""
        seen = {match.group() for match in self._pattern.finditer(text)}
        forms = {(form.key, form.encoding) for form in map(self._form, seen)}
        for key, encoding in sorted(forms):
            yield Finding(file=file, key=key, encoding=encoding)

    def scan(self, folder: Path) -> list[Finding]:
        """Return every secret in the files below a folder and in their names; raises OSError when one is unreadable.

        A file that was found clean before, and was not written since, is not read again.
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

    def _name(self, match: re.Match[str]) -> str:
        return f"[redacted:{self._form(match.group()).key}]"

    def _form(self, matched: str) -> Form:
        return next(form for pattern, form in self._forms if pattern.fullmatch(matched))

    def _cut(self, held: str) -> int:
        """Return where a long line can be cut: not within a secret, and leaving room for one that has just begun."""
        cut = len(held) - self._longest
        spans = (match.span() for match in self._pattern.finditer(held))
        return next((end for start, end in spans if start < cut < end), cut)


def _parts(secret: str) -> set[str]:
    """Return what to look for: the secret, its lines (logs pass by line), and all of it as opaque bytes look."""
    lines = {line.strip() for line in secret.splitlines()}
    texts = {secret} | {line for line in lines if len(line) >= LEAST_LENGTH}
    return texts | {text.encode().decode(_OPAQUE) for text in texts}


def _longest_first(forms: Iterable[Form]) -> list[Form]:
    # a secret that begins with another one wins over it
    return sorted(forms, key=lambda form: -form.longest)


def _one_pattern(patterns: Iterable[str]) -> str:
    """Join patterns, those that begin with the same letter or digit under one branch: half the branches to try."""
    branches: dict[str, list[str]] = defaultdict(list)
    for pattern in patterns:
        head = pattern[0] if pattern[0].isalnum() else ""
        branches[head].append(pattern.removeprefix(head))
    joined = [f"{head}(?:{'|'.join(rest)})" for head, rest in branches.items()]
    return "|".join(joined) or r"(?!)"


def _state(path: Path) -> tuple[Path, int, int, int]:
    """Return what differs as soon as a file was written again."""
    seen = path.stat()
    return path, seen.st_ino, seen.st_size, seen.st_mtime_ns
