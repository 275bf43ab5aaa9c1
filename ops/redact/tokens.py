"""Where in a text tokens of other services are, which no setting holds: told by their shape, or by their name."""

from __future__ import annotations

import itertools
import re
import string
from collections.abc import Iterator

from ops.redact.named import Place, named_in
from ops.redact.shapes import SHAPES

_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_LAST = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_OF_KEYS, _KEY = "PRIVATE KEY", "private key"
_LEAST_KEY = 32  # characters between its marks
_MARKS = [(mark, shape) for shape in SHAPES for mark in shape.marks]
MOST_LINES, _MOST_CHARACTERS = 200, 65536  # of a key; a mark that nothing follows is no reason to hide the rest
# what is left of a key whose first or last lines were cut off: long lines of base64, their ends real or escaped
_REST = re.compile(r"(?:(?:\\{1,8}[rn]|\s)+[A-Za-z0-9+/=]{16,})+")
_AT_END = re.compile(r"(?<![A-Za-z0-9+/=])[A-Za-z0-9+/=]{16,}\s*\Z")
_BETWEEN = re.compile(r"(?:\\{1,8}[rn]|\s)+")
_OF_BASE64, _LEAST_LINE = string.ascii_letters + string.digits + "+/=", 16


def tokens_in(text: str, lowered: str) -> Iterator[Place]:
    """Yield start, end and name of everything in a text that is secret wherever it comes from."""
    for shape in dict.fromkeys([shape for mark, shape in _MARKS if mark in text]):
        group = "secret" if "secret" in shape.compiled.groupindex else 0
        yield from ((*found.span(group), shape.name) for found in shape.compiled.finditer(text))
    yield from named_in(text, lowered)
    if _OF_KEYS in text:
        yield from _keys_in(text)


def open_key(text: str) -> int:
    """Return where a private key begins of which more may follow; the length of the text when there is none."""
    start = text.rfind("-----BEGIN ")
    if start < 0 or not (found := _BEGIN.match(text, start)):
        return len(text)
    rest = text[found.end() :]
    is_over = _LAST.search(rest) or rest.count("\n") > MOST_LINES or len(rest) > _MOST_CHARACTERS
    return len(text) if is_over else start


class KeyLines:
    """Takes private keys out of lines that come one by one, each perhaps with a prefix; one for each who speaks."""

    def __init__(self) -> None:
        self._left = 0  # lines in which the key that has begun may go on

    def text(self, line: str) -> str:
        """Return the line without what it holds of a key that an earlier line began."""
        if open_key(line) < len(line):
            self._left = MOST_LINES
            return line
        if not self._left:
            return line
        self._left = 0 if _LAST.search(line) else self._left - 1
        return _AT_END.sub(f"[redacted:{_KEY}]", line)


def _keys_in(text: str) -> Iterator[Place]:
    """Yield private keys in PEM: from their first mark to their last, or what is left of them; no mark alone."""
    at = 0
    for begin in _BEGIN.finditer(text):
        if begin.start() < at:
            continue
        yield from _cut_off(text, at, begin.start())
        at = _end_of_key(text, begin.end())
        if at > begin.end():
            yield begin.start(), at, _KEY
    yield from _cut_off(text, at, len(text))


def _end_of_key(text: str, start: int) -> int:
    """Return where the key ends whose first mark ends here; the same place when nothing of it is there."""
    last = _LAST.search(text, start, start + _MOST_CHARACTERS)
    if last and last.start() - start >= _LEAST_KEY and not _BEGIN.search(text, start, last.start()):
        return last.end()
    rest = _REST.match(text, start)
    return rest.end() if rest else start


def _cut_off(text: str, start: int, end: int) -> Iterator[Place]:
    """Yield the keys between two places of which the beginning is missing."""
    for last in _LAST.finditer(text, start, end):
        first = _first_line(text, max(start, last.start() - _MOST_CHARACTERS), last.start())
        if first < last.start():
            yield first, last.end(), _KEY
        start = last.end()


def _first_line(text: str, start: int, end: int) -> int:
    """Return where the lines of base64 begin that end here."""
    first = end
    breaks = list(_BETWEEN.finditer(text, start, end))
    for before, after in reversed(list(itertools.pairwise([start, *(cut.end() for cut in breaks)]))):
        line = text[before:after].rstrip("\\nr \t\r\n")
        length = len(line) - len(line.rstrip(_OF_BASE64))
        if after != first or not length or (first < end and length < _LEAST_LINE):
            break
        first = before + len(line) - length
        if length < len(line):
            break
    return first
