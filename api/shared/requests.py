"""What happens around each request? An id, a count while it runs, one log line, and no exception that gets away."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
import time
import uuid
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, MutableMapping

    Scope = MutableMapping[str, Any]
    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    App = Callable[[Scope, Receive, Send], Awaitable[None]]

WELL_FORMED_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{7,63}", re.ASCII)
PROBES = frozenset({"/health", "/ready"})
log = structlog.stdlib.get_logger("slipway.requests")


def request_id_of(headers: list[tuple[bytes, bytes]]) -> str:
    """Take the caller's X-Request-Id when it is well-formed, else make one: what we log must not be theirs to shape."""
    given = [value.decode("latin-1") for name, value in headers if name.lower() == b"x-request-id"]
    if len(given) == 1 and WELL_FORMED_ID.fullmatch(given[0]):
        return given[0]
    return uuid.uuid4().hex


def without_trailing_slash(path: str) -> str:
    """Drop the slash at the end: a redirect would lose the prefix that Traefik stripped."""
    return path.rstrip("/") or "/"


@dataclass(eq=False)
class Running:
    """One request under way."""

    request_id: str
    method: str
    path: str
    task: asyncio.Task[Any] | None = field(default_factory=asyncio.current_task)
    is_cut: bool = False
    _started: float = field(default_factory=time.perf_counter)

    def say(self, severity: int, message: str, **more: object) -> None:
        """Log what became of it, and how long it ran."""
        milliseconds = round((time.perf_counter() - self._started) * 1000, 1)
        names = {"request_id": self.request_id, "method": self.method, "path": self.path}
        log.log(severity, message, **names, **more, duration_ms=milliseconds)

    def say_cut(self) -> None:
        """Log once that it does not get to its end."""
        if not self.is_cut:
            self.is_cut = True
            self.say(logging.WARNING, "request cut")


class InFlight:
    """The requests that run now, the probes apart."""

    def __init__(self) -> None:
        self._running: set[Running] = set()

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._running)

    @contextlib.contextmanager
    def holding(self, running: Running) -> Iterator[None]:
        """Count a request until the block ends."""
        self._running.add(running)
        try:
            yield
        finally:
            self._running.discard(running)

    def cut(self) -> None:
        """End what still runs. It is logged here, because a view in a thread of its own does not hear of it."""
        for running in tuple(self._running):
            running.say_cut()
            if running.task is not None:
                running.task.cancel()


class RequestMiddleware:
    """Pure ASGI, outermost: gives the id, counts, logs, and answers 500 when the application raised."""

    def __init__(self, app: App, *, in_flight: InFlight, root_path: str = "", strip_slash: bool = True) -> None:
        self.app = app
        self.root_path = root_path
        self.in_flight = in_flight
        self.strip_slash = strip_slash

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of the server."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = request_id_of(scope["headers"])
        bare = without_trailing_slash(scope["path"])
        is_probe = bare.removeprefix(self.root_path) in PROBES
        path = bare if self.strip_slash or is_probe else scope["path"]
        scope = {**scope, "path": path, "root_path": self.root_path}
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        running, answer = Running(request_id, scope["method"], path), _Answer(send, request_id)
        with contextlib.nullcontext() if is_probe else self.in_flight.holding(running):
            await self._answer(scope, receive, answer, running)
        if not is_probe and not running.is_cut:
            running.say(logging.INFO, "request", status=answer.status)

    async def _answer(self, scope: Scope, receive: Receive, answer: _Answer, running: Running) -> None:
        try:
            await self.app(scope, receive, answer)
        except asyncio.CancelledError:  # only when the server leaves: see `InFlight.cut`
            running.say_cut()
            if answer.status is None:
                await answer.problem(HTTPStatus.SERVICE_UNAVAILABLE)
        except Exception:
            log.exception("request failed", method=scope["method"], path=scope["path"])
            if answer.status is not None:
                raise  # too late for another answer: the server must cut the connection
            await answer.problem(HTTPStatus.INTERNAL_SERVER_ERROR)


class _Answer:
    """The `send` of one request: adds the id, remembers the status."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._request_id = request_id
        self.status: int | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = [*message.get("headers", []), (b"x-request-id", self._request_id.encode())]
            message = {**message, "headers": headers}
        await self._send(message)

    async def problem(self, status: HTTPStatus) -> None:
        """Answer as RFC 9457 says, with nothing of the exception in it."""
        problem = {"type": "about:blank", "title": status.phrase, "status": status, "request_id": self._request_id}
        body = json.dumps(problem).encode()
        headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
        await self({"type": "http.response.start", "status": int(status), "headers": headers})
        await self._send({"type": "http.response.body", "body": body})
