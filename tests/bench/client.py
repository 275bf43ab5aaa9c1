"""How is one request made and its answer read, with nothing tried a second time?

HTTP libraries repeat a request whose kept-alive connection was dropped. That would hide what is measured here.
Standard library only: it also runs inside a container.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from dataclasses import dataclass

from tests.bench.traffic import Kind, Plan

MOST_BYTES = 4 * 2**20


class AnswerError(Exception):
    """No answer, or not a whole one; the text is the kind of failure."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: bytes
    is_kept_alive: bool

    @property
    def version(self) -> str:
        """Return the version that a health document names; empty when the answer is none."""
        if not self.body.startswith(b'{"status"'):
            return ""
        return str(json.loads(self.body).get("version", ""))


class Connection:
    """One TLS connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @property
    def is_usable(self) -> bool:
        """Tell whether the server has kept it open, as far as can be known before something is sent."""
        return not (self._reader.at_eof() or self._writer.is_closing())

    async def ask(self, request: bytes) -> Answer:
        """Send a request and read its answer; raises AnswerError."""
        try:
            self._writer.write(request)
            return await self._read()
        except asyncio.IncompleteReadError as error:
            raise AnswerError("closed within an answer" if error.partial else "closed without an answer") from error
        except (OSError, ValueError) as error:
            raise AnswerError(type(error).__name__) from error

    def close(self) -> None:
        """Close it, without waiting for the other side."""
        self._writer.transport.abort()

    async def _read(self) -> Answer:
        head = await self._reader.readuntil(b"\r\n\r\n")
        first, *lines = head[:-4].decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if headers.get("transfer-encoding", "").lower() == "chunked":
            body = await self._read_chunks()
        else:
            body = await self._reader.readexactly(min(int(headers.get("content-length", "0")), MOST_BYTES))
        return Answer(int(first.split(" ", 2)[1]), body, headers.get("connection", "").lower() != "close")

    async def _read_chunks(self) -> bytes:
        body = b""
        while size := int(await self._reader.readuntil(b"\r\n"), 16):
            if len(body) + size > MOST_BYTES:
                raise ValueError("the answer is too long")
            body += await self._reader.readexactly(size)
            await self._reader.readuntil(b"\r\n")
        await self._reader.readuntil(b"\r\n")
        return body


async def connect(plan: Plan, source: str, context: ssl.SSLContext) -> Connection:
    """Open a connection from an address; raises AnswerError."""
    try:
        pair = await asyncio.open_connection(
            plan.address, plan.port, ssl=context, server_hostname=plan.host, local_addr=(source, 0)
        )
    except OSError as error:
        raise AnswerError(f"no connection ({type(error).__name__})") from error
    return Connection(*pair)


def request_bytes(plan: Plan, kind: Kind) -> bytes:
    """Return what is sent for a kind of request."""
    ending = "Connection: close\r\n" if kind.is_fresh else ""
    head = f"{kind.method} {kind.path} HTTP/1.1\r\nHost: {plan.host}\r\n{ending}"
    if kind.method == "GET":
        return f"{head}\r\n".encode()
    body = plan.body.encode()
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
