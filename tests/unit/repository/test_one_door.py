"""Does all text leave by the one door, so that no encoding and no pipe ends a run?"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from ops.engine.packing import BESIDE

ROOT = Path(__file__).resolve().parents[3]
DOOR = "ops/screen.py"
# Programs of their own: each is copied somewhere where nothing of ours can be imported, and writes ASCII alone.
ALONE = {
    *("ops/engine/host/receive.py", "ops/engine/processes/launch.py", "ops/ssh/frame.py"),
    "ops/targets/droplet/daemon_json.py",
}
WRITERS = {"print"}
STREAMS = {"stdout", "stderr", "__stdout__", "__stderr__"}
# What is asked of a stream that prints nothing: the journal's copy goes to the engine's log, whose reader is polled.
ASKED = {"ops/engine/cli.py: sys.stdout.fileno", "ops/engine/run.py: echo"}


def sources() -> list[Path]:
    paths = (ROOT / "tasks.py", *(ROOT / "ops").rglob("*.py"), *(ROOT / "rehearsal").rglob("*.py"))
    return [path for path in sorted(paths) if path.relative_to(ROOT).as_posix() not in {DOOR, *ALONE}]


def prints(path: Path) -> Iterator[str]:
    """Yield what prints past the door: `print`, a stream of sys, a terminal of rich that is not given one."""
    name = path.relative_to(ROOT).as_posix()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in WRITERS:
            yield f"{name}:{node.lineno} print"
        if isinstance(node, ast.Attribute) and node.attr in STREAMS and ast.unparse(node.value) == "sys":
            parent = parents[node]
            used = f"sys.{node.attr}.{parent.attr}" if isinstance(parent, ast.Attribute) else getattr(parent, "arg", "")
            if f"{name}: {used}" not in ASKED:
                yield f"{name}:{node.lineno} sys.{node.attr}"
        if (
            isinstance(node, ast.Call)
            and ast.unparse(node.func) == "Terminal"
            and not any(one.arg == "file" for one in node.keywords)
        ):
            yield f"{name}:{node.lineno} a terminal of its own"


def test_nothing_prints_but_by_the_door() -> None:
    assert [found for path in sources() for found in prints(path)] == []


def test_the_engine_takes_the_door_along() -> None:
    assert Path(DOOR).name in BESIDE
