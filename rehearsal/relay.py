"""How does a connection behave when the other end is far away, or when the cable is pulled?

`python -m rehearsal.relay 127.0.0.2:443 203.0.113.7:443 100` adds 100 ms of round trip until Ctrl-C.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self

from ops import screen
from ops.engine.interrupts import hear_interrupts
from rehearsal.alone import wait_until_interrupted

_CHUNK_BYTES = 65536
_CHUNKS_ON_THE_WAY = 512  # 32 MiB: what a fast line holds in a long round trip
_START_TIMEOUT_S = 10.0

Address = tuple[str, int]
Ends = tuple[asyncio.StreamWriter, asyncio.StreamWriter]


class Relay:
    """A TCP relay, for as long as the `with` block lasts.

    =============================================  =====================================================
    Relay(("127.0.0.2", 443), far, rtt_ms=100)     each round trip takes 100 ms longer, the first one too
    relay.cut()                                    every connection is reset, new ones too
    relay.stall()                                  nothing passes and nobody is told: a pulled cable
    relay.heal()                                   new connections pass again; stalled ones go on
    =============================================  =====================================================

    Port 0 takes a free one, which `port` tells.
    """

    def __init__(self, near: Address, far: Address, *, rtt_ms: float = 0.0) -> None:
        self.host, self.port = near
        self.far = far
        self.half_s = rtt_ms / 2000
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="relay", daemon=True)
        self._connections: set[Ends] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._is_cut = False
        self._flows = asyncio.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        self._call(self._listen())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_START_TIMEOUT_S)
        self._loop.close()

    def cut(self) -> None:
        """Reset every connection, and each new one, until `heal`."""
        self._call(self._cut())

    def stall(self) -> None:
        """Let nothing pass and tell nobody, until `heal`."""
        self._call(self._set_flowing(is_flowing=False))

    def heal(self) -> None:
        """Let everything pass again."""
        self._call(self._set_flowing(is_flowing=True))

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(_START_TIMEOUT_S)

    async def _listen(self) -> None:
        self._flows.set()
        self._server = await asyncio.start_server(self._accept, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        self._server.close()
        await self._cut()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _cut(self) -> None:
        self._is_cut = True
        for ends in tuple(self._connections):
            for end in ends:
                end.transport.abort()

    async def _set_flowing(self, *, is_flowing: bool) -> None:
        if is_flowing:
            self._is_cut = False
            self._flows.set()
        else:
            self._flows.clear()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection in a task of our own: one that `asyncio` made would complain when it is cancelled."""
        serving = self._loop.create_task(self._serve(reader, writer))
        self._serving.add(serving)
        serving.add_done_callback(lambda ended: self._end(ended, writer))

    def _end(self, ended: asyncio.Task[None], writer: asyncio.StreamWriter) -> None:
        self._serving.discard(ended)
        if ended.cancelled():
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        await asyncio.sleep(2 * self.half_s)  # what the handshake of TCP would have taken
        await self._flows.wait()
        try:
            far_reader, far_writer = await asyncio.open_connection(*self.far)
        except OSError:
            writer.transport.abort()  # refused there is refused here
            return
        await self._join(reader, writer, far_reader, far_writer)

    async def _join(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        far_reader: asyncio.StreamReader,
        far_writer: asyncio.StreamWriter,
    ) -> None:
        ends = (writer, far_writer)
        self._connections.add(ends)
        try:
            await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer), return_exceptions=True)
        finally:
            self._connections.discard(ends)
            for end in ends:
                end.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass bytes on in order, each chunk half a round trip after it came."""
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_CHUNKS_ON_THE_WAY)
        sender = asyncio.create_task(self._send(queue, writer))
        data = b""
        try:
            while data := await reader.read(_CHUNK_BYTES):
                await queue.put((self._loop.time() + self.half_s, data))
        except OSError:
            writer.transport.abort()  # a reset on one side is a reset on the other
        await queue.put((self._loop.time() + self.half_s, b""))
        await sender

    async def _send(self, queue: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
        while True:
            due, data = await queue.get()
            await asyncio.sleep(max(0.0, due - self._loop.time()))
            await self._flows.wait()
            with contextlib.suppress(OSError, RuntimeError):
                if not data:
                    writer.write_eof()
                    return
                writer.write(data)
                await writer.drain()


def main(arguments: list[str]) -> int:
    """Relay until Ctrl-C; returns the exit code."""
    if len(arguments) != 3:  # noqa: PLR2004 - near, far, milliseconds
        screen.talk(str(__doc__))
        return 2
    hear_interrupts()
    near, far = (_address(text) for text in arguments[:2])
    with contextlib.suppress(KeyboardInterrupt), Relay(near, far, rtt_ms=float(arguments[2])):
        wait_until_interrupted()
    return 0


def _address(text: str) -> Address:
    host, _, port = text.rpartition(":")
    return host, int(port)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
