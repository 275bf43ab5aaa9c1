"""Which event loop runs a server? uvloop's, which here also accepts everybody who waits to be accepted.

libuv accepts one connection in each turn of the loop. A turn with some hundreds of requests in it takes a tenth of a
second, so who came after them waited for seconds before anything they sent was read, health checks too.

    python -m uvicorn api.main:app --loop api.shared.loop:Loop
"""

from __future__ import annotations

import asyncio
import os
import socket
from typing import TYPE_CHECKING, Any

import uvloop

if TYPE_CHECKING:
    from collections.abc import Callable

AT_ONCE = 100
PAUSE_S = 0.5


class Loop(uvloop.Loop):
    """A loop whose servers accept up to `AT_ONCE` connections in a turn."""

    async def create_server(  # type: ignore[override]  # what uvloop says by many overloads
        self, protocol_factory: Callable[[], asyncio.BaseProtocol], *args: Any, **options: Any
    ) -> _Server:
        """Listen as uvloop does, with a second reader of each queue."""
        server: Any = await super().create_server(protocol_factory, *args, **options)
        return _Server(server, [Acceptor(self, one.fileno(), protocol_factory) for one in server.sockets])


class _Server:
    """uvloop's server, and the acceptors that close with it."""

    def __init__(self, server: Any, acceptors: list[Acceptor]) -> None:
        self._server = server
        self._acceptors = acceptors

    def __getattr__(self, name: str) -> Any:
        return getattr(self._server, name)

    def close(self) -> None:
        for acceptor in self._acceptors:
            acceptor.close()
        self._server.close()


class Acceptor:
    """Accepts from a listening socket that libuv accepts from, too."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, number: int, protocol_factory: Callable[[], asyncio.BaseProtocol]
    ) -> None:
        self._loop = loop
        self.listening = socket.socket(fileno=os.dup(number))
        self.listening.setblocking(False)
        self._protocol_factory = protocol_factory
        self._welcoming: set[asyncio.Task[Any]] = set()  # the loop alone would not keep them
        self._open()

    def close(self) -> None:
        """Accept nobody any more; who was accepted stays."""
        self._loop.remove_reader(self.listening)
        self.listening.close()

    def _open(self) -> None:
        if self.listening.fileno() >= 0:
            self._loop.add_reader(self.listening, self._accept)

    def _accept(self) -> None:
        for _ in range(AT_ONCE):
            try:
                connection, _ = self.listening.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError:  # out of file descriptors: at the next turn there will be no more of them
                self._loop.remove_reader(self.listening)
                self._loop.call_later(PAUSE_S, self._open)
                return
            connection.setblocking(False)
            task = self._loop.create_task(self._loop.connect_accepted_socket(self._protocol_factory, connection))
            self._welcoming.add(task)
            task.add_done_callback(self._welcoming.discard)
