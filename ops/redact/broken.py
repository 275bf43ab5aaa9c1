"""Where a text is broken into lines, and where it may be cut without cutting a secret."""

from __future__ import annotations

import re
from bisect import bisect_right

from ops.redact.tokens import open_key

HOLD_CHARACTERS = 65536

# What may stand in the middle of a form where a line was broken: real, escaped and encoded line ends with the
# indentation after them, and the zero bytes between the letters of UTF-16; or the end of a line that a shell continues.
_REAL = r"[\r\n]+[ \t]*|\0+"
_ESCAPED = r"(?:\\{1,8}r)?\\{1,8}n[ \t]*|(?:%0[Dd])?%0[Aa]"
_CONTINUED = r"\\{1,2}\r?\n[ \t]*"
# What is looked for, and what is taken out; each kind by itself: an escaped line end may be a part of the secret.
BREAKS = tuple(
    (re.compile(kind), re.compile(out))
    for kind, out in ((_REAL, _REAL), (_ESCAPED, f"{_REAL}|{_ESCAPED}"), (_CONTINUED, _CONTINUED))
)
# A line that may go on in the next one: it ends with a long run of what encodings are made of, as wrapped ones do.
_UNFINISHED = re.compile(r"[A-Za-z0-9+/_%=\\-]{48}\\?\r?\n\Z")


class Joined:
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


def end_of_finished_lines(held: str) -> int:
    """Return where the last line ends after which nothing of it can follow; 0 when all may still go on."""
    if len(held) > HOLD_CHARACTERS:
        return held.rfind("\n") + 1
    cut = held.rfind("\n", 0, open_key(held)) + 1
    while cut and _UNFINISHED.search(held, held.rfind("\n", 0, cut - 1) + 1, cut):
        cut = held.rfind("\n", 0, cut - 1) + 1
    return cut
