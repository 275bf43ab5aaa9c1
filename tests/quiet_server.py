"""A server for tests whose visitors may go before they have their answer: a browser does, when its page is left."""

from __future__ import annotations

import sys
from http.server import ThreadingHTTPServer
from typing import Any


class QuietServer(ThreadingHTTPServer):
    """Prints no traceback for a connection that its visitor cut, and ends without waiting for others."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Show what else went wrong."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)
