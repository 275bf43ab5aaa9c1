"""How does a replica leave? `/ready` says 503 first; then the server waits for what runs; what is cut is logged."""

from __future__ import annotations

import asyncio
import contextvars
import signal
import threading
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from types import FrameType

    from .requests import InFlight

log = structlog.stdlib.get_logger("slipway.drain")


class Drain:
    """Whether SIGTERM came. The server closes its port at SIGTERM, so its own handler waits `notice_s` behind us.

    In that time new requests are still served, and whoever asks `/ready` learns that there will be no more soon.
    `grace_s` after it what still runs is cut. The server does that as well, but tells neither client nor log which
    requests those were, so its own timeout must not be shorter; equal is right, for it begins to count 0.1 s later.
    """

    def __init__(self, in_flight: InFlight, *, notice_s: float, grace_s: float) -> None:
        self.in_flight = in_flight
        self.notice_s = notice_s
        self.grace_s = grace_s
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

        def leave() -> None:
            servers_own(signal.SIGTERM, None)
            loop.call_later(self.grace_s, self.in_flight.cut)

        def give_notice() -> None:
            log.info("draining", in_flight=self.in_flight.count)
            loop.call_later(self.notice_s, leave)

        def on_sigterm(number: int, frame: FrameType | None) -> None:
            if loop.is_closed():
                servers_own(number, frame)
                return
            # Asked twice: at once. In a context of its own: the signal may come in the middle of some request.
            todo, self.is_draining = leave if self.is_draining else give_notice, True
            loop.call_soon_threadsafe(todo, context=contextvars.Context())

        signal.signal(signal.SIGTERM, on_sigterm)
