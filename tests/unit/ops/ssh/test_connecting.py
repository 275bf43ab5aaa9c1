"""What is waited for when a host cannot be reached, and where does a second session go?"""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from ops.ssh.connection import Remote
from ops.ssh.errors import Login, UnknownNameError
from ops.ssh.session import open_session

LOGIN = Login(address="nohost.example", port=22, user="deploy", key=Path("k"), known_hosts=Path("kh"), alias="a")


class RefusedError(Exception):
    """What a transport raises for a session too many."""


class FakeTransport:
    """A transport that opens `sessions` channels, and notes that it was closed."""

    def __init__(self, sessions: int) -> None:
        self.left = sessions
        self.is_closed = False

    def open_session(self, timeout: float) -> FakeTransport:
        """Return a channel, which is no other thing here."""
        assert timeout > 0
        if not self.left:
            raise RefusedError
        self.left -= 1
        return self

    def close(self) -> None:
        """Note it."""
        self.is_closed = True


@pytest.fixture
def nobody_knows(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let no name resolve; return what was waited."""
    waited: list[float] = []

    def unknown(*_: Any, **__: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr("ops.ssh.connection.socket.create_connection", unknown)
    monkeypatch.setattr("ops.ssh.connection.time.sleep", waited.append)
    monkeypatch.setattr("ops.ssh.connection.signing_key", lambda *_, **__: None)
    return waited


def test_a_name_that_nobody_knows_is_told_at_once(nobody_knows: list[float]) -> None:
    with pytest.raises(UnknownNameError, match=r"no host is known by the name nohost\.example") as raised:
        Remote(LOGIN).connect(patience_s=30)
    assert (nobody_knows, raised.value.exit_code) == ([], 6)
    assert "Name or service not known" in raised.value.why


def test_a_name_that_was_known_a_moment_ago_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, nobody_knows: list[float]
) -> None:
    clock = iter(range(0, 1000, 4))
    monkeypatch.setattr("ops.ssh.connection.time.monotonic", lambda: float(next(clock)))
    remote = Remote(LOGIN)
    monkeypatch.setattr(remote, "_transport", type("Gone", (), {"is_active": lambda _: False})())
    with pytest.raises(UnknownNameError):
        remote.connect(patience_s=30)
    assert len(nobody_knows) > 1


def test_a_session_too_many_gets_a_connection_of_its_own_which_ends_with_it() -> None:
    first, second = FakeTransport(sessions=1), FakeTransport(sessions=1)
    one = open_session(first, lambda: second, refused=RefusedError)
    two = open_session(first, lambda: second, refused=RefusedError)
    assert (one, two.left) == (first, 0)
    two.close()
    assert (first.is_closed, second.is_closed) == (False, True)


def test_a_host_that_opens_no_session_at_all_leaves_no_connection_behind() -> None:
    second = FakeTransport(sessions=0)
    with pytest.raises(RefusedError):
        open_session(FakeTransport(sessions=0), lambda: second, refused=RefusedError)
    assert second.is_closed
