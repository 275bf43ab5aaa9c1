"""What stands behind Traefik in the edge's tests, and what was it asked?"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import ClassVar

from tests.quiet_server import QuietServer

SLOW_S = 2.0
SERVICES = ("api", "django", "react-app", "nginx-static")


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was asked; hangs up on `/hang-up`; takes its time for `/slow`; claims what is careless."""

    protocol_version = "HTTP/1.1"
    service = ""
    seen: ClassVar[list[tuple[str, str, str]]] = []  # service, method and path of what visitors ask

    def do_GET(self) -> None:
        """Answer any method."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if "X-Forwarded-For" in self.headers:  # a visitor's, and not Traefik's own question whether this is well
            self.seen.append((self.service, self.command, self.path))
        if self.path == "/hang-up":
            self.close_connection = True
            return
        if self.path == "/slow":
            time.sleep(SLOW_S)
        told = {"service": self.service, "method": self.command, "path": self.path, "bytes": len(body)}
        answer = json.dumps({**told, "headers": dict(self.headers), "padding": " " * 2000}).encode()
        self.send_response(404 if self.path == "/missing" else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("X-Powered-By", "carelessness/1.0")
        self.send_header("Content-Security-Policy", "script-src 'unsafe-inline'")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer)

    do_HEAD = do_GET  # noqa: N815 - http.server looks for these names
    do_POST = do_GET  # noqa: N815 - the same

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Stay quiet."""


@contextlib.contextmanager
def echo_services(names: tuple[str, ...] = SERVICES) -> Iterator[dict[str, list[str]]]:
    """Run one echo server per service; yield service -> servers."""
    running: list[QuietServer] = []
    try:
        for name in names:
            handler = type("Handler", (Echo,), {"service": name})
            server = QuietServer(("127.0.0.1", 0), handler)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            running.append(server)
        yield {name: [f"127.0.0.1:{server.server_port}"] for name, server in zip(names, running, strict=True)}
    finally:
        for server in running:
            server.shutdown()
            server.server_close()
