"""A client of HTTP/2 with one request at a time, that hears what a browser hears: GOAWAY is no error."""

from __future__ import annotations

import socket
import ssl
import struct
from typing import NamedTuple

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RESET, SETTINGS, PING, GOAWAY, WINDOW = 0, 1, 3, 4, 6, 7, 8
END_STREAM, END_HEADERS, ACK = 1, 4, 1
ROOM = 1 << 30
STATUS_200 = 0x88  # the entry of HPACK's static table


class Frame(NamedTuple):
    """One frame of a connection."""

    kind: int
    flags: int
    stream: int
    payload: bytes


class Http2:
    """One connection, for as long as the server wants it."""

    def __init__(self, port: int, *, trust: ssl.SSLContext, domain: str, timeout_s: float) -> None:
        trust.set_alpn_protocols(["h2"])
        plain = socket.create_connection(("127.0.0.1", port), timeout_s)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = trust.wrap_socket(plain, server_hostname=domain)
        self._domain = domain
        self._next = 1
        self.is_leaving = False  # the server asked to connect anew
        hello = _frame(SETTINGS, 0, 0, struct.pack("!HI", 4, ROOM)) + _frame(WINDOW, 0, 0, struct.pack("!I", ROOM))
        self._socket.sendall(PREFACE + hello)

    def request(self, method: str, path: str, *, body: bytes = b"") -> int:
        """Ask, and return 200, or 0 for another status; ConnectionError when there is no answer."""
        stream, self._next = self._next, self._next + 2
        pairs = [(":method", method), (":scheme", "https"), (":path", path), (":authority", self._domain)]
        pairs += [("content-length", str(len(body)))] if body else []
        block = b"".join(_literal(name) + _literal(value, prefix=b"") for name, value in pairs)
        flags = END_HEADERS | (0 if body else END_STREAM)
        self._socket.sendall(_frame(HEADERS, flags, stream, block))
        if body:
            self._socket.sendall(_frame(DATA, END_STREAM, stream, body))
        status = -1
        while True:
            frame = self._read()
            if frame.kind == GOAWAY:
                self.is_leaving = True
                if struct.unpack("!I", frame.payload[:4])[0] < stream:
                    raise NotTakenError
            if frame.stream != stream:
                continue
            if frame.kind == RESET:
                raise ConnectionResetError("the stream was reset")
            if frame.kind == HEADERS and status < 0:
                status = 200 if frame.payload[0] == STATUS_200 else 0
            if frame.kind in {HEADERS, DATA} and frame.flags & END_STREAM:
                return status

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def _read(self) -> Frame:
        head = self._exactly(9)
        length, kind, flags = int.from_bytes(head[:3]), head[3], head[4]
        frame = Frame(kind, flags, int.from_bytes(head[5:]), self._exactly(length))
        if kind in {SETTINGS, PING} and not flags & ACK:
            self._socket.sendall(_frame(kind, ACK, 0, frame.payload if kind == PING else b""))
        return frame

    def _exactly(self, count: int) -> bytes:
        found = b""
        while len(found) < count:
            part = self._socket.recv(count - len(found))
            if not part:
                raise ConnectionResetError("the server closed the connection")
            found += part
        return found


class NotTakenError(Exception):
    """The server said that it has not touched this request: it is asked again on another connection."""


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3) + bytes((kind, flags)) + stream.to_bytes(4) + payload


def _literal(text: str, *, prefix: bytes = b"\0") -> bytes:
    """Return a string of HPACK; with a prefix, the name of a field that nobody has to remember."""
    return prefix + bytes((len(text),)) + text.encode()
