"""How does the fake cloud listen, and who may ask?"""

from __future__ import annotations

import contextlib
import json
import threading
import uuid
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from rehearsal.cloud.account import Account
from rehearsal.cloud.faults import Fault, Faults
from rehearsal.cloud.limits import Limits
from rehearsal.cloud.machines import Machines
from rehearsal.cloud.routes import find_route
from rehearsal.cloud.wire import ApiError, Reply, Request, error


@dataclass(kw_only=True)
class Doors:
    """What the handler needs: the account, who may ask, what goes wrong, and what was asked so far."""

    account: Account
    tokens: frozenset[str]
    readers: frozenset[str]
    limits: Limits
    faults: Faults = field(default_factory=Faults)
    seen: list[tuple[str, str]] = field(default_factory=list)


class FakeCloud:
    """DigitalOcean's API over plain HTTP, for as long as the `with` block lasts.

    `tokens` may do everything, `readers` only read. `account` is open for a test or rehearsal to look into, `faults`
    for its faults, and `seen` has each request as (method, path).
    """

    def __init__(
        self,
        machines: Machines,
        *,
        tokens: tuple[str, ...],
        readers: tuple[str, ...] = (),
        domains: tuple[str, ...] = (),
        address: tuple[str, int] = ("127.0.0.1", 0),
        boot_s: float = 0.0,
        settle_s: float = 0.0,
        limits: Limits | None = None,
    ) -> None:
        self.account = Account(machines=machines, boot_s=boot_s, settle_s=settle_s)
        for domain in domains:
            self.account.add_domain(domain)
        self._doors = Doors(
            account=self.account, tokens=frozenset(tokens), readers=frozenset(readers), limits=limits or Limits()
        )
        self.faults = self._doors.faults
        self.seen = self._doors.seen
        self._server = _Server(address, _Handler, self._doors)
        self.port: int = self._server.server_address[1]
        self.url = f"http://{address[0]}:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self.account.close()
        self._server.server_close()

    def writes(self) -> list[tuple[str, str]]:
        """Return the requests so far that were to change something."""
        return [(method, path) for method, path in self.seen if method != "GET"]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a client may keep its connection open for longer than we live

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler], doors: Doors) -> None:
        super().__init__(address, handler)
        self.doors = doors


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "fake-cloud"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        """Answer a request of any method."""
        parts = urlsplit(self.path)
        path = unquote(parts.path)
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length) if length else b""
        if path == "/whoami":
            self._send(200, self.client_address[0].encode(), kind="text/plain")
        elif path.startswith("/control/"):
            self._control(path, raw)
        else:
            self._api(path, query=dict(parse_qsl(parts.query)), raw=raw)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - the names that http.server looks for

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in http.server
        """Keep quiet: `seen` has the requests."""

    def _api(self, path: str, *, query: dict[str, str], raw: bytes) -> None:
        doors = self.server.doors
        doors.seen.append((self.command, path))
        fault = doors.faults.take(self.command, path)
        if fault.is_before or fault.is_late:
            doors.account.wait(fault.hang_s)
        if fault.is_before:
            reply = _refusal(fault)
        else:
            reply = self._answer(path, query=query, raw=raw, fault=fault)
            reply = _refusal(fault) if fault.status else reply
        if not (fault.is_before or fault.is_late):
            doors.account.wait(fault.hang_s)
        if fault.is_dropped:
            self.close_connection = True
            return
        self._send_reply(reply, fault=fault)

    def _answer(self, path: str, *, query: dict[str, str], raw: bytes, fault: Fault) -> Reply:
        doors = self.server.doors
        try:
            self._authorize(self.command)
            if too_many := doors.limits.count(self.command, path):
                raise too_many
            handler, named = find_route(self.command, path)
            base = f"http://{self.headers.get('Host', '')}"
            request = Request(
                method=self.command, path=path, named=named, query=query, body=_body(raw), base=base, fault=fault
            )
            with doors.account.lock:
                return handler(doors.account, request)
        except ApiError as refused:
            return refused.reply

    def _authorize(self, method: str) -> None:
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        doors = self.server.doors
        if scheme != "Bearer" or token not in doors.tokens | doors.readers:
            raise error(401)
        if method != "GET" and token not in doors.tokens:
            raise error(403)

    def _control(self, path: str, raw: bytes) -> None:
        """POST /control/faults adds one, DELETE forgets all, GET /control/seen tells what was asked so far."""
        doors = self.server.doors
        if (self.command, path) == ("POST", "/control/faults"):
            try:
                doors.faults.add(Fault(**json.loads(raw)))
            except (TypeError, ValueError) as wrong:
                self._send(422, json.dumps({"message": str(wrong), "fields": sorted(asdict(Fault()))}).encode())
                return
        elif (self.command, path) == ("DELETE", "/control/faults"):
            doors.faults.clear()
        elif (self.command, path) == ("GET", "/control/seen"):
            self._send(200, json.dumps(doors.seen).encode())
            return
        else:
            self._send(404, b"{}")
            return
        self._send(204, b"")

    def _send_reply(self, reply: Reply, *, fault: Fault) -> None:
        body = b"" if reply.body is None else json.dumps(reply.body).encode()
        body = body if fault.body is None else fault.body.encode()
        more = {**self.server.doors.limits.headers(), "x-request-id": str(uuid.uuid4())}
        if reply.retry_after:
            more["retry-after"] = reply.retry_after
        self._send(reply.status, body, more=more)

    def _send(
        self, status: int, body: bytes, *, kind: str = "application/json", more: dict[str, str] | None = None
    ) -> None:
        with contextlib.suppress(OSError):  # whoever asked may be gone
            self.send_response(status)
            self.send_header("Content-Type", kind)
            if status != 204:  # noqa: PLR2004 - no content
                self.send_header("Content-Length", str(len(body)))
            for name, value in (more or {}).items():
                self.send_header(name, value)
            self.end_headers()
            if status != 204:  # noqa: PLR2004 - no content
                self.wfile.write(body)


def _refusal(fault: Fault) -> Reply:
    return error(fault.status or 500, retry_after=fault.retry_after).reply


def _body(raw: bytes) -> dict[str, Any]:
    if not raw:
        return {}
    try:
        found = json.loads(raw)
    except ValueError:
        raise error(400) from None
    if not isinstance(found, dict):
        raise error(400)
    return found
