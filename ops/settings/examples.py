"""The text of `.env.example`, of `.env.prod.example`, and of a fresh `.env`."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ops import screen
from ops.settings.kinds import DEVELOPMENT, PRODUCTION, Key
from ops.settings.schema import KEYS

EXAMPLES = {".env.example": DEVELOPMENT, ".env.prod.example": PRODUCTION}
_HEAD = """\
# Settings of Slipway for {environment}. {use}
# A value with blanks, # or $ stands in single quotes. What the environment already holds wins over this file, unless it
# is empty.
# Written from ops/settings/schema.py; do not edit the example, edit your .env.
"""
_USES = {
    DEVELOPMENT: "The local target writes a .env like this by itself, with random secrets.",
}
_USE = "Copy it: cp .env.prod.example .env && chmod 600 .env; then replace each change-me."


def render(keys: Iterable[Key[Any]], *, environment: str, values: Mapping[str, str] | None = None) -> str:
    """Write settings as the text of an environment file; `values` win over the examples."""
    lines = [_HEAD.format(environment=environment, use=_USES.get(environment, _USE))]
    for title, members in itertools.groupby(keys, key=lambda key: key.group):
        lines.append(f"## {title}\n")
        for key in members:
            value = (values or {}).get(key.name, key.example(environment))
            lines.append(f"{_comment(key)}\n{key.name}={quote(value)}\n")
    return "\n".join(lines)


def quote(value: str) -> str:
    """Write a value so that python-dotenv reads back the same."""
    if not any(character in value for character in " #$'\"\\`"):
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def main(arguments: list[str], *, root: Path) -> int:
    """Write the example files (`--write`), or tell whether they are as the table says: exit code 1 when not."""
    stale = []
    for name, environment in EXAMPLES.items():
        path, text = root / name, render(KEYS, environment=environment)
        if "--write" in arguments:
            path.write_text(text, encoding="utf-8", newline="\n")
        elif not path.is_file() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
    if stale:
        screen.talk(f"{' and '.join(stale)}: not as the schema says; run python -m ops.settings --write")
    return 1 if stale else 0


def _comment(key: Key[Any]) -> str:
    facts = [key.meaning, f"{key.kind.write[0].upper()}{key.kind.write[1:]}."]
    if key.required:
        facts.append("Required." if DEVELOPMENT in key.required else "Required outside development.")
    facts.append(f"Default: {key.default or 'none'}.")
    facts.append("Secret: yes." if key.secret else "Secret: no.")
    return textwrap.fill(
        " ".join(facts), width=118, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False
    )
