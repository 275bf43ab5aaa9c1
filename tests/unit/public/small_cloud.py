"""What does a cloud account answer that talks nonsense, that says nothing, or that holds one droplet?

The token decides, so that one server does for all.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

NONSENSE, SILENT, HOLDING = (f"dop_v1_{word}_0123456789abcdef" for word in ("nonsense", "silent", "holding"))
DROPLET = {
    "id": 7,
    "name": "slipway",
    "region": {"slug": "fra1"},
    "size_slug": "s-2vcpu-4gb",
    "networks": {"v4": [{"type": "public", "ip_address": "203.0.113.7"}], "v6": []},
    "status": "active",
    "created_at": "2026-11-21T03:00:00Z",
    "tags": ["slipway"],
}
HELD: dict[str, Any] = {
    "/v2/account": {"account": {"status": "active"}},
    "/v2/account/keys": {"ssh_keys": []},
    "/v2/droplets": {"droplets": [DROPLET]},
    "/v2/firewalls": {"firewalls": []},
    "/v2/reserved_ips": {"reserved_ips": []},
}


class SmallCloud(ThreadingHTTPServer):
    """A cloud on the loopback address; `asked` is set as soon as somebody waits for an answer that does not come."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked = threading.Event()
        self.over = threading.Event()

    @property
    def url(self) -> str:
        """Return where it answers."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: SmallCloud

    def do_GET(self) -> None:
        """Answer as the token says."""
        token = self.headers["Authorization"].removeprefix("Bearer ")
        if token == SILENT:
            self.server.asked.set()
            self.server.over.wait()
        elif token == NONSENSE:
            self._answer(HTTPStatus.OK, [])
        else:
            held = HELD.get(self.path.partition("?")[0])
            missing = {"id": "not_found", "message": "it is not there"}
            self._answer(HTTPStatus.OK if held else HTTPStatus.NOT_FOUND, held or missing)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the method that it replaces
        """Say nothing."""

    def _answer(self, status: int, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def small_cloud() -> Iterator[SmallCloud]:
    """Run one, until nobody needs it any more."""
    with SmallCloud() as cloud:
        serving = threading.Thread(target=cloud.serve_forever, args=(0.05,), daemon=True)
        serving.start()
        try:
            yield cloud
        finally:
            cloud.over.set()
            cloud.shutdown()
            serving.join()
