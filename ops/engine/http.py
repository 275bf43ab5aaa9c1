"""An HTTP request to a server of the stack, and the address that it comes from."""

from __future__ import annotations

import http.client
import random
import socket
import ssl
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

TLS_TIMEOUT_S = 5.0
DEFAULT_CERTIFICATE = b"TRAEFIK DEFAULT CERT"
DNS_NAME = b"\x82"  # what a name of a certificate begins with, before its length: RFC 5280, dNSName
_MOST_BYTES = 4_000_000


@dataclass(frozen=True)
class Response:
    """A status and a body; status 0 when there was no answer, and then the body says why."""

    status: int
    body: bytes

    @property
    def is_good(self) -> bool:
        """Tell whether the status is a 2xx."""
        return 200 <= self.status < 300  # noqa: PLR2004 - the range of success in HTTP


class Fetch(Protocol):
    """Ask one URL; a test may answer from memory."""

    def __call__(self, url: str, *, host: str = "", timeout_s: float = 2.0) -> Response:
        """Return the answer; never raise because of the network."""


def fetch(url: str, *, host: str = "", timeout_s: float = 2.0) -> Response:
    """GET a plain-HTTP URL, with this Host header when one is given."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=timeout_s)
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    try:
        connection.request("GET", path, headers={"Host": host} if host else {})
        response = connection.getresponse()
        return Response(response.status, response.read(_MOST_BYTES))
    except (OSError, http.client.HTTPException) as error:
        return Response(0, f"{type(error).__name__}: {error}".encode())
    finally:
        connection.close()


def fetch_over_tls(address: tuple[str, int], path: str, *, host: str, source: str = "") -> Response:
    """GET a path of a site at this address, from a `source` if that matters; the answer has no status without one.

    Nor has it when the server shows a certificate that Traefik made up. Who signed it is the verification's to judge.
    """
    trusting = ssl._create_unverified_context()  # noqa: S323, SLF001 - see above
    connection = http.client.HTTPConnection(*address)
    try:
        plain = socket.create_connection(address, TLS_TIMEOUT_S, (source, 0) if source else None)
        connection.sock = trusting.wrap_socket(plain, server_hostname=host)
        if DEFAULT_CERTIFICATE in (connection.sock.getpeercert(binary_form=True) or b""):
            return Response(0, b"it has no certificate for this name")
        connection.request("GET", path, headers={"Host": host, "Connection": "close"})
        answer = connection.getresponse()
        return Response(answer.status, answer.read(_MOST_BYTES))
    except (OSError, http.client.HTTPException) as error:
        return Response(0, f"{type(error).__name__}: {error}".encode())
    finally:
        connection.close()


def shows_certificate(address: tuple[str, int], host: str) -> bool:
    """Tell whether a server at this address shows a certificate that names this host itself, whoever signed it."""
    trusting = ssl._create_unverified_context()  # noqa: S323, SLF001 - who signed it is the verification's to judge
    try:
        with (
            socket.create_connection(address, TLS_TIMEOUT_S) as plain,
            trusting.wrap_socket(plain, server_hostname=host) as secured,
        ):
            shown = secured.getpeercert(binary_form=True) or b""
    except OSError:
        return False
    return DNS_NAME + bytes([len(host)]) + host.encode() in shown


def own_loopback() -> str:
    """Return a loopback address that nobody else asks from; empty where there is only one, as on macOS."""
    drawn = random.SystemRandom()
    address = f"127.{drawn.randint(1, 254)}.{drawn.randint(0, 255)}.{drawn.randint(1, 254)}"
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tried:
        try:
            tried.bind((address, 0))
        except OSError:
            return ""
    return address
