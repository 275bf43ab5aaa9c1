"""How long do requests take while a bounded number of clients ask without pause?"""

from __future__ import annotations

import asyncio
import ssl
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Load:
    """What was asked, and how it went. Times in milliseconds, sorted."""

    connections: int
    seconds: float
    latencies_ms: tuple[float, ...]
    failures: tuple[str, ...]

    @property
    def rate(self) -> float:
        """Return the answered requests a second."""
        return len(self.latencies_ms) / self.seconds

    def percentile_ms(self, share: float) -> float:
        """Return the latency that this share of the requests did not exceed."""
        return self.latencies_ms[min(len(self.latencies_ms) - 1, int(len(self.latencies_ms) * share))]


async def _client(
    port: int, host: str, path: str, *, context: ssl.SSLContext, until: float, times: list[float], failures: list[str]
) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=host)
    try:
        while time.perf_counter() < until:
            started = time.perf_counter()
            writer.write(request)
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), timeout=10)
            length = next(int(line[15:]) for line in head.split(b"\r\n") if line[:15].lower() == b"content-length:")
            await asyncio.wait_for(reader.readexactly(length), timeout=10)
            times.append((time.perf_counter() - started) * 1000)
            if b" 200 " not in head[:15]:
                failures.append(head.splitlines()[0].decode())
    except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
        failures.append(repr(error))
    finally:
        writer.close()


def measure(port: int, host: str, path: str, *, ca_file: str, connections: int, seconds: float) -> Load:
    """Ask one path of a server on the loopback address over TLS with keep-alive; at most 100 connections and 60 s."""
    if connections > 100 or seconds > 60:
        raise ValueError(f"{connections} connections for {seconds} s is more load than this may make")
    context = ssl.create_default_context(cafile=ca_file)
    times: list[float] = []
    failures: list[str] = []

    async def all_clients() -> None:
        until = time.perf_counter() + seconds
        clients = (
            _client(port, host, path, context=context, until=until, times=times, failures=failures)
            for _ in range(connections)
        )
        await asyncio.gather(*clients)

    asyncio.run(all_clients())
    return Load(connections, seconds, tuple(sorted(times)), tuple(failures))
