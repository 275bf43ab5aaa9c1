"""HTTP requests as the outside world makes them.

The only HTTP client of `ops`. A network error is an observation like any other: it is in the `Answer`, not raised.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import httpx

from ops.verification.observations import LIMIT_S, Answer, Certificate, Port
from ops.verification.shown_certificate import read_certificate, staging_fault

BODY_HEAD_BYTES = 1_048_576  # Traefik's whole configuration fits
RETRY_AFTER_MAX_S = 5.0
TOO_MANY_REQUESTS = 429


class Prober:
    """Ask one address for any name: Host header, SNI and the certificate check follow the URL, not the address.

    `staging` takes certificates of Let's Encrypt's staging directory, whose root nobody trusts: what can be verified of
    them is verified, and any other certificate is an error. `source` is the address of this machine to ask from.
    """

    def __init__(
        self, *, address: str, ca_file: str = "", limit_s: float = LIMIT_S, staging: bool = False, source: str = ""
    ) -> None:
        self._address = address
        self._source = source
        self._limit_s = limit_s
        self._staging = staging
        self._broken = ""
        self._contexts = {True: _blind_context()}
        self._clients: dict[tuple[str, bool], httpx.Client] = {}
        self._lock = threading.Lock()
        try:
            self._contexts[False] = _blind_context() if staging else ssl.create_default_context(cafile=ca_file or None)
        except OSError as error:
            self._broken = f"the certificate authority `{ca_file}` cannot be read: {error.strerror or error}"

    def get(self, url: str) -> Answer:
        """GET a URL; a 429 is asked once more after the time it names."""
        return self.ask("GET", url)

    def head(self, url: str) -> Answer:
        """HEAD a URL, in the same way."""
        return self.ask("HEAD", url)

    def ask(
        self, method: str, url: str, *, body: Mapping[str, Any] | None = None, any_certificate: bool = False
    ) -> Answer:
        """Ask for a URL. `any_certificate` is for names that should not be served at all. Never raises."""
        answer = self._ask(method, url, body=body, any_certificate=any_certificate)
        if answer.status != TOO_MANY_REQUESTS:
            return answer
        time.sleep(_retry_after_s(answer))  # the server named this time, and it is capped
        return self._ask(method, url, body=body, any_certificate=any_certificate)

    def close(self) -> None:
        """Give the connections back."""
        for client in self._clients.values():
            client.close()

    def _ask(
        self, method: str, url: str, *, body: Mapping[str, Any] | None = None, any_certificate: bool = False
    ) -> Answer:
        if self._broken and not any_certificate:
            return Answer(url=url, method=method, error=self._broken)
        began = time.monotonic()
        try:
            with self._stream(method, httpx.URL(url), body, any_certificate=any_certificate) as response:
                head = _read_head(response, deadline=began + self._limit_s)
                certificate = None if any_certificate else _certificate(response)
                self._refuse_unfit(certificate, httpx.URL(url), any_certificate=any_certificate)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            return Answer(url=url, method=method, seconds=time.monotonic() - began, error=_words(error))
        return Answer(
            url=url,
            method=method,
            status=response.status_code,
            headers={key.lower(): value for key, value in response.headers.items()},
            body_head=head,
            seconds=time.monotonic() - began,
            http_version=response.http_version,
            certificate=certificate,
        )

    def _refuse_unfit(self, shown: Certificate | None, url: httpx.URL, *, any_certificate: bool) -> None:
        if self._staging and url.scheme == "https" and not any_certificate:
            fault = staging_fault(shown, url.host, now=datetime.now(UTC))
            if fault:
                raise ssl.SSLCertVerificationError(fault)

    def _stream(
        self, method: str, url: httpx.URL, body: Mapping[str, Any] | None, *, any_certificate: bool
    ) -> contextlib.AbstractContextManager[httpx.Response]:
        return self._client(url.host, any_certificate=any_certificate).stream(
            method,
            url.copy_with(host=self._address or url.host),
            headers={"Host": url.netloc.decode()},
            extensions={"sni_hostname": url.host},
            json=body,
        )

    def _client(self, host: str, *, any_certificate: bool) -> httpx.Client:
        # One for each name: a connection that was opened (and verified) for one name must not carry another.
        with self._lock:
            key = (host, any_certificate)
            if key not in self._clients:
                self._clients[key] = _client(self._contexts[any_certificate], self._limit_s, self._source)
            return self._clients[key]


def connect(host: str, port: int, *, limit_s: float = 1.0) -> Port:
    """Try a TCP connection, and close it at once."""
    began = time.monotonic()
    try:
        socket.create_connection((host, port), timeout=limit_s).close()
    except OSError:
        return Port(host=host, port=port, is_open=False, seconds=time.monotonic() - began)
    return Port(host=host, port=port, is_open=True, seconds=time.monotonic() - began)


def _client(context: ssl.SSLContext, limit_s: float, source: str) -> httpx.Client:
    # No proxy, no netrc: the operator's environment must not decide what is verified.
    headers = {"Accept-Encoding": "identity", "User-Agent": "slipway-verify"}
    transport = httpx.HTTPTransport(verify=context, trust_env=False, local_address=source or None)
    return httpx.Client(transport=transport, timeout=limit_s, trust_env=False, follow_redirects=False, headers=headers)


def _blind_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _read_head(response: httpx.Response, *, deadline: float) -> str:
    """Read the beginning of the body; a server that drips is cut at the deadline."""
    head = b""
    for chunk in response.iter_bytes():
        head += chunk
        if len(head) >= BODY_HEAD_BYTES:
            break
        if time.monotonic() > deadline:
            raise httpx.ReadTimeout("the body did not end in time")
    return head[:BODY_HEAD_BYTES].decode("utf-8", "replace")


def _certificate(response: httpx.Response) -> Certificate | None:
    stream = response.extensions["network_stream"]
    secure: ssl.SSLObject | None = stream.get_extra_info("ssl_object")
    shown = secure.getpeercert(True) if secure else None
    return read_certificate(shown, secure.version() or "") if secure and shown else None


def _retry_after_s(answer: Answer) -> float:
    named = answer.header("retry-after")
    return min(float(named), RETRY_AFTER_MAX_S) if named.isdigit() else 1.0


def _words(error: Exception) -> str:
    """Say a network error in the words of whoever reads the report."""
    if isinstance(error, httpx.TimeoutException):
        return f"no answer in time ({error})" if str(error) else "no answer in time"
    chain = str(error) or type(error).__name__
    return chain.replace("[Errno 111] ", "").replace("[Errno 61] ", "")


def each(prober: Prober, asked: Mapping[str, tuple[str, str]], *, threads: int = 8) -> dict[str, Answer]:
    """Ask for several (method, url) at once; the answers come back under the same names."""
    with ThreadPoolExecutor(threads) as pool:
        waiting = {name: pool.submit(prober.ask, *request) for name, request in asked.items()}
        return {name: future.result() for name, future in waiting.items()}


@contextlib.contextmanager
def prober(
    *, address: str, ca_file: str = "", limit_s: float = LIMIT_S, staging: bool = False, source: str = ""
) -> Iterator[Prober]:
    """Open a prober, and close it again."""
    opened = Prober(address=address, ca_file=ca_file, limit_s=limit_s, staging=staging, source=source)
    try:
        yield opened
    finally:
        opened.close()
