"""Certificate files of the operator's own, and whether they can be served for this domain."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from ops.errors import PreflightError
from ops.verification import covers

FIX = "set TLS_CERT_PATH and TLS_KEY_PATH in .env to a certificate with its chain and its private key, both PEM"


def read_tls_files(certificate: Path, key: Path, *, domain: str, now: datetime) -> tuple[bytes, bytes]:
    """Return the contents of a certificate and its key; raises PreflightError when a browser would refuse them."""
    cert_pem, key_pem = _read(certificate, "TLS_CERT_PATH"), _read(key, "TLS_KEY_PATH")
    try:
        parsed = x509.load_pem_x509_certificates(cert_pem)[0]
        private = serialization.load_pem_private_key(key_pem, password=None)
    except (ValueError, TypeError, IndexError, UnsupportedAlgorithm, InvalidSignature) as error:
        why = f"{certificate} or {key} is not PEM, or the key has a passphrase: {error}"
        raise PreflightError("the certificate files cannot be read", why=why, fix=FIX) from error
    spki = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    if parsed.public_key().public_bytes(*spki) != private.public_key().public_bytes(*spki):
        why = f"{key} is the key of another certificate than {certificate}"
        raise PreflightError("the certificate and its key do not belong together", why=why, fix=FIX)
    _check_use(parsed, certificate, domain=domain, now=now)
    return cert_pem, key_pem


def _check_use(parsed: x509.Certificate, path: Path, *, domain: str, now: datetime) -> None:
    if now < parsed.not_valid_before_utc:
        begins = f"{parsed.not_valid_before_utc:%Y-%m-%d %H:%M}"
        why = f"{path} is valid from {begins} UTC on, and by the clock of this machine it is {now:%Y-%m-%d %H:%M}"
        fix = "set the clock of this machine if that is not the time, then run the same command again"
        raise PreflightError("the certificate is not valid yet", why=why, fix=fix)
    if now > parsed.not_valid_after_utc:
        why = f"{path} is valid from {parsed.not_valid_before_utc:%Y-%m-%d} to {parsed.not_valid_after_utc:%Y-%m-%d}"
        raise PreflightError(
            "the certificate is not valid today", why=why, fix="renew it, then run the same command again"
        )
    names = _names(parsed)
    if not covers(names, domain):
        why = f"{path} is for {', '.join(names) or 'no name at all'}"
        raise PreflightError(f"the certificate is not for {domain}", why=why, fix=FIX)


def _names(parsed: x509.Certificate) -> list[str]:
    try:
        extension = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return extension.value.get_values_for_type(x509.DNSName)


def _read(path: Path, setting: str) -> bytes:
    try:
        return path.expanduser().read_bytes()
    except OSError as error:
        raise PreflightError(f"{setting} cannot be read", why=f"{path}: {error.strerror}", fix=FIX) from error
