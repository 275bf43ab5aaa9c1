"""Does `invoke seed` say what is wrong when there is nothing that it could fill?"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ops.commands import seed as story
from ops.redact import Redactor
from ops.targets.base import Request


class Host:
    """A host with one database, and a seed that says something."""

    def __init__(self, *, state: str = "running", code: int = 0) -> None:
        self.rows = {"services": [{"service": "postgres", "state": state}]}
        self.code = code
        self.asked: list[tuple[str, ...]] = []

    def engine(self, *_: str) -> Any:
        """Return the status."""
        return self.rows

    def run(self, service: str, command: tuple[str, ...], *, timeout_s: float) -> tuple[int, str]:
        """Remember what was asked."""
        assert timeout_s < 600
        self.asked.append((service, *command))
        return self.code, "administrator: made\nwith canary-secret\n"


def ask(monkeypatch: pytest.MonkeyPatch, host: Host, *, organizations: int = 0) -> int:
    target = SimpleNamespace(reach=lambda _: None, close=lambda: None, host=host)
    target.settings = SimpleNamespace(notices=())
    target.redactor = Redactor({"DJANGO_ADMIN_PASSWORD": "canary-secret"})
    monkeypatch.setattr("ops.commands.output.open_target", lambda *_: target)
    request = Request(mode="seed", target="local")
    return story.seed(Path(), request, organizations=organizations, people=30 if organizations else 0, events=0)


@pytest.mark.req("A-12")
def test_the_seed_runs_in_its_own_environment_and_shows_no_secret(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    host = Host()
    assert ask(monkeypatch, host, organizations=7) == 0
    assert host.asked == [("seed", "python", "manage.py", "seed", "--organizations", "7", "--people", "30")]
    said = capsys.readouterr()
    assert "administrator: made" in said.out
    assert "canary-secret" not in said.out + said.err


def test_a_stack_that_is_down_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    host = Host(state="exited")
    assert ask(monkeypatch, host) == 2
    assert "the stack is down" in capsys.readouterr().err
    assert host.asked == []


def test_a_seed_that_fails_fails_the_word(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(monkeypatch, Host(code=1)) == 6
    assert "the seed failed" in capsys.readouterr().err
