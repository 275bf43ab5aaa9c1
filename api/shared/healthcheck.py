"""Is the server in this container well? Exit 0 when its own `/health` says so; standard library only, to start fast."""

from __future__ import annotations

import http.client
import os
import sys

TIMEOUT_S = 4.0


def is_healthy(port: int) -> bool:
    """Ask 127.0.0.1; degraded counts as well, because a restart would not bring Redis back."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/health")
        response = connection.getresponse()
        if response.status == http.HTTPStatus.OK:
            return True
        sys.stderr.write(response.read(4096).decode(errors="replace") + "\n")
    except (OSError, http.client.HTTPException) as error:
        sys.stderr.write(f"no answer on 127.0.0.1:{port}: {error}\n")
    finally:
        connection.close()
    return False


if __name__ == "__main__":
    sys.exit(0 if is_healthy(int(os.environ.get("UVICORN_PORT", "8000"))) else 1)
