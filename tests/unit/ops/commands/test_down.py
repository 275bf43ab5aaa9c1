"""Is data deleted only after somebody said yes?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from ops.commands import down as command
from ops.errors import UsageError
from ops.redact import Redactor
from ops.targets import Request, Target


class Stopping:
    """A target whose engine notes how it is told to stop."""

    data_place = ".local/data"
    redactor = Redactor({})

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.host = self
        self.is_ready = True

    def reach(self, told: object) -> None:
        """Be there."""

    def engine(self, *words: str) -> dict[str, Any]:
        """Note what is asked."""
        self.asked.append(words)
        return {"stopped": ["api-1", "postgres-1"]}


@pytest.fixture
def stopping(monkeypatch: pytest.MonkeyPatch) -> Stopping:
    mine = Stopping()

    def guarded(_root: Path, _request: Request, act: Callable[[Target], int]) -> int:
        return act(cast("Target", mine))

    monkeypatch.setattr(command, "guarded", guarded)
    return mine


def down(*, volumes: bool, yes: bool = False) -> int:
    return command.down(Path(), Request(mode="down", target="local"), volumes=volumes, yes=yes)


@pytest.mark.req("D-01")
@pytest.mark.parametrize(("answer", "code", "asked"), [("y", 0, [("down", "--volumes")]), ("n", 1, []), ("", 1, [])])
def test_data_is_deleted_after_a_yes_alone(
    stopping: Stopping, monkeypatch: pytest.MonkeyPatch, answer: str, code: int, asked: list[tuple[str, ...]]
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _: answer)
    assert down(volumes=True) == code
    assert stopping.asked == asked


@pytest.mark.req("D-01")
def test_without_a_terminal_data_is_deleted_only_with_the_switch(
    stopping: Stopping, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    with pytest.raises(UsageError, match="without a terminal"):
        down(volumes=True)
    assert stopping.asked == []
    assert down(volumes=True, yes=True) == 0
    assert stopping.asked == [("down", "--volumes")]


@pytest.mark.req("D-01")
def test_a_stack_that_is_only_stopped_keeps_its_data_and_asks_nobody(
    stopping: Stopping, capsys: pytest.CaptureFixture[str]
) -> None:
    assert down(volumes=False) == 0
    assert stopping.asked == [("down",)]
    assert "stopped 2 replicas; its data is kept" in capsys.readouterr().err


def test_where_nothing_was_deployed_nothing_is_stopped(stopping: Stopping) -> None:
    stopping.is_ready = False
    assert down(volumes=True, yes=True) == 0
    assert stopping.asked == []
