from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import tree_sitter
import tree_sitter_powershell

from scripts import bootstrap

ROOT = Path(__file__).resolve().parents[2]
POWERSHELL = sorted((ROOT / "scripts").glob("*.ps1"))
pytestmark = pytest.mark.req("A-01")

TOLD = '#!/bin/sh\nprintf "%s|" "${0##*/}" "$@"\nexit 7\n'
# a switch of deploy.ps1 -> what `invoke` is told
SWITCHES = {
    "UpdateOnly": "$word = 'update'",
    "Preflight": "$word = 'plan'",
    "Target": "$words += @('--target', $Target)",
    "SkipAllowlist": "$words += '--skip-allowlist'",
    "NoTimestamp": "$words += '--no-timestamp'",
    "Json": "$words += '--json'",
    "Plan": "$words += '--plan'",
    "Rest": "$words += $Rest",
}


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
    root = tmp_path / "a checkout"
    shutil.copytree(ROOT / "scripts", root / "scripts")
    shutil.copytree(ROOT / "requirements", root / "requirements")
    tools = root / ".venv" / "bin"
    tools.mkdir(parents=True)
    (tools / "python").symlink_to(sys.executable)
    for name in ("invoke", "nox"):
        (tools / name).write_text(TOLD, encoding="utf-8")
        (tools / name).chmod(0o755)
    (root / ".venv" / ".slipway-stamp").write_text(bootstrap.stamp(root, "dev"), encoding="utf-8")
    return Checkout(root)


@pytest.mark.parametrize(
    ("script", "arguments", "told"),
    [
        ("deploy.sh", ("--target", "local"), "invoke|deploy|--target|local|"),
        ("deploy.sh", ("--help",), "invoke|deploy|--help|"),
        ("deploy.sh", ("--full", "--timestamped"), "invoke|deploy|"),
        ("deploy.sh", ("--update-only", "--json"), "invoke|update|--json|"),
        ("deploy.sh", ("--json", "--preflight"), "invoke|plan|--json|"),
        ("deploy.sh", ("--target", "two words", "", '"$x'), 'invoke|deploy|--target|two words||"$x|'),
        ("test.sh", ("--target", "local", "--json"), "invoke|verify|--target|local|--json|"),
        ("check.sh", (), "nox|"),
        ("check.sh", ("-s", "unit"), "nox|-s|unit|"),
    ],
)
def test_a_wrapper_passes_its_arguments_and_the_exit_code(
    checkout: Checkout, script: str, arguments: tuple[str, ...], told: str
) -> None:
    done = checkout.run(script, *arguments)
    assert (done.stdout, done.stderr, done.returncode) == (told, "", 7)


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


def test_a_changed_lock_or_a_moved_checkout_makes_the_environment_stale(checkout: Checkout) -> None:
    moved = checkout.root.rename(checkout.root.with_name("elsewhere"))
    assert not bootstrap.is_ready(moved, "ops")
    (moved / ".venv" / ".slipway-stamp").write_text(bootstrap.stamp(moved, "ops"), encoding="utf-8")
    assert bootstrap.is_ready(moved, "ops")
    with (moved / "requirements" / "ops.txt").open("a", encoding="utf-8") as lock:
        lock.write("# changed\n")
    assert not bootstrap.is_ready(moved, "ops")


@pytest.mark.parametrize("script", POWERSHELL, ids=lambda path: path.name)
def test_powershell_can_parse_each_script(script: Path) -> None:
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))
    assert not parser.parse(script.read_bytes()).root_node.has_error


@pytest.mark.parametrize("script", POWERSHELL, ids=lambda path: path.name)
def test_windows_powershell_5_knows_all_that_a_script_uses(script: Path) -> None:
    text = script.read_text(encoding="ascii")
    assert re.findall(r"&&|\|\||\?\?|\?\.|\$Is(?:Windows|Linux|MacOS)|\bclean\s*\{", text) == []


@pytest.mark.parametrize(("switch", "told"), SWITCHES.items())
def test_each_powershell_switch_becomes_the_words_of_the_task(switch: str, told: str) -> None:
    text = (ROOT / "scripts" / "deploy.ps1").read_text(encoding="ascii")
    assert re.search(rf"^if \(\${switch}[^)]*\) \{{ {re.escape(told)} \}}$", text, flags=re.MULTILINE)


def test_powershell_offers_the_switches_of_the_table_and_the_two_defaults() -> None:
    text = (ROOT / "scripts" / "deploy.ps1").read_text(encoding="ascii")
    offered = set(
        re.findall(r"^ *(?:\[Parameter.*\] )?\[(?:switch|string|string\[\])\] \$(\w+)", text, flags=re.MULTILINE)
    )
    assert offered == {*SWITCHES, "Full", "Timestamped"}


def test_both_kinds_of_wrapper_start_the_same_tasks() -> None:
    for name, word in (("deploy", "deploy"), ("test", "verify")):
        for suffix in ("sh", "ps1"):
            assert re.search(rf"\b{word}\b", (ROOT / "scripts" / f"{name}.{suffix}").read_text(encoding="ascii"))
