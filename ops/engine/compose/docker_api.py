"""The Docker Engine's API on its socket.

A start of the `docker` program costs tens of milliseconds, a request here about one.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from ops.engine.errors import EngineError

SOCKET = Path("/var/run/docker.sock")
VERSION = "v1.44"  # Engine 25, the first that knows `start_interval`; the newest engines still speak it
ANSWER_TIMEOUT_S = 30.0
RESTART_TIMEOUT_S = 20.0  # while dockerd is restarted, the containers run on and nobody answers here
FORBIDDEN = 403  # of a network that has containers, or of a container that is in it already
NOT_FOUND = 404
CONFLICT = 409


class DockerRefusedError(EngineError):
    """The Engine answered with an error status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(
            "the Docker Engine refused a request", why=message, fix="run the same command again", family="host"
        )
        self.status = status


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path, *, timeout_s: float) -> None:
        super().__init__("docker", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        """Connect to the Unix socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class DockerApi:
    """The Engine's HTTP API; safe to use from several threads."""

    def __init__(self, path: Path = SOCKET) -> None:
        self._path = path

    def get(self, path: str, **query: Any) -> Any:
        """Return the JSON answer of a GET."""
        return self.ask("GET", path, query=query)

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, Any] | None = None,
        body: Any = None,
        timeout_s: float = ANSWER_TIMEOUT_S,
    ) -> Any:
        """Send a request and return its JSON answer, None without one; `DockerRefusedError` for an error status."""
        with self.open(method, path, query=query, body=body, timeout_s=timeout_s) as answer:
            content = answer.read()
        with contextlib.suppress(ValueError):
            return json.loads(content)
        return None

    @contextlib.contextmanager
    def open(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, Any] | None = None,
        body: Any = None,
        timeout_s: float | None = ANSWER_TIMEOUT_S,
    ) -> Iterator[http.client.HTTPResponse]:
        """Send a request and give its answer to be read; `timeout_s` holds for each wait, None waits for ever."""
        connection, answer = self._send(method, _target(path, query or {}), body=body, timeout_s=timeout_s)
        try:
            if answer.status >= http.client.BAD_REQUEST:
                raise DockerRefusedError(answer.status, _message(answer.read()))
            yield answer
        except (OSError, http.client.HTTPException) as error:
            raise _silent(f"{type(error).__name__}: {error}") from error
        finally:
            connection.close()

    def _send(
        self, method: str, target: str, *, body: Any, timeout_s: float | None
    ) -> tuple[_Connection, http.client.HTTPResponse]:
        """Send until something answers: all that is asked here may be asked twice."""
        content = json.dumps(body) if body is not None else None
        headers = {"Content-Type": "application/json"} if content else {}
        deadline = time.monotonic() + RESTART_TIMEOUT_S
        while True:
            connection = _Connection(self._path, timeout_s=timeout_s)  # type: ignore[arg-type]  # None is no timeout
            try:
                connection.request(method, target, body=content, headers=headers)
                return connection, connection.getresponse()
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                is_over = time.monotonic() >= deadline or isinstance(error, TimeoutError | PermissionError)
                if is_over:
                    raise _silent(f"{type(error).__name__}: {error}") from error
            time.sleep(0.25)


def frames(answer: http.client.HTTPResponse) -> Iterator[bytes]:
    """Yield what a container wrote, to either stream: each piece comes behind eight bytes that end with its length."""
    while len(header := answer.read(8)) == 8:  # noqa: PLR2004 - the size of the header
        yield answer.read(int.from_bytes(header[4:], "big"))


def filters(**wanted: list[str]) -> str:
    """Return the filters of a listing as the Engine reads them."""
    return json.dumps(wanted)


def _target(path: str, query: dict[str, Any]) -> str:
    words = {key: str(value).lower() if isinstance(value, bool) else value for key, value in query.items()}
    return f"/{VERSION}{path}?{urlencode(words)}" if words else f"/{VERSION}{path}"


def _message(content: bytes) -> str:
    try:
        return str(json.loads(content)["message"])
    except (ValueError, KeyError, TypeError):
        return content.decode("utf-8", "replace").strip()


def _silent(why: str) -> EngineError:
    return EngineError("the Docker Engine does not answer", why=why, fix="run the same command again", family="host")
