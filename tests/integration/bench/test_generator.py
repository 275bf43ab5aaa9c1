"""Does the load generator tell of every failure, and ask nothing twice? Against a server that drops connections."""

from __future__ import annotations

import asyncio
import collections
import ssl

import trustme

from tests.bench.generator import Generator
from tests.bench.traffic import Kind, Plan

HOST = "site.test"
KINDS = (
    Kind(name="get", method="GET", path="/get", share=60),
    Kind(name="post", method="POST", path="/post", share=30),
    Kind(name="fresh", method="GET", path="/fresh", share=10, is_fresh=True),
)
DROPPED_EVERY = 10


class DroppingServer:
    """Answers in full, except that every tenth request finds its connection closed instead."""

    def __init__(self) -> None:
        self.asked: collections.Counter[str] = collections.Counter()
        self.dropped = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer on one connection until either side ends it."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")
                length = next((int(line[16:]) for line in lines if line.startswith("Content-Length: ")), 0)
                await reader.readexactly(length)
                self.asked[lines[0].split(" ")[1]] += 1
                if self.asked.total() % DROPPED_EVERY == 0:
                    self.dropped += 1
                    break
                body = b'{"status": "healthy", "version": "v1"}'
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        except (asyncio.IncompleteReadError, asyncio.CancelledError, OSError):
            pass  # the client has gone, or the test is over
        writer.close()


async def load(server: DroppingServer) -> Generator:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(context)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=context)
    plan = Plan(
        address="127.0.0.1",
        port=listening.sockets[0].getsockname()[1],
        host=HOST,
        authority=authority.cert_pem.bytes().decode(),
        kinds=KINDS,
        sources=("127.0.1.1", "127.0.1.2"),
        rate=200.0,
        seconds=1.0,
    )
    generator = Generator(plan)
    await generator.run(asyncio.Event())
    listening.close()
    return generator


def test_a_dropped_connection_is_a_failure_and_never_a_second_request() -> None:
    server = DroppingServer()
    generator = asyncio.run(load(server))
    failures = collections.Counter(row[3] for row in generator.rows if row[3])
    assert len(generator.rows) == 200
    assert server.asked.total() == 200
    assert failures == {"closed without an answer": server.dropped}
    assert server.dropped == 20
    assert {row[4] for row in generator.rows if not row[3]} == {"v1"}
    assert generator.counts["reused"] > 0
