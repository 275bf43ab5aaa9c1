"""Which SSH agents do tests log in with? OpenSSH's own, and one that signs as a token does, or misbehaves."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import re
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.components import OPENSSH

KIND, APPLICATION = b"sk-ssh-ed25519@openssh.com", b"ssh:"
TOUCHED = 1
Answer = Callable[[bytes], bytes | None]  # to a request, without its length; None: hang up


def text(value: bytes) -> bytes:
    """Write a string as the protocol has it."""
    return struct.pack(">I", len(value)) + value


def make_key(folder: Path, name: str, *, kind: str = "ed25519", passphrase: str = "") -> Path:
    """Make a key pair, and return the file of the private one."""
    path = folder / name
    words = (OPENSSH.path, "-q", "-t", kind, "-N", passphrase, "-C", "somebody", "-f", str(path))
    subprocess.run(words, check=True, timeout=60)
    return path


@contextlib.contextmanager
def openssh_agent(*keys: Path) -> Iterator[str]:
    """Run OpenSSH's agent with these keys; yield its socket."""
    started = subprocess.run(("ssh-agent", "-s"), capture_output=True, encoding="utf-8", check=True, timeout=30).stdout
    found = dict(re.findall(r"(SSH_\w+)=([^;]+);", started))
    environment = {**os.environ, **found}
    try:
        for key in keys:
            subprocess.run(
                ("ssh-add", "-q", str(key)), env=environment, check=True, timeout=30, stdin=subprocess.DEVNULL
            )
        yield found["SSH_AUTH_SOCK"]
    finally:
        subprocess.run(("ssh-agent", "-k"), env=environment, check=False, capture_output=True, timeout=30)


@contextlib.contextmanager
def agent_that(answer: Answer, folder: Path) -> Iterator[str]:
    """Run an agent that answers like this; yield its socket."""
    place = folder / "agent.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(place))
        listening.listen()
        threading.Thread(target=_serve, args=(listening, answer), daemon=True).start()
        yield str(place)


def _serve(listening: socket.socket, answer: Answer) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listening.accept()
            threading.Thread(target=_talk, args=(connection, answer), daemon=True).start()


def _talk(connection: socket.socket, answer: Answer) -> None:
    with connection, contextlib.suppress(OSError, struct.error):
        while True:
            (length,) = struct.unpack(">I", connection.recv(4))
            said = answer(connection.recv(length, socket.MSG_WAITALL))
            if said is None:
                return
            connection.sendall(text(said))


def listed(*blobs: bytes) -> bytes:
    """Return the answer that lists keys."""
    return bytes([12]) + struct.pack(">I", len(blobs)) + b"".join(text(blob) + text(b"a comment") for blob in blobs)


class Token:
    """A key on hardware, as far as whoever asks can tell."""

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()
        self.blob = text(KIND) + text(self._key.public_key().public_bytes_raw()) + text(APPLICATION)
        self.line = f"{KIND.decode()} {base64.b64encode(self.blob).decode()} a token"
        self.counter = 0

    def answer(self, request: bytes) -> bytes:
        """List the key, or sign with it as PROTOCOL.u2f says."""
        if request[0] != 13:  # SSH_AGENTC_SIGN_REQUEST
            return listed(b"\0\0\0\x07unknown", self.blob)
        rest = request[1:]
        (length,) = struct.unpack(">I", rest[:4])
        rest = rest[4 + length :]
        (length,) = struct.unpack(">I", rest[:4])
        data = rest[4 : 4 + length]
        self.counter += 1
        tail = struct.pack(">BI", TOUCHED, self.counter)
        signed = hashlib.sha256(APPLICATION).digest() + tail + hashlib.sha256(data).digest()
        return bytes([14]) + text(text(KIND) + text(self._key.sign(signed)) + tail)


def hanging(_: bytes) -> bytes | None:
    """Answer nothing for as long as a test lasts."""
    time.sleep(60)
    return None
