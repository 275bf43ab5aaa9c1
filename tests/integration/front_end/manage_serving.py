"""How is the pretended API of the coordinators' pages reached? By HTTP, in a thread of the test."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.integration.front_end.manage_api import Pretended
from tests.integration.front_end.manage_words import Answer
from tests.quiet_server import QuietServer


class Switch:
    """Stands before an API of which every test gets a fresh one."""

    def __init__(self) -> None:
        """Begin with an API that is well."""
        self.api = Pretended()

    def answer(self, method: str, target: str, body: Any) -> Answer:
        """Pass a request on."""
        return self.api.answer(method, target, body)

    def renew(self) -> Pretended:
        """Return an API that nobody has written to."""
        self.api = Pretended()
        return self.api


@contextlib.contextmanager
def serve(state: Switch, port: int = 0) -> Iterator[str]:
    """Serve it; yields host and port."""

    class Api(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            is_json = "json" in (self.headers.get("Content-Type") or "")
            status, body = state.answer(self.command, self.path, json.loads(raw) if is_json and raw else raw)
            sent = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json" if status < 400 else "application/problem+json")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any  # noqa: N815 - the base class names them so

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            """Stay quiet."""

    server = QuietServer(("127.0.0.1", port), Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
