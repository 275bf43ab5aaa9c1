"""What do tests of the settings read? Files of settings that hold, and what is wrong with those that do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.settings import KEYS, PLACEHOLDER, InvalidSettingsError, load, render
from ops.settings.rules import find_problems

ROOT = Path(__file__).parents[4]
RANDOM = "q7Zr4Tn9Wc2Xv8Lk3Jh6Gd5Fs1Pa0Oy4Ui7Rt2Ew9Mb6Nv3Kx8Hz"
SECRETS = {
    "POSTGRES_PASSWORD": f"pg-{RANDOM}",
    "POSTGRES_API_PASSWORD": f"ap-{RANDOM}",
    "REDIS_PASSWORD": f"re-{RANDOM}",
    "DJANGO_SECRET_KEY": f"dj-{RANDOM}",
    "TOKEN_SECRET_KEY": f"to-{RANDOM}",
    "DJANGO_ADMIN_PASSWORD": f"ad-{RANDOM}",
}


def written(folder: Path, text: str, *, mode: int = 0o600) -> Path:
    """Write an environment file."""
    path = folder / ".env"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def sound(folder: Path, more: str = "") -> Path:
    """Write one that holds, and more."""
    return written(folder, f"{render(KEYS, environment='development', values=SECRETS)}\n{more}\n")


def problems(path: Path, target: str = "local", **environ: str) -> dict[str, str]:
    """Load it, and return what is wrong by key."""
    with pytest.raises(InvalidSettingsError) as refused:
        load(path, environ=environ, target=target)
    return {problem.key: problem.wrong for problem in refused.value.problems}


def values(environment: str, **changed: str) -> dict[str, str]:
    """Return a set of values that has no problem, but for what is changed."""
    stated = {key.name: key.kind.clean(key.example(environment)) or key.default for key in KEYS}
    sound = {name: RANDOM if value == PLACEHOLDER else value for name, value in stated.items()}
    return {**sound, **changed}


def wrong(environment: str, *, target: str = "droplet", **changed: str) -> dict[str, str]:
    found = find_problems(values(environment, **changed), target=target)
    return {problem.key: problem.wrong for problem in found}
