from __future__ import annotations

import pytest
from invoke.collection import Collection

import tasks
from ops import deploy
from ops.commands.typed_words import TypedWords
from ops.targets import Request


def program() -> TypedWords:
    return TypedWords(name="Invoke", binary="invoke", namespace=Collection.from_module(tasks))


@pytest.mark.req("B-08")
def test_counts_reach_the_scaling_without_their_flag(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Request] = []
    monkeypatch.setattr(deploy, "run", lambda request, **_: asked.append(request))
    with pytest.raises(SystemExit):
        program().run(["invoke", "scale", "--target", "local", "api=3", "worker=2"])
    assert asked == [Request(mode="scale", target="local", counts=("api=3", "worker=2"))]


@pytest.mark.req("B-08")
def test_a_scale_without_a_count_shows_the_present_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Request] = []
    monkeypatch.setattr(tasks, "show_counts", lambda _, request: shown.append(request))
    with pytest.raises(SystemExit):
        program().run(["invoke", "scale"])
    assert shown == [Request(mode="scale", target="droplet")]
