"""The certificate that a server showed, and whether it is one for this name and this moment."""

from __future__ import annotations

import functools
import socket
import ssl
from collections.abc import Iterable
from datetime import datetime

import certifi
from cryptography import x509

from ops.verification.observations import Certificate

TRUST_LIMIT_S = 5.0
STAGING_MARK = "(STAGING)"  # in the name of every authority of Let's Encrypt's staging directory


@functools.lru_cache(maxsize=64)
def read_certificate(der: bytes, protocol: str) -> Certificate:
    """Read a certificate as it goes over the wire; raises ValueError when it is none."""
    seen = x509.load_der_x509_certificate(der)
    return Certificate(
        subject=_words(seen.subject),
        issuer=_words(seen.issuer),
        names=_names(seen),
        not_before=seen.not_valid_before_utc,
        not_after=seen.not_valid_after_utc,
        protocol=protocol,
    )


def staging_fault(shown: Certificate | None, host: str, *, now: datetime) -> str:
    """Say what is wrong with a certificate of the staging directory, whose chain nobody can verify; empty: nothing."""
    if shown is None:
        return "the server showed no certificate"
    if not covers(shown.names, host):
        return f"the certificate is for {', '.join(shown.names) or shown.subject}, not for {host}"
    if not shown.not_before <= now <= shown.not_after:
        return f"the certificate is valid from {shown.not_before} to {shown.not_after}"
    return "" if STAGING_MARK in shown.issuer else f"the certificate is issued by {shown.issuer}"


def is_trusted_by_browsers(
    address: str, port: int, host: str, *, authorities: str | None = None, limit_s: float = TRUST_LIMIT_S
) -> bool:
    """Tell whether a server shows a certificate for this host that a public trust store accepts.

    `authorities` is a PEM file instead of certifi's, which is Mozilla's list; what this machine trusts besides, such as
    a company's own authority, does not count. A server that does not answer shows none.
    """
    known = ssl.create_default_context(cafile=authorities or certifi.where())
    try:
        with socket.create_connection((address or host, port), timeout=limit_s) as plain:
            known.wrap_socket(plain, server_hostname=host).close()
    except OSError:  # ssl.SSLError is one
        return False
    return True


def covers(names: Iterable[str], host: str) -> bool:
    """Tell whether one of these names, or a wildcard for one label, is the host's."""
    return bool({host, f"*.{host.partition('.')[2]}"} & {name.lower() for name in names})


def _names(seen: x509.Certificate) -> tuple[str, ...]:
    try:
        stated = seen.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(str(name.value) for name in stated)


def _words(name: x509.Name) -> str:
    return ", ".join(str(one.value) for one in name)
