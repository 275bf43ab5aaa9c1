"""Do the words that people type explain themselves?"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest
from invoke.collection import Collection
from invoke.context import Context
from invoke.loader import FilesystemLoader
from invoke.parser import Parser
from invoke.tasks import Task

import tasks
from ops.commands import dispatch
from ops.targets.base import Request

ROOT = Path(__file__).resolve().parents[4]
WORDS = (
    *(
        "deploy",
        "destroy",
        "down",
        "environments",
        "history",
        "logs",
        "mail",
        "plan",
        "rehearse",
        "rollback",
        "scale",
        "seed",
    ),
    *("status", "update", "verify"),
)
ONE_PLACE = {"destroy", "environments", "rehearse", "mail", "seed"}  # of the cloud alone, of this machine alone
EVERYWHERE = tuple(word for word in WORDS if word not in ONE_PLACE)


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


def test_no_switch_has_a_dash_for_its_short_form() -> None:
    short = {word: name for word, task in words().items() for one in task.get_arguments() for name in one.nicknames}
    assert "-" not in short.values()
    assert {len(name) for name in short.values()} == {1}


@pytest.mark.req("B-02", "B-08")
def test_what_is_typed_arrives_in_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(dispatch, "run", lambda request, **_: asked.append(request))
    typed = (
        *("update --target local --no-rollback --skip-dump --allow-breaking-migration", "deploy --plan"),
        *("rollback --to 2026 --allow-interruption --lock-wait 5", "scale --count api=3 --reset --no-timestamp"),
    )
    contexts = Collection.from_module(tasks).to_contexts()
    for line in typed:
        [parsed] = Parser(contexts=contexts).parse_argv(line.split())
        with pytest.raises(SystemExit):
            getattr(tasks, str(parsed.name))(Context(), **{one.name: one.value for one in parsed.args.values()})
    local = Request(mode="update", target="local", no_rollback=True, skip_dump=True, allow_breaking_migration=True)
    assert asked == [
        local,
        Request(mode="plan", target="droplet"),
        Request(mode="rollback", target="droplet", to="2026", allow_interruption=True, lock_wait_s=5.0),
        Request(mode="scale", target="droplet", counts=("api=3",), reset=True, timestamp=False),
    ]


@pytest.mark.parametrize("word", EVERYWHERE)
def test_every_word_has_a_target_and_speaks_json(word: str) -> None:
    parameters = inspect.signature(words()[word].body).parameters
    assert parameters["target"].default == "droplet"
    assert parameters["json"].default is False
