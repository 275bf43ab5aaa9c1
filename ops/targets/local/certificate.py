"""The local target's own authority and certificate."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.exceptions import InvalidSignature

from ops.errors import PreflightError

_LIFETIME = dt.timedelta(days=365)
_RENEW_BEFORE = dt.timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class LocalTls:
    """Where the files are, and whether they were made just now."""

    ca: Path
    cert: Path
    key: Path
    renewed: bool


def ensure_local_tls(folder: Path, *, domain: str, now: dt.datetime) -> LocalTls:
    """Make ca.pem, cert.pem and key.pem (0600) in the folder unless good ones are there.

    Good: for this domain, more than 30 days left, and the three belong together. The authority's key is never written,
    so a renewal makes a new authority. `now` has a time zone. Raises PreflightError when the folder takes no file.
    """
    paths = [folder / name for name in ("ca.pem", "cert.pem", "key.pem")]
    renew = not _are_good(*paths, names=_names(domain), now=now)
    if renew:
        try:
            _make(folder, names=_names(domain), now=now)
        except OSError as error:
            raise PreflightError(
                "the local certificate could not be written", why=f"{folder}: {error.strerror}", fix=f"ls -ld {folder}"
            ) from error
    return LocalTls(ca=paths[0], cert=paths[1], key=paths[2], renewed=renew)


def _names(domain: str) -> tuple[str, ...]:
    return (domain, f"*.{domain}", "localhost", "127.0.0.1")


def _make(folder: Path, *, names: tuple[str, ...], now: dt.datetime) -> None:
    authority = trustme.CA(organization_name="Slipway local target")
    leaf = authority.issue_cert(
        *names, not_before=now - dt.timedelta(days=1), not_after=now + _LIFETIME, common_name=names[0]
    )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # a crash in between leaves files that do not belong together, which the next run sees and renews
    _write(folder / "key.pem", leaf.private_key_pem.bytes(), mode=0o600)
    _write(folder / "cert.pem", b"".join(blob.bytes() for blob in leaf.cert_chain_pems), mode=0o644)
    _write(folder / "ca.pem", authority.cert_pem.bytes(), mode=0o644)


def _write(path: Path, content: bytes, *, mode: int) -> None:
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()


def _are_good(ca: Path, cert: Path, key: Path, *, names: tuple[str, ...], now: dt.datetime) -> bool:
    try:
        authority = x509.load_pem_x509_certificate(ca.read_bytes())
        leaf = x509.load_pem_x509_certificate(cert.read_bytes())
        leaf.verify_directly_issued_by(authority)
        # refuses a key that is not the certificate's
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key)
        subject = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    stated = {*subject.get_values_for_type(x509.DNSName), *map(str, subject.get_values_for_type(x509.IPAddress))}
    in_time = leaf.not_valid_before_utc <= now < leaf.not_valid_after_utc - _RENEW_BEFORE
    private = os.name != "posix" or not key.stat().st_mode & 0o077
    return in_time and private and stated == set(names)
