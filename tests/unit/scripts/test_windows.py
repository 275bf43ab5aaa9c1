from __future__ import annotations

import ast
import errno
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from scripts import bootstrap

ROOT = Path(__file__).resolve().parents[3]
OPS = ROOT / "ops"  # all of it but the engine, which runs on the host
OPERATORS_SIDE = [ROOT / "tasks.py", *sorted(path for path in OPS.rglob("*.py") if OPS / "engine" not in path.parents)]

POSIX_MODULES = ("fcntl", "grp", "pty", "pwd", "resource", "termios", "tty")
POSIX_NAMES = {
    *("chown", "fork", "forkpty", "getegid", "geteuid", "getgid", "getgroups", "getloadavg", "getpgid", "getuid"),
    *("killpg", "mkfifo", "nice", "sched_getaffinity", "setsid", "statvfs", "uname", "umask"),
    *("AF_UNIX", "SIGALRM", "SIGHUP", "SIGKILL", "SIGQUIT", "SIGUSR1", "SIGUSR2"),
}
# Behind preflight's own refusal: the local target does not run on Windows.
GUARDED = {"preflight.py: geteuid", "preflight.py: pwd"}
# Only the local target starts the engine as a process of this machine, and shares its processors with it.
NOT_ON_WINDOWS = {OPS / "targets" / "local" / "host.py", OPS / "verification" / "priority.py"}

# Everything foreign is imported first, as it is on this machine. Then the operator's side is imported once more, with
# what Windows does not have taken away, and with the name that Windows gives itself.
PRETENCE = f"""
import importlib, os, pathlib, pkgutil, signal, socket, sys
sys.modules[pathlib.Path.__module__].WindowsPath = pathlib.PosixPath  # what a Path becomes is decided by os.name
import ops
names = [found.name for found in pkgutil.walk_packages(ops.__path__, "ops.")]
names = [name for name in names if not f"{{name}}.".startswith("ops.engine.") and not name.endswith("__main__")]
[importlib.import_module(name) for name in names]
for name in [name for name in sys.modules if name.partition(".")[0] == "ops"]:
    del sys.modules[name]
sys.modules.update(dict.fromkeys({POSIX_MODULES}))
for place in (os, signal, socket):
    [delattr(place, name) for name in {sorted(POSIX_NAMES)} if hasattr(place, name)]
os.name, sys.platform = "nt", "win32"
for name in names:
    importlib.import_module(name)
print(len(names))
"""


@pytest.mark.req("A-24")
def test_the_operators_side_imports_without_anything_of_posix() -> None:
    command = (sys.executable, "-c", PRETENCE)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stderr, done.returncode) == ("", 0)
    assert (
        int(done.stdout) == len([path for path in OPERATORS_SIDE if path.name not in {"tasks.py", "__main__.py"}]) - 1
    )  # the package itself


def test_the_pretence_notices_a_module_that_needs_posix(tmp_path: Path) -> None:
    (tmp_path / "ops").mkdir()
    (tmp_path / "ops" / "__init__.py").touch()
    (tmp_path / "ops" / "wrong.py").write_text("import fcntl\n", encoding="utf-8")
    command = (sys.executable, "-c", PRETENCE)
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert "import of fcntl halted" in done.stderr


@pytest.mark.req("A-24")
def test_what_only_posix_has_is_used_behind_a_guard_alone() -> None:
    assert {found for path in OPERATORS_SIDE for found in posix_uses(path)} == GUARDED


@pytest.mark.req("A-24")
def test_no_path_of_one_system_is_written_down() -> None:
    roots = ("/tmp", "/dev/", "/proc/", "/home/")  # noqa: S108 - looked for, not used
    found = [
        f"{path.name}: {node.value}"
        for path in OPERATORS_SIDE
        if path not in NOT_ON_WINDOWS
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith(roots)
    ]
    assert found == []


@pytest.mark.req("A-24")
def test_each_text_that_is_read_or_written_names_its_encoding() -> None:
    # what Windows takes otherwise is the code page of the country
    found = [
        f"{path.name}:{call.lineno}"
        for path in OPERATORS_SIDE
        if path not in NOT_ON_WINDOWS
        for call in calls(path)
        if is_text(call) and "encoding" not in {word.arg for word in call.keywords}
    ]
    assert found == []


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def calls(path: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, ast.Call))


def is_text(call: ast.Call) -> bool:
    """Tell whether a call reads or writes text: a file's, or a program's."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in {"read_text", "write_text"}:
        return len(call.args) == (name == "write_text")  # one more is the encoding
    if name in {"run", "Popen", "check_output"}:
        return any(word.arg in {"text", "universal_newlines"} for word in call.keywords)
    modes = [word.value for word in (*call.args[:2], *call.keywords) if isinstance(word, ast.Constant)]
    return name == "open" and isinstance(call.func, ast.Name) and not any("b" in str(mode) for mode in modes)


def posix_uses(path: Path) -> Iterator[str]:
    """Yield `file: name` for every module and attribute that Windows does not have."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute) and node.attr in POSIX_NAMES:
            yield f"{path.name}: {node.attr}"
        if isinstance(node, ast.Import):
            yield from (f"{path.name}: {alias.name}" for alias in node.names if alias.name in POSIX_MODULES)
        if isinstance(node, ast.ImportFrom) and node.module in POSIX_MODULES:
            yield f"{path.name}: {node.module}"


@pytest.mark.req("A-24")
def test_a_second_start_on_windows_waits_for_the_first(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = iter((errno.EDEADLK, errno.EDEADLK, 0))

    def locking(_descriptor: int, _how: int, _count: int) -> None:
        if number := next(answers):
            raise OSError(number, "ten seconds are over")

    monkeypatch.setitem(sys.modules, "msvcrt", SimpleNamespace(LK_LOCK=1, locking=locking))
    monkeypatch.setattr(sys, "platform", "win32")
    bootstrap.hold(0)
    assert capsys.readouterr().err.count("waiting for another start") == 2
    assert next(answers, None) is None
