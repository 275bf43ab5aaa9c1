"""Which test proves which requirement?

Reads the `req` marks out of the tests' source, without running them, and writes docs/traceability.md.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "traceability.md"
HEAD = """# Which test proves which requirement

Written by `nox -s traceability` from the tests' `req` marks.

| requirement | tests |
|---|---|
"""


def marked(node: ast.AST) -> list[str]:
    """Return the requirement ids in the marks on a test, or in a module's `pytestmark`."""
    calls = [
        call for call in ast.walk(node) if isinstance(call, ast.Call) and ast.unparse(call.func) == "pytest.mark.req"
    ]
    return [str(word.value) for call in calls for word in call.args if isinstance(word, ast.Constant)]


def proofs(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (requirement, test) for every mark in a test file."""
    module = ast.parse(path.read_text(encoding="utf-8"))
    everywhere = [
        mark
        for node in module.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"
        for mark in marked(node)
    ]
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            own = [mark for decorator in node.decorator_list for mark in marked(decorator)]
            for requirement in {*everywhere, *own}:
                yield requirement, node.name


def page() -> str:
    """Return the whole page as it should be."""
    found: dict[str, set[tuple[str, str]]] = {}
    for path in sorted(ROOT.glob("tests/**/test_*.py")):
        for requirement, test in proofs(path):
            found.setdefault(requirement, set()).add((path.relative_to(ROOT).as_posix(), test))
    rows = []
    for requirement in sorted(
        found, key=lambda name: [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]
    ):
        tests = "<br>".join(
            f"[{name}](../{path})" for path, name in sorted(found[requirement], key=lambda test: test[::-1])
        )
        rows.append(f"| {requirement} | {tests} |\n")
    return HEAD + "".join(rows)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stderr.write(f"{PAGE.relative_to(ROOT)} is up to date\n")
