"""How many replicas did the operator ask for?

`invoke scale api=3 worker=2`: the words are checked for their form; which services there are, the engine knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ops.errors import UsageError
from ops.targets import command

MOST = 20
FLAG = "--count"
_COUNT = re.compile(r"(?P<service>[a-z][a-z0-9-]*)=(?P<count>[0-9]+)")


def counts_from(words: Iterable[str], *, target: str) -> dict[str, int]:
    """Return service -> number of replicas; raises UsageError for a word of another form."""
    counts: dict[str, int] = {}
    example = command("scale api=3", target)
    for word in words:
        found = _COUNT.fullmatch(word)
        if not found:
            raise UsageError(f"`{word}` is not a count", why="a count is SERVICE=NUMBER", fix=example)
        service, count = found["service"], int(found["count"])
        if not 1 <= count <= MOST:
            raise UsageError(f"`{word}` is not possible", why=f"there are 1 to {MOST} replicas", fix=example)
        if counts.get(service, count) != count:
            raise UsageError(f"{service} has two counts", why=f"{counts[service]} and {count}", fix=example)
        counts[service] = count
    return counts


def as_flags(words: Iterable[str], *, task: str = "scale") -> list[str]:
    """Put `--count` before each count that was typed without it: invoke knows no open number of plain arguments."""
    flagged: list[str] = []
    is_task = False
    for word in words:
        is_task = word == task or is_task
        is_bare = is_task and "=" in word and not word.startswith("-") and flagged[-1] not in {FLAG, "-c"}
        flagged += [FLAG, word] if is_bare else [word]
    return flagged
