"""What happens around each request? An id, a count while it runs, one log line, and no exception that gets away."""

from __future__ import annotations

import json
import re
import time
import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

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


class InFlight:
    """Counts the requests that run now, the probes apart."""

    def __init__(self) -> None:
        self.count = 0


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
        self.in_flight.count += not is_probe
        try:
            await self._answer(scope, receive, _Answer(send, request_id), is_probe=is_probe)
        finally:
            self.in_flight.count -= not is_probe

    async def _answer(self, scope: Scope, receive: Receive, answer: _Answer, *, is_probe: bool) -> None:
        started = time.perf_counter()
        try:
            await self.app(scope, receive, answer)
        except Exception:
            log.exception("request failed", method=scope["method"], path=scope["path"])
            if answer.status is not None:
                raise  # too late for another answer: the server must cut the connection
            await answer.internal_error()
        if not is_probe:
            milliseconds = round((time.perf_counter() - started) * 1000, 1)
            log.info(
                "request", method=scope["method"], path=scope["path"], status=answer.status, duration_ms=milliseconds
            )


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

    async def internal_error(self) -> None:
        """Answer 500 as RFC 9457 says, with nothing of the exception in it."""
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        problem = {"type": "about:blank", "title": status.phrase, "status": status, "request_id": self._request_id}
        body = json.dumps(problem).encode()
        headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
        await self({"type": "http.response.start", "status": int(status), "headers": headers})
        await self._send({"type": "http.response.body", "body": body})
