from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts import bootstrap
from tests.stack import ODD_FOLDER
from tests.unit.scripts.powershell_fixtures import WORDS_OF, flags, kebab

ROOT = Path(__file__).resolve().parents[3]

TOLD = '#!/bin/sh\nprintf "%s|" "${0##*/}" "$@"\nexit 7\n'
# It looks after `.venv` as the real one does, and only says what else it was told.
PYTHON = TOLD.replace("\n", f'\n[ "$1" = -I ] && exec {sys.executable} "$@"\n', 1)


@dataclass(frozen=True)
class Checkout:
    """A copy of the scripts, with programs that only say what they were told."""

    root: Path

    def run(self, script: str, *arguments: str, path: str = os.environ["PATH"]) -> subprocess.CompletedProcess[str]:
        """Run a wrapper from another folder, with nothing of this environment."""
        command = (str(self.root / "scripts" / script), *arguments)
        return subprocess.run(
            command, capture_output=True, text=True, env={"PATH": path}, cwd="/", timeout=30, check=False
        )


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    root = tmp_path / ODD_FOLDER / "a checkout"
    shutil.copytree(ROOT / "scripts", root / "scripts")
    shutil.copytree(ROOT / "requirements", root / "requirements")
    tools = root / ".venv" / "bin"
    tools.mkdir(parents=True)
    (tools / "python").write_text(PYTHON, encoding="utf-8")
    (tools / "python").chmod(0o755)
    (root / ".venv" / ".slipway-stamp").write_text(bootstrap.stamp(root, "dev"), encoding="utf-8")
    return Checkout(root)


@pytest.mark.req("A-01")
@pytest.mark.parametrize(
    ("script", "arguments", "told"),
    [
        ("deploy.sh", ("--target", "local"), "python|-m|invoke|deploy|--target|local|"),
        ("deploy.sh", ("--help",), "python|-m|invoke|deploy|--help|"),
        ("deploy.sh", ("--full", "--timestamped"), "python|-m|invoke|deploy|"),
        ("deploy.sh", ("--update-only", "--json"), "python|-m|invoke|update|--json|"),
        ("deploy.sh", ("--json", "--preflight"), "python|-m|invoke|plan|--json|"),
        ("deploy.sh", ("--target", "two words", "", '"$x'), 'python|-m|invoke|deploy|--target|two words||"$x|'),
        ("deploy.sh", ("--address", "203.0.113.7", "--update-only"), "python|-m|invoke|update|--address|203.0.113.7|"),
        ("test.sh", ("--target", "local", "--json"), "python|-m|invoke|verify|--target|local|--json|"),
        ("test.sh", ("--timestamped", "--address", "203.0.113.7"), "python|-m|invoke|verify|--address|203.0.113.7|"),
        ("check.sh", (), "python|-m|scripts.checks|"),
        ("check.sh", ("--quick",), "python|-m|scripts.checks|--quick|"),
        ("check.sh", ("-s", "unit", "--", "-k", "a b"), "python|-m|scripts.checks|-s|unit|--|-k|a b|"),
    ],
)
def test_a_wrapper_passes_its_arguments_and_the_exit_code(
    checkout: Checkout, script: str, arguments: tuple[str, ...], told: str
) -> None:
    done = checkout.run(script, *arguments)
    assert (done.stdout, done.stderr, done.returncode) == (told, "", 7)


@pytest.mark.req("A-01")
@pytest.mark.parametrize("modes", [("--full", "--update-only"), ("--preflight", "--json", "--full")])
def test_switches_that_ask_for_different_things_are_refused(checkout: Checkout, modes: tuple[str, ...]) -> None:
    done = checkout.run("deploy.sh", *modes)
    assert (done.stdout, done.returncode) == ("", 2)
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == ["error", "why", "fix"]


@pytest.mark.req("A-01")
@pytest.mark.parametrize("script", ["deploy", "test"])
def test_the_shell_wrapper_passes_each_flag_of_its_tasks_as_it_is(checkout: Checkout, script: str) -> None:
    known = flags(*WORDS_OF[script])
    typed = [word for name in known for word in (kebab(name), *(["x y"] if known[name] == "string" else []))]
    word = WORDS_OF[script][0]
    assert checkout.run(f"{script}.sh", *typed).stdout == f"python|-m|invoke|{word}|{'|'.join(typed)}|"


@pytest.mark.req("A-02")
def test_a_machine_without_a_new_enough_python_is_told_so(checkout: Checkout, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "dirname", "tail"):
        (tools / name).symlink_to(shutil.which(name) or name)
    old = tools / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2\nexit 1\n', encoding="utf-8")
    old.chmod(0o755)
    (checkout.root / ".venv" / ".slipway-stamp").unlink()
    done = checkout.run("deploy.sh", path=str(tools))
    assert done.returncode == 4
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == ["error", "why", "fix"]
    assert "Python 3.9.2" in done.stderr


@pytest.mark.req("A-02")
@pytest.mark.parametrize(
    ("made_for", "asked", "ready"), [("dev", "ops", True), ("ops", "ops", True), ("ops", "dev", False)]
)
def test_an_environment_is_ready_when_it_holds_the_lock_or_more(
    checkout: Checkout, made_for: str, asked: str, *, ready: bool
) -> None:
    root = checkout.root
    (root / ".venv" / ".slipway-stamp").write_text(bootstrap.stamp(root, made_for), encoding="utf-8")
    assert bootstrap.is_ready(root, asked) is ready


@pytest.mark.req("A-02")
def test_a_changed_lock_or_a_moved_checkout_makes_the_environment_stale(checkout: Checkout) -> None:
    moved = checkout.root.rename(checkout.root.with_name("elsewhere"))
    assert not bootstrap.is_ready(moved, "ops")
    (moved / ".venv" / ".slipway-stamp").write_text(bootstrap.stamp(moved, "ops"), encoding="utf-8")
    assert bootstrap.is_ready(moved, "ops")
    with (moved / "requirements" / "ops.txt").open("a", encoding="utf-8") as lock:
        lock.write("# changed\n")
    assert not bootstrap.is_ready(moved, "ops")


@pytest.mark.req("A-01")
def test_both_kinds_of_wrapper_start_the_same_tasks() -> None:
    for name, word in (("deploy", "deploy"), ("test", "verify")):
        for suffix in ("sh", "ps1"):
            assert re.search(rf"\b{word}\b", (ROOT / "scripts" / f"{name}.{suffix}").read_text(encoding="ascii"))


@pytest.mark.req("A-02")
def test_a_folder_that_no_list_of_paths_can_hold_is_refused(
    checkout: Checkout, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "ROOT", checkout.root / "one:two")
    assert bootstrap.main(["ops"]) == bootstrap.PREFLIGHT
    said = capsys.readouterr().err
    assert "has a `:` in its path" in said
    assert [line.partition(":")[0] for line in said.splitlines()] == ["error", "why", "fix"]


@pytest.mark.req("A-02")
def test_an_environment_in_a_folder_of_any_name_is_known_to_be_in_its_place(checkout: Checkout) -> None:
    venv = checkout.root / "made"
    subprocess.run((sys.executable, "-m", "venv", "--without-pip", str(venv)), check=True)
    assert not bootstrap.is_moved(venv)
    assert bootstrap.is_moved(venv.rename(venv.with_name("moved")))
