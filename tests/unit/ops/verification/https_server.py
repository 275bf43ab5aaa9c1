"""An HTTPS server for one test, with a certificate of its own."""

from __future__ import annotations

import contextlib
import http.server
import json
import ssl
import threading
from collections.abc import Iterator
from typing import Any

DOMAIN = "slipway.localhost"


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers by path; `seen` keeps the requests and `left` how many more may pass before the 429."""

    protocol_version = "HTTP/1.1"
    seen: list[tuple[str, str, str]]
    left: dict[str, int]

    def do_GET(self) -> None:
        """Answer by path."""
        self.seen.append((self.command, self.path, self.headers["Host"]))
        if self.path == "/limited" and not self._may_pass():
            self._answer(429, b"", {"Retry-After": "0"})
        elif self.path == "/drip":
            self._drip()
        else:
            self._answer(
                200, json.dumps({"path": self.path}).encode(), {"X-Seen": "Yes", "X-Client": self.client_address[0]}
            )

    do_HEAD = do_GET  # noqa: N815 - the name that http.server looks for

    def do_POST(self) -> None:
        """Send the body back."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(202, body, {})

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in http.server
        """Keep quiet."""

    def _may_pass(self) -> bool:
        self.left["limited"] -= 1
        return self.left["limited"] >= 0

    def _drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(OSError):
            while not self.server.stopped.wait(0.05):  # type: ignore[attr-defined] # set by `serve` below
                self.wfile.write(b".")
        self.close_connection = True

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


@contextlib.contextmanager
def serve(handler: type[Handler], context: ssl.SSLContext) -> Iterator[int]:
    class Quiet(http.server.ThreadingHTTPServer):
        daemon_threads = False
        stopped = threading.Event()

        def get_request(self) -> tuple[Any, Any]:
            raw, address = super().get_request()
            raw.settimeout(5)
            return context.wrap_socket(raw, server_side=True, do_handshake_on_connect=False), address

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Say nothing: a client that does not trust us goes away in the middle."""

    with Quiet(("127.0.0.1", 0), handler) as opened:
        thread = threading.Thread(target=opened.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield opened.server_address[1]
        finally:
            opened.stopped.set()
            opened.shutdown()
            thread.join()
