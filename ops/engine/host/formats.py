"""The format of what an engine keeps on its host and answers: one number for all of it, in a file of its own.

It is raised when an older engine could not live with what a newer one writes: a field is gone, or a new one is part of
a service's fingerprint or may not be ignored. A field that may be ignored does not raise it: older engines do ignore
what they do not know. No name ever gets another meaning: releases and lines of the history that an older engine wrote
stay as they are when the number is raised. Decision 0021.
"""

from __future__ import annotations

import re
from pathlib import Path

from ops.engine.errors import EngineError
from ops.engine.host.files import write_atomically

FORMAT = 1  # 0 is what was written before there was a number; it reads the same
FILE = "format"


def read_text(root: Path) -> str:
    """Return what the file says; "0" on a host that has none."""
    try:
        return (root / FILE).read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError:
        return "0"


def read_format(root: Path) -> int:
    """Return the number; 0 on a host that has none. Raises EngineError when it cannot be read."""
    return _number(read_text(root))


def check_format(root: Path) -> None:
    """Stop before anything is done when a newer engine has been here; raises EngineError."""
    refuse_newer(read_text(root))


def refuse_newer(text: str) -> None:
    """Raise EngineError for a number that this engine does not know, and for what is none."""
    found = _number(text)
    if found > FORMAT:
        raise EngineError(
            "this host was last changed by a newer Slipway",
            why=f"what it keeps there has format {found}, and this checkout reads up to {FORMAT}; nothing was changed",
            fix="git pull",
            family="host",
        )


def note_format(root: Path) -> None:
    """Leave this engine's number, before anything is put there that an older one could not read."""
    if read_format(root) < FORMAT:
        write_atomically(root / FILE, f"{FORMAT}\n")


def _number(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise EngineError(
            "the format of this host's state cannot be read",
            why=f"the file `{FILE}` beside `state.json` holds no number",
            fix=f"if no newer Slipway was ever used for this host: write {FORMAT} in {FILE}, beside state.json",
            family="host",
        )
    return int(text)
