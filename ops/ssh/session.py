"""A session for one command: on the connection that there is, or on one of its own where the host allows no more."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

CHANNEL_S = 20.0


def open_session(transport: Any, another: Callable[[], Any], *, refused: type[Exception]) -> Any:
    """Return a channel for a command; `refused` is what the transport raises for a session too many.

    A host with `MaxSessions 1` refuses a second one as long as the first is open, or not yet forgotten: that one gets
    a connection of its own, which ends with it.
    """
    try:
        return transport.open_session(timeout=CHANNEL_S)
    except refused:
        own = another()
    with contextlib.ExitStack() as unless_open:
        unless_open.callback(own.close)
        channel = own.open_session(timeout=CHANNEL_S)
        unless_open.pop_all()
    return OwnChannel(channel, own)


class OwnChannel:
    """A channel whose connection has no other; closing it ends both."""

    def __init__(self, channel: Any, transport: Any) -> None:
        self._channel = channel
        self._own = transport

    def __getattr__(self, name: str) -> Any:
        """Be the channel in everything else."""
        return getattr(self._channel, name)

    def close(self) -> None:
        """End the channel and its connection."""
        self._channel.close()
        self._own.close()
