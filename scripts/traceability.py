"""Which test proves which requirement?

Reads the `req` marks out of the tests' source, without running them, and writes docs/traceability.md. What there is to
prove stands in scripts/requirements.toml.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "traceability.md"
LIST = ROOT / "scripts" / "requirements.toml"
NAMED = 8  # more tests than these are shown as their files
HEAD = """# Which test proves which requirement

Written by `nox -s traceability` from the tests' `req` marks and `scripts/requirements.toml`. A mark stands at \
the test that would fail if the requirement were broken. {proven} of {all} requirements have one; what no test \
proves yet is said in its row.

| requirement | it asks for | tests |
|---|---|---|
"""


@dataclass(frozen=True)
class Requirement:
    """What is asked for in a line, and what of it no test proves yet."""

    asks: str
    open: str = ""


@dataclass(frozen=True)
class Proof:
    """A test with the requirements that it proves."""

    path: str
    test: str
    requirements: tuple[str, ...]


def requirements() -> dict[str, Requirement]:
    """Return what there is to prove, by its id."""
    return {name: Requirement(**row) for name, row in tomllib.loads(LIST.read_text(encoding="utf-8")).items()}


def marks(node: ast.AST) -> list[ast.Call]:
    """Return the `req` marks on or below a node."""
    calls = [call for call in ast.walk(node) if isinstance(call, ast.Call)]
    named = [call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "req"]
    return [call for call in named if ast.unparse(call.func) == "pytest.mark.req"]


def tests(module: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Return the tests of a module."""
    found = [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [node for node in found if node.name.startswith("test_")]


def marks_elsewhere(source: str) -> list[int]:
    """Return the lines of marks that stand at a module, a class or a case, where they would mark too much."""
    module = ast.parse(source)
    at_tests = [place for test in tests(module) for place in test.decorator_list]
    return [mark.lineno for mark in marks(module) if mark not in at_tests]


@cache
def proofs() -> tuple[Proof, ...]:
    """Return each test that carries a mark."""
    found = []
    for path in sorted(ROOT.glob("tests/**/test_*.py")):
        for test in tests(ast.parse(path.read_text(encoding="utf-8"))):
            calls = [mark for place in test.decorator_list for mark in marks(place)]
            words = tuple(str(ast.literal_eval(word)) for mark in calls for word in mark.args)
            found.append(Proof(path.relative_to(ROOT).as_posix(), test.name, words))
    return tuple(proof for proof in found if proof.requirements)


def shown(found: list[Proof]) -> str:
    """Return the tests of a requirement by name; of many, how many there are in which files."""
    if len(found) <= NAMED:
        return "<br>".join(f"[{proof.test}](../{proof.path})" for proof in sorted(found, key=lambda one: one.test))
    files = Counter(proof.path for proof in found)
    each = (f"[{path.removeprefix('tests/')}](../{path}) {count}" for path, count in sorted(files.items()))
    return f"{len(found)} tests: {', '.join(each)}"


def row(name: str, wanted: Requirement, found: list[Proof]) -> str:
    """Return the line of one requirement."""
    parts = [shown(found)] if found else []
    if wanted.open:
        parts.append(f"{'not yet' if found else 'no test yet'}: {wanted.open}")
    return f"| {name} | {wanted.asks} | {'<br>'.join(parts)} |\n"


def page() -> str:
    """Return the whole page as it should be."""
    wanted = requirements()
    of = {name: [proof for proof in proofs() if name in proof.requirements] for name in wanted}
    head = HEAD.format(proven=sum(map(bool, of.values())), all=len(wanted))
    return head + "".join(row(name, one, of[name]) for name, one in wanted.items())


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stderr.write(f"{PAGE.relative_to(ROOT)} is up to date\n")
