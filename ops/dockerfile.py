"""Which files of the checkout does an image hold? Its Dockerfile says so."""

from __future__ import annotations

import shlex

LEAST_WORDS = 2  # a source and the destination


def copied_paths(text: str) -> tuple[str, ...]:
    """Return the files and folders that a Dockerfile copies from its context, in its own order.

    Plain `COPY` lines are understood; what comes `--from` another stage is none of the checkout's.
    """
    found: list[str] = []
    for line in text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if not words or words[0].upper() != "COPY" or any(word.startswith("--from=") for word in words):
            continue
        paths = [word for word in words[1:] if not word.startswith("--")]
        if len(paths) >= LEAST_WORDS:
            found += [path.removeprefix("./").rstrip("/") or "." for path in paths[:-1]]
    return tuple(dict.fromkeys(found))
