"""Do the words that people type explain themselves?"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest
from invoke.loader import FilesystemLoader
from invoke.tasks import Task

ROOT = Path(__file__).resolve().parents[2]
WORDS = (
    *("deploy", "destroy", "down", "history", "logs", "plan", "rehearse", "rollback", "scale", "status", "update"),
    "verify",
)
EVERYWHERE = tuple(word for word in WORDS if word not in {"destroy", "rehearse"})  # those are the cloud's alone


def words() -> dict[str, Task[Any]]:
    module, _ = FilesystemLoader(start=str(ROOT)).load("tasks")
    return {name: value for name, value in vars(module).items() if isinstance(value, Task)}


@pytest.mark.req("A-01")
def test_every_word_is_there() -> None:
    assert tuple(sorted(words())) == WORDS


@pytest.mark.parametrize("word", WORDS)
def test_every_parameter_of_a_word_has_a_help_text(word: str) -> None:
    task = words()[word]
    parameters = {name.replace("_", "-") for name in inspect.signature(task.body).parameters} - {"-"}
    assert set(task.help) == parameters
    assert (task.__doc__ or "").endswith(".")


@pytest.mark.parametrize("word", EVERYWHERE)
def test_every_word_has_a_target_and_speaks_json(word: str) -> None:
    parameters = inspect.signature(words()[word].body).parameters
    assert parameters["target"].default == "droplet"
    assert parameters["json"].default is False
