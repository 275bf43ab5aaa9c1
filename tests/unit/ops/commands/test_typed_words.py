from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest
from invoke.collection import Collection

import tasks
from ops.commands import dispatch, scale
from ops.commands.typed.words import TypedWords
from ops.targets import Request
from scripts import words

ROOT = Path(__file__).resolve().parents[4]


def program() -> TypedWords:
    return TypedWords(name="Invoke", binary="invoke", namespace=Collection.from_module(tasks))


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("deplyo", "No idea what 'deplyo' is! Did you mean `deploy`?"),
        ("stauts --target local", "No idea what 'stauts' is! Did you mean `status`?"),
        ("scael api=3", "No idea what 'scael' is! Did you mean `scale`?"),
        ("plan verfy", "No idea what 'verfy' is! Did you mean `verify`?"),
        ("deplyo --help", "No idea what 'deplyo' is! Did you mean `deploy`?"),
        ("--help deplyo", "No idea what 'deplyo' is! Did you mean `deploy`?"),
        ("deploy --taget local", "No idea what '--taget' is! Did you mean `--target`?"),
        ("logs --serivce=api", "No idea what '--serivce' is! Did you mean `--service`?"),
        ("update --timestamp", "No idea what '--timestamp' is! Did you mean `--no-timestamp`?"),
        ("update --rollback", "No idea what '--rollback' is! Did you mean `--no-rollback`?"),
        ("deploy --hlep", "No idea what '--hlep' is! Did you mean `--help`?"),
        ("--vresion", "No idea what '--vresion' is! Did you mean `--version`?"),
    ],
)
def test_an_unknown_word_or_switch_is_told_with_the_nearest_one(
    capsys: pytest.CaptureFixture[str], typed: str, told: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        program().run(["invoke", *typed.split()])
    assert (ended.value.code, *capsys.readouterr()) == (1, "", f"{told}\n")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("deploy local", "No idea what 'local' is!"),
        ("xyz", "No idea what 'xyz' is!"),
        ("plan --skip-dump", "No idea what '--skip-dump' is!"),  # a switch of another word
        ("deploy --target", "--target needs a value and was given none"),
    ],
)
def test_what_is_near_to_nothing_is_told_as_it_is(capsys: pytest.CaptureFixture[str], typed: str, told: str) -> None:
    with pytest.raises(SystemExit) as ended:
        program().run(["invoke", *typed.split()])
    assert (ended.value.code, *capsys.readouterr()) == (1, "", f"{told}\n")


@pytest.mark.req("B-08")
def test_counts_reach_the_scaling_without_their_flag(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Request] = []
    monkeypatch.setattr(dispatch, "run", lambda request, **_: asked.append(request))
    with pytest.raises(SystemExit):
        program().run(["invoke", "scale", "--target", "local", "api=3", "worker=2"])
    assert asked == [Request(mode="scale", target="local", counts=("api=3", "worker=2"))]


def test_a_scale_without_a_count_shows_the_present_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Request] = []
    monkeypatch.setattr(scale, "show_counts", lambda _, request: shown.append(request))
    with pytest.raises(SystemExit):
        program().run(["invoke", "scale"])
    assert shown == [Request(mode="scale", target="droplet")]


@pytest.mark.parametrize("started", [("-m", "invoke", "deplyo"), (str(ROOT / "scripts" / "words.py"),)])
def test_plain_invoke_and_the_powershell_wrappers_hear_of_the_nearest_word(started: tuple[str, ...]) -> None:
    typed = {words.KEY: base64.b64encode(b"deplyo").decode()}
    command = (sys.executable, *started)
    done = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | typed, cwd=ROOT, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "No idea what 'deplyo' is! Did you mean `deploy`?\n"
