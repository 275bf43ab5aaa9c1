"""How does a replica leave? `/ready` says 503 first; a moment later the server does what SIGTERM asks."""

from __future__ import annotations

import asyncio
import signal
import threading
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from types import FrameType

log = structlog.stdlib.get_logger("slipway.drain")


class Drain:
    """Whether SIGTERM came. The server closes its port at SIGTERM, so its own handler waits `notice_s` behind us.

    In that time new requests are still served, and whoever asks `/ready` learns that there will be no more soon.
    """

    def __init__(self, *, notice_s: float) -> None:
        self.notice_s = notice_s
        self.is_draining = False
        self.is_listening = False

    def listen(self) -> None:
        """Step in front of the server's SIGTERM handler; call inside its running event loop, as often as you like."""
        if self.is_listening:
            return
        self.is_listening = True
        servers_own = signal.getsignal(signal.SIGTERM)
        if threading.current_thread() is not threading.main_thread() or not callable(servers_own):
            return  # no server to step in front of: a test, or a server without a handler
        loop = asyncio.get_running_loop()

        def on_sigterm(number: int, frame: FrameType | None) -> None:
            if self.is_draining or loop.is_closed():
                servers_own(number, frame)  # asked twice: at once
                return
            self.is_draining = True
            loop.call_soon_threadsafe(loop.call_later, self.notice_s, servers_own, number, None)
            loop.call_soon_threadsafe(log.info, "draining")

        signal.signal(signal.SIGTERM, on_sigterm)
