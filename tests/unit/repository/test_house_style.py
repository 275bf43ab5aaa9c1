from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
LONGEST_FUNCTION = 40
LONGEST_MODULE = 400
MOST_MODULES = 20  # in one folder; __init__.py does not count
PROGRAM = ("ops/", "api/", "django/", "scripts/", "rehearsal/")
CODE = {
    ".py",
    ".sh",
    ".ps1",
    ".yml",
    ".yaml",
    ".toml",
    ".ts",
    ".tsx",
    ".js",
    ".css",
    ".html",
    ".j2",
    ".template",
    ".conf",
}
MARKER = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
ONLY_IN = {
    "pydo": "ops/cloud/client.py",
    "fabric": "ops/ssh/connection.py",
    "paramiko": "ops/ssh/",
    "httpx": "ops/verification/http.py",
}
# The engine is a program of its own, which starts with every replica: it has no face that would load all of it at once.
SHARED_WITH_THE_ENGINE = {
    *("ops.engine.model", "ops.engine.runtime", "ops.engine.packing"),  # values, and the program as a file
    *(
        "ops.engine.connections",
        "ops.engine.durations",
        "ops.engine.errors",
        "ops.engine.interrupts",
        "ops.engine.http",
        "ops.engine.host.words",
    ),  # what is said or read in one way
    *(
        "ops.engine.rollout.plan",
        "ops.engine.host",
        "ops.engine.host.state",
        "ops.engine.host.formats",
        "ops.engine.host.receive",
    ),  # what a host without an engine would say
}
SERVICES = {"api", "config", "signups"}


@cache
def files() -> tuple[str, ...]:
    """Return every file that is tracked, or would be after `git add`."""
    command = ("git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\0")
    return tuple(sorted(name for name in set(listed) if name and (ROOT / name).is_file()))


@cache
def source(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@cache
def tree(name: str) -> ast.Module:
    return ast.parse(source(name))


def modules(*folders: str) -> list[str]:
    """Return Python files below these folders, or all of them; generated migrations are nobody's style."""
    return [
        name
        for name in files()
        if name.endswith(".py") and name.startswith(folders or "") and "/migrations/" not in name
    ]


def imports(name: str) -> set[str]:
    """Return the dotted names of what a module imports, also inside its functions."""
    found: set[str] = set()
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {node.module, *(name for name in inner if is_module(name))}
    return found


def is_module(name: str) -> bool:
    path = ROOT / name.replace(".", "/")
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def test_no_function_is_longer_than_a_screen() -> None:
    long = []
    for name in modules():
        for node in ast.walk(tree(name)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                if lines > LONGEST_FUNCTION:
                    long.append(f"{name}:{node.lineno} {node.name} has {lines} lines")
    assert long == []


def test_no_module_grows_beyond_its_limit() -> None:
    assert [name for name in modules() if len(source(name).splitlines()) > LONGEST_MODULE] == []


def test_each_module_begins_by_saying_what_it_is_or_answers() -> None:
    first = {name: (ast.get_docstring(tree(name)) or "").partition("\n")[0] for name in modules(*PROGRAM)}
    assert {name: line for name, line in first.items() if not line.endswith((".", "?"))} == {}


def test_in_ops_only_a_package_or_a_story_begins_with_a_question() -> None:
    stories = ("ops/commands/", "ops/engine/rollout/deploy.py")
    first = {name: (ast.get_docstring(tree(name)) or "").partition("\n")[0] for name in modules("ops/")}
    asking = {name for name, line in first.items() if re.match(r"[^.]*\?(?:\s|$)", line)}
    assert {name for name in asking if not name.endswith("__init__.py") and not name.startswith(stories)} == set()


def test_no_folder_holds_more_modules_than_one_can_look_over() -> None:
    folders = Counter(str(Path(name).parent) for name in modules(*PROGRAM) if not name.endswith("/__init__.py"))
    assert {folder: count for folder, count in folders.items() if count > MOST_MODULES} == {}


def room(name: str) -> tuple[str, ...]:
    """Return the package that a dotted name is in, as far as neighbours see it: `ops.cloud` of `ops.cloud.plan`."""
    parts = tuple(name.split("."))
    return parts[:2] if len(parts) > 1 else parts


def test_a_neighbour_imports_the_room_and_not_what_is_in_its_drawers() -> None:
    packages = {f"ops.{path.name}" for path in (ROOT / "ops").iterdir() if (path / "__init__.py").exists()}
    program = ("ops/", "rehearsal/", "scripts/", "tasks.py", "noxfile.py")
    reached = {
        f"{name}: {found}"
        for name in modules(*program)
        for found in imports(name)
        if (place := ".".join(room(found))) in packages - {"ops.commands"}
        and found != place
        and found not in SHARED_WITH_THE_ENGINE
        and room(name.removesuffix(".py").replace("/", ".")) != room(found)
    }
    assert reached == set()


def test_nothing_private_is_imported() -> None:
    private = {
        f"{name}: {alias.name}"
        for name in modules(*PROGRAM)
        for node in ast.walk(tree(name))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name.startswith("_") and not alias.name.endswith("__")
    }
    assert private == set()


def test_nothing_is_left_for_later() -> None:
    code = [name for name in files() if Path(name).suffix in CODE and name.isascii()]
    found = [f"{name}: {line.strip()}" for name in code for line in source(name).splitlines() if MARKER.search(line)]
    assert found == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [name for name in modules() if re.search(r"(?:^|[/_])(?:utils?|helpers?|manager)\b", name)] == []


@pytest.mark.parametrize(("library", "place"), ONLY_IN.items())
def test_each_way_to_the_world_has_one_place(library: str, place: str) -> None:
    users = {name for name in modules("ops/") if any(found.partition(".")[0] == library for found in imports(name))}
    assert {name for name in users if not name.startswith(place)} == set()


def test_one_module_knows_where_run_folders_are() -> None:
    folder = "local_run_logs"
    users = {
        name
        for name in modules("ops/")
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and folder in node.value.split("\n")[0].split("/")
    }
    assert users <= {"ops/environments.py"}


def test_the_engine_needs_nothing_but_the_standard_library_and_what_is_packed_beside_it() -> None:
    foreign = {
        f"{name}: {found}"
        for name in modules("ops/engine/", "ops/redact/", "ops/screen.py")
        for found in imports(name)
        if found.partition(".")[0] not in sys.stdlib_module_names
        and found != "ops"  # the folder of what is named beside it
        and not f"{found}.".startswith(("ops.engine.", "ops.redact.", "ops.screen."))
    }
    assert foreign == set()


def test_services_and_deployment_do_not_know_each_other() -> None:
    upwards = [
        name for name in modules("api/", "django/") if any(found.partition(".")[0] == "ops" for found in imports(name))
    ]
    across = [
        name
        for name in modules("ops/")
        if any(found.partition(".")[0] in {*SERVICES, "django"} for found in imports(name))
    ]
    assert upwards + across == []


def test_the_django_folder_does_not_shadow_django() -> None:
    assert not (ROOT / "django" / "__init__.py").exists()


def test_no_test_imports_another_test() -> None:
    borrowed = {
        f"{name}: {found}"
        for name in modules("tests/")
        for found in imports(name)
        if found.startswith("tests.") and found.rpartition(".")[2].startswith("test_")
    }
    assert borrowed == set()
