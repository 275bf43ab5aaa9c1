"""Which environment of this checkout is meant: `.env`, or one with a name, `.env.NAME`, and what belongs to it?

A process deals with one environment. It is chosen once, while the command line is read, and from then on every file,
folder and command that is named to the operator is that environment's.
"""

from __future__ import annotations

import difflib
import re
from pathlib import Path

VARIABLE = "SLIPWAY_ENV"
FILE = ".env"
STATE, RUNS = ".local", "local_run_logs"
NAME = re.compile(r"[a-z](-?[a-z0-9]+)*")
LONGEST = 30
# Names of other things beside `.env`, and of folders that are there already.
RESERVED = frozenset(
    ("example", "latest", "default", "bak", "backup", "old", "orig", "save", "sample", "swp", "template", "dist")
)
MEANINGS = {  # names that say which rules hold
    "prod": "production",
    "production": "production",
    "staging": "staging",
    "dev": "development",
    "development": "development",
}
_IN_TEXT = re.compile(r"(?<![\w./-])\.env(?![\w.-]*\w)")
_COMMAND = re.compile(r"\b(invoke [a-z]+|deploy\.sh|deploy\.ps1)(?! --env)(?=$|[\s`;,.)'\"])")
_chosen = ""


def choose(name: str) -> None:
    """Deal with this environment from now on; empty is `.env`. Raises ValueError with what is wrong with a name."""
    global _chosen  # noqa: PLW0603 - see above: there is one for the process
    if name and (wrong := what_is_wrong_with(name)):
        raise ValueError(wrong)
    _chosen = name


def chosen() -> str:
    """Return the name of the environment that is dealt with; empty for `.env`."""
    return _chosen


def what_is_wrong_with(name: str) -> str:
    """Say why something is no name of an environment; empty when it is one."""
    if not NAME.fullmatch(name) or len(name) > LONGEST:
        return f"a name is small letters and digits with hyphens between, a letter first, {LONGEST} at most"
    return f"`{name}` is the name of something else beside .env" if name in RESERVED else ""


def in_words(name: str) -> str:
    """Name an environment for people."""
    return f"`{name}`" if name else "the default one"


def file_of(root: Path, name: str) -> Path:
    """Return an environment's file of settings."""
    return root / (f"{FILE}.{name}" if name else FILE)


def state_of(root: Path, name: str) -> Path:
    """Return the folder of what an environment keeps here: the local stack, pinned host keys."""
    return root / STATE / "environments" / name if name else root / STATE


def runs_of(root: Path, name: str) -> Path:
    """Return the folder of an environment's runs."""
    return root / RUNS / name if name else root / RUNS


def names_in(root: Path) -> tuple[str, ...]:
    """Return the environments of a checkout by their files, in the order of names; `.env`, if it is there, is first."""
    found = [path.name.removeprefix(f"{FILE}.") for path in root.glob(f"{FILE}.*") if path.is_file()]
    named = sorted(name for name in found if not what_is_wrong_with(name))
    return (*([""] if (root / FILE).is_file() else ()), *named)


def was_used(root: Path, name: str) -> bool:
    """Tell whether anything was ever done with an environment from this checkout."""
    runs = runs_of(root, name)
    return state_of(root, name).exists() or (runs.is_dir() and any(runs.iterdir()))


def nearest(root: Path, name: str) -> str:
    """Return the name of an environment that was probably meant; empty when none is like it."""
    known = [one for one in names_in(root) if one]
    return next(iter(difflib.get_close_matches(name, known, n=1, cutoff=0.5)), "")


def addressed(text: str) -> str:
    """Have a text name the file and the commands of the chosen environment; what names them already stays as it is."""
    if not _chosen:
        return text
    return _COMMAND.sub(rf"\1 --env {_chosen}", _IN_TEXT.sub(f"{FILE}.{_chosen}", text))
