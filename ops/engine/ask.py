"""What the public side answers when this host asks itself.

Whoever deploys shares an address with a whole office, and so its rate limit; the host shares it with nobody. A
certificate is not judged here: that is for a stranger to see.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import ssl
import time
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from ops.engine.http import own_loopback

MOST_BYTES = 65_536
BURST_S = 5.0
REACH_S = 2.0
TOO_MANY_REQUESTS = 429
AGENT = {"User-Agent": "slipway-verify", "Accept-Encoding": "identity"}
Told = dict[str, Any]


class Edge(http.client.HTTPSConnection):
    """A connection to the edge at a stated address, for the name of a URL; `source` is where it comes from."""

    def __init__(self, at: tuple[str, int], url: str, *, limit_s: float, source: str) -> None:
        parts = urlsplit(url)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        super().__init__(parts.hostname or "", parts.port or 443, timeout=limit_s, context=context)
        self._at, self._blind, self._from = at, context, (source, 0) if source else None

    def connect(self) -> None:
        """Connect to the stated address instead of what the name resolves to."""
        opened = socket.create_connection(self._at, timeout=self.timeout, source_address=self._from)
        self.sock = self._blind.wrap_socket(opened, server_hostname=self.host)


def ask(at: tuple[str, int], questions: Iterable[tuple[str, str]], *, limit_s: float) -> list[Told]:
    """Ask for each (method, url), from an address of its own where this host has several; never raises."""
    return [_asked_once(at, method, url, limit_s=limit_s) for method, url in questions]


def burst(at: tuple[str, int], url: str, *, most: int, limit_s: float) -> Told:
    """GET a URL again and again until the first 429, `most` times or for some seconds; return what came of it."""
    told: Told = {"asked": 0, "seconds": 0.0, "others": 0, "refused": None, "other": None, "why": ""}
    unanswered = 0
    began = time.monotonic()
    with contextlib.closing(Edge(at, url, limit_s=limit_s, source=own_loopback())) as edge:
        while told["asked"] < most and told["refused"] is None and time.monotonic() - began < BURST_S:
            answer = _asked(edge, "GET", url)
            if answer["error"]:  # a connection may end between two requests; an edge that does not answer is no limit
                unanswered += 1
                if unanswered > 1:
                    told["why"] = answer["error"]
                    break
                continue
            told["asked"] += 1
            if answer["status"] == TOO_MANY_REQUESTS:
                told["refused"] = answer
            elif answer["status"] != http.client.OK:
                told["others"], told["other"] = told["others"] + 1, told["other"] or answer
    return {**told, "seconds": round(time.monotonic() - began, 3)}


def _asked_once(at: tuple[str, int], method: str, url: str, *, limit_s: float) -> Told:
    with contextlib.closing(Edge(at, url, limit_s=limit_s, source=own_loopback())) as edge:
        return _asked(edge, method, url)


def _asked(edge: Edge, method: str, url: str) -> Told:
    parts, began = urlsplit(url), time.monotonic()
    told: Told = {"method": method, "url": url, "status": 0, "headers": {}, "text": "", "error": ""}
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        edge.request(method, path, headers=AGENT)
        response = edge.getresponse()
        text = _body(response, deadline=began + (edge.timeout or 0.0)).decode("utf-8", "replace")
        headers = {name.lower(): value for name, value in response.getheaders()}
        told |= {"status": response.status, "headers": headers, "text": text}
    except (OSError, http.client.HTTPException) as error:
        edge.close()
        told["error"] = f"{type(error).__name__}: {error}"
    return {**told, "seconds": round(time.monotonic() - began, 4)}


def _body(response: http.client.HTTPResponse, *, deadline: float) -> bytes:
    """Read a body whole, so that the connection is free for the next one, and return its beginning."""
    head = b""
    while chunk := response.read1(MOST_BYTES):
        head += chunk[: MOST_BYTES - len(head)]
        if time.monotonic() > deadline:
            raise TimeoutError("the body did not end in time")
    response.close()  # the answer, not the connection
    return head


def questions_from(text: str) -> list[tuple[str, str]]:
    """Read questions as JSON: a list of [method, url]."""
    return [(str(method), str(url)) for method, url in json.loads(text)]


def place_from(text: str, *, otherwise: str) -> tuple[str, int]:
    """Read `address:port`; where nobody takes connections there, it is the host of the URL `otherwise`."""
    address, _, port = text.rpartition(":")
    try:
        socket.create_connection((address, int(port)), timeout=REACH_S).close()
    except OSError:
        return urlsplit(otherwise).hostname or address, int(port)
    return address, int(port)
