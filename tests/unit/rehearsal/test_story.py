from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import pytest

from rehearsal.rehearse import rehearse

SECRET = "5e1f0c9d8b7a6f5e4d3c2b1a0f9e8d7c"
# What a checkout does when somebody types `invoke deploy`: it notes its settings and leaves a folder.
TASKS = """
import os
from pathlib import Path

from invoke import task

def note(word):
    logs = Path("local_run_logs")
    folder = logs / f"{len(list(logs.iterdir()))}_{word}"
    folder.mkdir()
    files = Path(".env").read_text() + Path("api/main.py").read_text()
    (folder / "seen").write_text(os.environ.get("POSTGRES_PASSWORD", "") + files)
    raise SystemExit(int(os.environ.get("EXIT_CODE_OF_" + word, "0")))

@task
def deploy(_):
    note("deploy")

@task
def update(_):
    note("update")
"""


class FakeWorld:
    """A world with a droplet on which `containers` run, one list for each look."""

    looks: list[str]

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {"POSTGRES_PASSWORD": SECRET}
        self.parts = SimpleNamespace(cloud=SimpleNamespace(writes=list), machines=SimpleNamespace(all=tuple))

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True)
        return self

    def __exit__(self, *_: object) -> None:
        assert self.folder.is_dir()

    def droplet(self) -> Any:
        """Return a machine whose engine lists what is next."""
        return SimpleNamespace(run=lambda *_: self.looks.pop(0))


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a checkout that deploys to nowhere, with settings of the operator."""
    files = {
        "tasks.py": TASKS,
        "api/main.py": "import api\n",
        "local_run_logs/.gitkeep": "",
        ".env.example": "POSTGRES_PASSWORD=change-me\n",
        ".gitignore": ".env\n.local/\nlocal_run_logs/*\n!local_run_logs/.gitkeep\n",
        ".env": "POSTGRES_PASSWORD=of-the-operator\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    for words in (("init", "--quiet"), ("add", "--all")):
        subprocess.run(("git", "-C", str(tmp_path), *words), check=True)
    monkeypatch.setattr("rehearsal.rehearse.World", FakeWorld)
    monkeypatch.setattr(FakeWorld, "looks", ["api (1)", "api (1)"], raising=False)
    monkeypatch.setenv("POSTGRES_PASSWORD", "of-the-operator")
    return tmp_path


Told = Callable[[], dict[str, Any]]


@pytest.fixture
def told(capfd: pytest.CaptureFixture[str]) -> Told:
    """Return what the rehearsal printed for machines."""
    return lambda: dict(json.loads(capfd.readouterr().out))


def test_a_rehearsal_deploys_deploys_again_and_updates_after_a_change(checkout: Path, told: Told) -> None:
    assert rehearse(root=checkout, as_json=True) == 0
    laps = told()["laps"]
    assert [(lap["command"], lap["exit_code"]) for lap in laps] == [
        ("invoke deploy", 0),
        ("invoke deploy", 0),
        ("invoke update", 0),
    ]
    api = [(Path(lap["artifacts"]) / "seen").read_text().count("Changed by a rehearsal") for lap in laps]
    assert api == [0, 0, 1]
    assert "Changed" not in (checkout / "api" / "main.py").read_text()


def test_the_operators_settings_are_not_seen_and_the_rehearsals_do_not_stay(checkout: Path, told: Told) -> None:
    rehearse(root=checkout, as_json=True)
    for lap in told()["laps"]:
        assert SECRET in (Path(lap["artifacts"]) / "seen").read_text()
        assert "of-the-operator" not in (Path(lap["artifacts"]) / "seen").read_text()
    assert sorted(path.name for path in (checkout / ".local" / "rehearsal").iterdir()) == ["checkout", "lock"]
    assert not (checkout / ".local" / "rehearsal" / "checkout" / ".env").exists()


def test_a_second_deploy_that_changes_something_fails(
    checkout: Path, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeWorld, "looks", ["api (1)\nredis (7)", "api (2)\nredis (7)"])
    assert rehearse(root=checkout, as_json=True) == 9
    said = told()
    assert said["error"]["why"] == "nothing was different, yet these came or went: api (1), api (2)"
    assert len(said["laps"]) == 2


def test_a_command_that_fails_ends_it_with_the_same_exit_code(
    checkout: Path, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXIT_CODE_OF_update", "8")
    assert rehearse(root=checkout, as_json=True) == 8
    assert [lap["exit_code"] for lap in told()["laps"]] == [0, 0, 8]


def test_the_table_has_each_time_and_its_share_of_the_first(checkout: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert rehearse(root=checkout) == 0
    lines = capfd.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [["invoke", "deploy"], ["invoke", "deploy"], ["invoke", "update"]]
    assert "100%" in lines[0]
