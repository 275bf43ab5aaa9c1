from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from api.shared import loop as shared_loop
from api.shared.loop import Loop

MANY = 250


class Guests:
    """Counts who was let in; each is a protocol that does nothing."""

    def __init__(self) -> None:
        self.count = 0
        self.have_come = asyncio.Event()

    def new(self) -> asyncio.Protocol:
        """Return the protocol of the next one."""
        return Guest(self)


class Guest(asyncio.Protocol):
    """One who came."""

    def __init__(self, guests: Guests) -> None:
        self._guests = guests

    def connection_made(self, _transport: asyncio.BaseTransport) -> None:
        """Count oneself."""
        self._guests.count += 1
        self._guests.have_come.set()


def _play(act: Callable[[], Coroutine[Any, Any, None]]) -> None:
    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(act())


async def _until(holds: Callable[[], bool], *, turns: int = 10_000) -> int:
    """Return how many turns of the loop it took."""
    for turn in range(turns):
        if holds():
            return turn
        await asyncio.sleep(0)
    raise AssertionError(f"not within {turns} turns")


@pytest.mark.req("B-09")
def test_all_who_wait_at_the_door_are_let_in_within_a_few_turns() -> None:
    async def act() -> None:
        guests = Guests()
        server = await asyncio.get_running_loop().create_server(guests.new, "127.0.0.1", 0, backlog=1000)
        callers = [socket.create_connection(server.sockets[0].getsockname()) for _ in range(MANY)]
        turns = await _until(lambda: guests.count == MANY)
        server.close()
        for caller in callers:
            caller.close()
        assert turns < MANY / 10

    _play(act)


@pytest.mark.req("B-01")
def test_a_closed_server_lets_nobody_in() -> None:
    async def act() -> None:
        guests = Guests()
        server = await asyncio.get_running_loop().create_server(guests.new, "127.0.0.1", 0)
        address = server.sockets[0].getsockname()
        server.close()
        await asyncio.sleep(0.01)  # libuv closes a handle in its next turn
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address, timeout=1)
        assert guests.count == 0

    _play(act)


@pytest.mark.req("B-09")
def test_without_file_descriptors_it_waits_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_loop, "PAUSE_S", 0.01)

    async def act() -> None:
        guests = Guests()
        with socket.create_server(("127.0.0.1", 0)) as listening:
            acceptor = shared_loop.Acceptor(asyncio.get_running_loop(), listening.fileno(), guests.new)
            full = _Full(acceptor.listening)
            monkeypatch.setattr(acceptor, "listening", full)
            with socket.create_connection(listening.getsockname()):
                await asyncio.wait_for(guests.have_come.wait(), timeout=5)
            assert full.has_refused
            acceptor.close()

    _play(act)


class _Full:
    """A listening socket of a process that may open no more files, once."""

    def __init__(self, real: socket.socket) -> None:
        self._real = real
        self.has_refused = False
        self.fileno = real.fileno
        self.close = real.close

    def accept(self) -> Any:
        if not self.has_refused:
            self.has_refused = True
            raise OSError(errno.EMFILE, "Too many open files")
        return self._real.accept()
