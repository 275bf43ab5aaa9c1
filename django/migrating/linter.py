"""What does squawk, a linter with a parser of PostgreSQL's SQL, find in these statements?"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

TIMEOUT_S = 60
PG_VERSION = "18"


class LinterError(Exception):
    """The linter did not answer."""


@dataclass(frozen=True)
class Finding:
    """One rule that one statement meets. `until` is the statement up to the end of what the rule is about."""

    statement: int
    rule: str
    part: str
    until: str
    message: str


def find(statements: Sequence[str]) -> list[Finding]:
    """Lint each statement by itself: one that cannot be parsed does not hide what is in the others."""
    if not statements:
        return []
    with tempfile.TemporaryDirectory(prefix="migrations-") as folder:
        files = [Path(folder, f"{number:06}.sql") for number in range(len(statements))]
        for file, text in zip(files, statements, strict=True):
            file.write_text(text, encoding="utf-8")
        found = _lint(folder)
    return [_finding(item, statements) for item in found]


def _lint(folder: str) -> list[dict[str, str | int]]:
    beside = Path(sys.executable).with_name("squawk")
    program = str(beside) if beside.exists() else shutil.which("squawk")
    if program is None:
        raise LinterError("squawk is not installed; requirements/django.txt has it")
    command = (program, "--reporter", "json", "--pg-version", PG_VERSION, f"{folder}/*.sql")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=TIMEOUT_S)
    try:
        found: list[dict[str, str | int]] = json.loads(done.stdout)
    except ValueError as error:
        said = (done.stderr or done.stdout).strip()[-500:]
        raise LinterError(f"squawk ended with exit code {done.returncode}: {said}") from error
    return found


def _finding(item: dict[str, str | int], statements: Sequence[str]) -> Finding:
    number = int(Path(str(item["file"])).stem)
    text = statements[number]
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    begin, end = (starts[int(item[f"line{of}"])] + int(item[f"column{of}"]) for of in ("", "_end"))
    return Finding(number, str(item["rule_name"]), text[begin:end], text[:end], str(item["message"]))
