"""Questions to the supervisor. XML-RPC over a unix socket that only this user may open."""

from __future__ import annotations

import hashlib
import http.client
import os
import socket
import stat
import tempfile
import xmlrpc.client
from pathlib import Path
from typing import Any

from ops.engine.errors import EngineError

TIMEOUT_S = 10.0
PLACE = "socket"  # in the supervisor's folder: where the socket is, when it is elsewhere
# sockaddr_un holds 104 bytes on macOS, 108 on Linux; the supervisor binds a name with its process id at the end first.
LONGEST_PATH = 90


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("supervisor")  # a path is no name of a host: a blank in it, for one, would be refused
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(TIMEOUT_S)
        self.sock.connect(self._path)


class _Transport(xmlrpc.client.Transport):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = str(path)

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        connection = _Connection(self._path)
        self._connection = (host, connection)  # so that close() finds it
        return connection


def call(path: Path, method: str, *arguments: Any) -> Any:
    """Call a method of the supervisor's interface; raises OSError when none listens, Fault when it refuses."""
    with xmlrpc.client.ServerProxy("http://supervisor", transport=_Transport(path), allow_none=True) as proxy:
        try:
            return getattr(proxy, f"supervisor.{method}")(*arguments)
        except (http.client.HTTPException, xmlrpc.client.ProtocolError) as error:
            raise ConnectionError(f"the supervisor ended in the middle of {method}") from error


def found_socket(folder: Path) -> Path:
    """Return where the socket is; as it was noted when the supervisor started, whatever TMPDIR says by now."""
    noted = folder / PLACE
    return Path(noted.read_text(encoding="utf-8")) if noted.exists() else socket_path(folder)


def socket_path(folder: Path) -> Path:
    """Return where the socket goes: in this folder, or in a private one of short name when the path is too long."""
    wanted = folder / "supervisor.sock"
    if len(os.fsencode(wanted)) <= LONGEST_PATH:
        return wanted
    short = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"slipway-{os.getuid()}-{short}" / "supervisor.sock"


def make_socket_folder(path: Path) -> None:
    """Create the socket's folder for this user alone; raises EngineError when somebody else was there first."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = path.parent.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise EngineError(
            "the folder of the supervisor's socket is not safe",
            why=f"{path.parent} can be opened by other users",
            fix=f"chmod 700 {path.parent}",
            family="host",
        )
