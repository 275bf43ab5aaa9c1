"""The sockets that `socket_holder` hands over.

Who asks for them, and how a program finds them that is started with them.
"""

from __future__ import annotations

import json
import os
import socket
import time
from pathlib import Path
from typing import Any

from ops.engine.processes import socket_holder, supervisor_rpc

TIMEOUT_S = 10.0
FIRST_FD = 3  # where whoever is handed sockets looks for them: sd_listen_fds(3)
APART = 64  # descriptors wait there while they are put in order


def socket_of(root: Path) -> Path:
    """Return where the holder of this `.local` answers."""
    return supervisor_rpc.found_socket(root / "supervisor").with_name(socket_holder.SOCKET)


def ask(place: Path, verb: str, **question: Any) -> tuple[dict[str, Any], list[int]]:
    """Ask the holder; return what it says and the descriptors that it hands over. OSError when it does not answer."""
    with socket.socket(socket.AF_UNIX) as door:
        door.settimeout(TIMEOUT_S)
        door.connect(str(place))
        door.sendall(json.dumps({"verb": verb, **question}).encode())
        text, handed, _, _ = socket.recv_fds(door, socket_holder.MOST_BYTES, 16)
    said = json.loads(text or b'{"error": "it ended"}')
    if "error" in said:
        raise OSError(said["error"])
    return said, handed


def take(root: Path, name: str, addresses: dict[str, str]) -> dict[str, str]:
    """Have the sockets of these addresses as systemd would hand them over; return what the environment says of them.

    It waits for a holder that comes up at the same time. Raises OSError when there is none.
    """
    until = time.monotonic() + TIMEOUT_S
    while True:
        try:
            said, handed = ask(socket_of(root), "take", name=name, addresses=addresses)
            break
        except (FileNotFoundError, ConnectionError):
            if time.monotonic() > until:
                raise
            time.sleep(0.05)  # waits for the holder's socket, up to TIMEOUT_S
    apart = [os.dup2(one, APART + number) for number, one in enumerate(handed)]
    for number, one in enumerate(apart):
        os.dup2(one, FIRST_FD + number, inheritable=True)
    for one in (*apart, *handed):
        if not FIRST_FD <= one < FIRST_FD + len(handed):
            os.close(one)
    return {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(len(handed)), "LISTEN_FDNAMES": ":".join(said["names"])}
