"""Bytes through a channel of the connection, without waiting for ever."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator, Iterable
from typing import Any

SLICE_S = 0.5  # no wait is longer at a stretch, so that Ctrl-C is heard everywhere
CHUNK = 65536
Stdin = bytes | Iterable[bytes] | None


def send(channel: Any, stdin: Stdin, deadline: float) -> None:
    """Write all of stdin and end it; a command that ended before tells in its exit code why."""
    with contextlib.suppress(BrokenPipeError):
        for part in (stdin,) if isinstance(stdin, bytes) else stdin or ():
            rest = memoryview(part)
            while rest:
                rest = rest[_sent(channel, rest, deadline) :]
        channel.shutdown_write()


def chunks(
    receive: Callable[[int], bytes], channel: Any, deadline: float, *, idle_s: float | None = None
) -> Generator[bytes]:
    """Yield what comes until its end; TimeoutError after the deadline, or after `idle_s` of silence."""
    heard = time.monotonic()
    while True:
        now = time.monotonic()
        left_s = min(deadline, heard + idle_s if idle_s else deadline) - now
        if left_s <= 0:
            raise TimeoutError
        channel.settimeout(min(SLICE_S, left_s))
        try:
            chunk = receive(CHUNK)
        except TimeoutError:
            continue
        if not chunk:
            return
        heard = time.monotonic()
        yield chunk


def _sent(channel: Any, rest: memoryview, deadline: float) -> int:
    while (left_s := deadline - time.monotonic()) > 0:
        channel.settimeout(min(SLICE_S, left_s))
        try:
            return int(channel.send(rest[:CHUNK].tobytes()))
        except TimeoutError:
            continue
        except OSError as error:  # "Socket is closed": the channel's, because the command has ended
            raise BrokenPipeError from error
    raise TimeoutError
