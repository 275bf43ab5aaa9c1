"""What does a service of the small release answer? It runs in a container; standard library only."""

from __future__ import annotations

import http.server
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

SICK = Path("/tmp/sick")  # noqa: S108 - a tmpfs of its own
in_flight = 0
lock = threading.Lock()


class Handler(http.server.BaseHTTPRequestHandler):
    """Answer over kept-alive connections."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer /ready, /slow, /secret and anything else."""
        global in_flight  # noqa: PLW0603 - one count for the whole program
        asked = self.path != "/ready"
        with lock:
            in_flight += asked
        try:
            if self.path == "/slow":
                time.sleep(1.0)  # a request that outlives the switch
            self._answer()
        finally:
            with lock:
                in_flight -= asked

    def _answer(self) -> None:
        is_sick = self.path == "/ready" and SICK.exists()
        status = 503 if is_sick or os.environ.get("BROKEN") == self.path else 200
        answer = {"version": os.environ["VERSION"], "in_flight": in_flight, "secret": os.environ["SECRET"]}
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name of the base class
        """Write to stdout."""
        print(format % arguments, flush=True)  # noqa: T201 - a log


class Server(http.server.ThreadingHTTPServer):
    """Leave at once when told to: idle connections would keep it for long, and the engine has drained it."""

    daemon_threads = True
    request_queue_size = 128


def main() -> None:
    """Serve until SIGTERM, or beat like a heart when that is asked for; end at once when that is what is broken."""
    if os.environ.get("BROKEN") == "settings":
        sys.exit(f"cannot start with {os.environ['SECRET']}")
    if os.environ.get("BEAT"):
        while True:
            Path("/tmp/heartbeat").write_text(str(time.time()), encoding="utf-8")  # noqa: S108 - a tmpfs of its own
            print("a beat", flush=True)  # noqa: T201 - a log
            time.sleep(0.5)
    server = Server(("0.0.0.0", 8000), Handler)  # noqa: S104 - inside a container
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"serving {os.environ['VERSION']}", flush=True)  # noqa: T201 - a log
    server.serve_forever(poll_interval=0.05)


if __name__ == "__main__":
    main()
