from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[5]
POSIX_ONLY = {"fcntl", "grp", "pwd", "pty", "resource", "syslog", "termios", "tty"}
ENTRANCES = ("ops.targets.droplet.host", "ops.targets.droplet.bootstrap")


def imported(module: str, seen: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return each module of `ops` that this one needs, with the foreign modules that it imports."""
    path = ROOT / module.replace(".", "/")
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    if module in seen or not file.exists():
        return seen
    seen[module] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            if name.startswith("ops."):
                imported(name, seen)
            else:
                seen[module].add(name.partition(".")[0])
    return seen


@pytest.mark.req("A-24")
@pytest.mark.parametrize("entrance", ENTRANCES)
def test_the_way_to_the_host_needs_nothing_that_windows_lacks(entrance: str) -> None:
    found = imported(entrance, {})
    assert len(found) > 5
    assert {module: names & POSIX_ONLY for module, names in found.items() if names & POSIX_ONLY} == {}
