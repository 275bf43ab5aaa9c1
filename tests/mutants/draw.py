"""Which lines of the code are mutated without anybody choosing them? `python -m tests.mutants.draw` prints them.

The lines come from a seed, so that whoever writes the mutations cannot prefer lines that he knows to be tested.
"""

from __future__ import annotations

import ast
import random
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DRAWN_FROM = ("ops", "api", "django", "postgres", "redis", "nginx")
SEED = 13
HOW_MANY = 60
LIVING = (ast.Compare, ast.Call, ast.BoolOp, ast.UnaryOp, ast.BinOp, ast.IfExp, ast.Constant, ast.Return, ast.Subscript)


def mutable_lines(source: str) -> list[int]:
    """Return the numbers of the lines on which something is computed, compared, called or returned."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value = ast.Name("docstring", lineno=node.lineno)  # nothing depends on it
        if isinstance(node, ast.AnnAssign | ast.arg):
            node.annotation = ast.Name("annotation", lineno=node.lineno)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
    return sorted({node.lineno for node in ast.walk(tree) if isinstance(node, LIVING)})


def every_line() -> list[tuple[str, int, str]]:
    """Return (file, number, text) of each line that may be drawn, in a fixed order."""
    files = sorted(path for folder in DRAWN_FROM for path in (ROOT / folder).rglob("*.py"))
    found = []
    for path in files:
        if "migrations" in path.parts:
            continue  # what is released is not changed any more
        source = path.read_text(encoding="utf-8")
        lines = source.splitlines()
        name = path.relative_to(ROOT).as_posix()
        found += [(name, number, lines[number - 1].strip()) for number in mutable_lines(source)]
    return found


def main() -> None:
    """Print the drawn lines."""
    for name, number, text in random.Random(SEED).sample(every_line(), HOW_MANY):  # noqa: S311 - no secret hangs on it
        sys.stdout.write(f"{name}:{number}: {text}\n")


if __name__ == "__main__":
    main()
