from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.scripts.powershell_fixtures import (
    DEFAULTS,
    MODES,
    ROOT,
    SCRIPTS,
    WORDS_OF,
    flags,
    kebab,
    newer_than_5,
    parameters_of,
)

OF_EVERY_WORD = {"Env": "string"}  # no switch of a task: every word takes it


@pytest.mark.req("A-24")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_windows_powershell_5_knows_all_that_a_script_uses(script: Path) -> None:
    assert newer_than_5(script.read_bytes()) == []


@pytest.mark.req("A-24")
@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("$a ? 1 : 2", "it does not parse"),
        ("$a ?? 3", "it does not parse"),
        ("$a ??= 3", "it does not parse"),
        ("${a}?.b", "it does not parse"),
        ("one && two", "a chain: &&"),
        ("one || two", "a chain: ||"),
        ("if ($IsWindows) { 1 }", "a variable: $IsWindows"),
        ("Join-Path a b c", "Join-Path with 3 paths"),
        ("1 | ForEach-Object -Parallel { 1 }", "a parameter: foreach-object -parallel"),
        ("'{}' | ConvertFrom-Json -AsHashtable", "a parameter: convertfrom-json -ashashtable"),
        ("function f { clean { 1 } }", "a command: clean"),
        ("Out-File x -Encoding utf8NoBOM", "an encoding: Out-File x -Encoding utf8NoBOM"),
        ('"`e[31m"', 'an escape: "`e[31m"'),
        ("'\u2192'", "it is not ASCII"),
    ],
)
def test_what_only_powershell_7_has_is_noticed(written: str, found: str) -> None:
    assert newer_than_5(written.encode()) == [found]


@pytest.mark.req("A-01")
@pytest.mark.parametrize("name", ["deploy", "test"])
def test_a_powershell_wrapper_has_a_parameter_for_each_flag_of_its_tasks(name: str) -> None:
    modes = dict.fromkeys(MODES, "switch") if name == "deploy" else {}
    expected = flags(*WORDS_OF[name]) | OF_EVERY_WORD | modes | dict.fromkeys(DEFAULTS, "switch")
    assert parameters_of(f"{name}.ps1") == expected


@pytest.mark.req("A-01", "D-03")
@pytest.mark.parametrize("name", ["deploy", "test"])
def test_an_environment_that_is_empty_is_passed_on_to_be_refused(name: str) -> None:
    script = (ROOT / "scripts" / f"{name}.ps1").read_text(encoding="ascii")
    passed = "if ($PSBoundParameters.ContainsKey('Env')) { $words += \"--env=$Env\" }"
    assert f"\n{passed}" in script


@pytest.mark.req("A-01")
@pytest.mark.parametrize("name", ["deploy", "test"])
def test_each_parameter_becomes_the_flag_of_its_name(name: str) -> None:
    script = (ROOT / "scripts" / f"{name}.ps1").read_text(encoding="ascii")
    for parameter, kind in flags(*WORDS_OF[name]).items():
        word = f"'{kebab(parameter)}'"
        added = word if kind == "switch" else f"@({word}, ${parameter})"
        assert f"\nif (${parameter}) {{ $words += {added} }}\n" in script


@pytest.mark.req("A-01")
def test_each_mode_becomes_the_word_of_its_task() -> None:
    script = (ROOT / "scripts" / "deploy.ps1").read_text(encoding="ascii")
    for mode, word in MODES.items():
        assert f"\nif (${mode}) {{ $modes += '{word}' }}\n" in script
    assert "\n$words = @('verify')\n" in (ROOT / "scripts" / "test.ps1").read_text(encoding="ascii")


@pytest.mark.req("A-01", "A-24")
def test_programs_are_started_at_one_place_where_stderr_is_no_error() -> None:
    text = "\n".join(path.read_text(encoding="ascii") for path in SCRIPTS)
    starts = re.findall(r"^.*(?:^|[{(;|]) *& .*$", text, flags=re.MULTILINE)
    assert starts == ["    if ($Quiet) { & $Program @Words 2>$null | Out-Null } else { & $Program @Words }"]
    door = text[text.index("function Start-Program") : text.index("function Stop-Wrapper")]
    assert "$ErrorActionPreference = 'Continue'" in door
    assert "$PSNativeCommandUseErrorActionPreference = $false" in door


@pytest.mark.req("A-01")
def test_words_with_blanks_quotes_and_nothing_at_all_arrive_as_they_were_typed(tmp_path: Path) -> None:
    typed = ["echo", "--first", "two words", "--second", "", "--third", 'a "b c" \\', "--fourth", "\u00e4"]
    (tmp_path / "tasks.py").write_text(
        "from invoke import task\n@task\ndef echo(c, first, second, third, fourth):\n"
        "    print(ascii([first, second, third, fourth]))\n    raise SystemExit(7)\n",
        encoding="utf-8",
    )
    encoded = base64.b64encode("\0".join(typed).encode()).decode()
    done = subprocess.run(
        (sys.executable, "-X", "utf8", str(ROOT / "scripts" / "words.py")),
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "SLIPWAY_WORDS": encoded},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr, done.returncode) == (ascii(typed[2::2]), "", 7)
