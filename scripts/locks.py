"""Are requirements/*.txt what pyproject.toml asks for, and how are they renewed?

Each lock's first line is a digest of what its group declares, so that a changed pyproject.toml is noticed offline.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST_PYTHON = "3.11"
MAIN = "dev"  # it includes the others, so their pins are taken from it


def groups() -> dict[str, list[str | dict[str, str]]]:
    """Return the dependency groups as they stand in pyproject.toml."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found: dict[str, list[str | dict[str, str]]] = tomllib.loads(text)["dependency-groups"]
    return found


def included(group: str) -> set[str]:
    """Return the group and every group it includes, at any depth."""
    names = {group}
    for entry in groups()[group]:
        if isinstance(entry, dict):
            names |= included(entry["include-group"])
    return names


def declared(group: str) -> list[str]:
    """Return the requirements of a group with its included groups', sorted."""
    return sorted({entry for name in included(group) for entry in groups()[name] if isinstance(entry, str)})


def header(group: str) -> str:
    """Return the first line that an up-to-date lock of the group has."""
    digest = hashlib.sha256("\n".join((OLDEST_PYTHON, *declared(group))).encode()).hexdigest()
    return f"# {group}: declared sha256:{digest}, renewed by `nox -s lock`"


def lock_path(group: str) -> Path:
    """Return where the group's lock is."""
    return ROOT / "requirements" / f"{group}.txt"


def renew(group: str, *uv_options: str) -> None:
    """Lock a group by hash, keeping pins that still fit; the file changes only when that worked."""
    new = lock_path(group).with_suffix(".new")
    new.write_bytes(lock_path(group).read_bytes() if lock_path(group).exists() else b"")
    constraint = ("-c", str(lock_path(MAIN))) if group in included(MAIN) - {MAIN} else ()
    options = ("--universal", "--generate-hashes", "--no-emit-index-url", "--no-header", *uv_options)
    place = ("--python-version", OLDEST_PYTHON, "--group", group, *constraint, "pyproject.toml", "-o", str(new))
    uv = str(Path(sys.executable).parent / "uv")
    try:
        subprocess.run((uv, "pip", "compile", "--quiet", *options, *place), cwd=ROOT, check=True)
        new.write_text(f"{header(group)}\n{new.read_text(encoding='utf-8')}", encoding="utf-8")
        new.replace(lock_path(group))
    finally:
        new.unlink(missing_ok=True)


def main(uv_options: list[str]) -> int:
    """Renew every lock, the main one first; options such as `--upgrade` go to uv."""
    for group in (MAIN, *sorted(set(groups()) - {MAIN})):
        renew(group, *uv_options)
        sys.stderr.write(f"requirements/{group}.txt is up to date\n")
    return 0


if __name__ == "__main__":
    try:
        raise SystemExit(main(sys.argv[1:]))
    except subprocess.CalledProcessError as error:
        raise SystemExit(error.returncode) from None
