"""What Traefik on a droplet needs beyond the settings: certificate files, authorities, the operator's lock."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from pathlib import Path

import bcrypt

from ops.errors import PreflightError
from ops.settings import PRODUCTION_CA, Settings
from ops.targets.droplet.certificate import read_tls_files

COST = 8  # asked at every request behind the lock, and the password is long: 16 characters or more
SALT_LENGTH = 22
# Instead of docker-compose.yml's own words: the resolver, where it orders, its storage, and the job that tries before.
TRUSTED = {
    "ACME_RESOLVER": "le-production",
    "ACME_ORDER_SERVER": PRODUCTION_CA,
    "ACME_STORE": "production",
    "ACME_DRY_RUN": "true",
}
HTTP_3 = "http3: {advertisedPort: 443}"  # a line of the entry point in traefik.yml.template


def htpasswd_line(user: str, password: str, *, key: str) -> str:
    """Return `user:hash`, the same one for the same password; `key` is a secret that only this site has.

    A random salt would make another release of the same settings. This one comes from the key, so it is as hard to
    guess, and two sites with one password have two hashes.
    """
    digest = hmac.new(key.encode(), f"{user}:{password}".encode(), hashlib.sha256).hexdigest()
    salt = digest[: SALT_LENGTH - 1] + "."  # the last character carries two bits only
    hashed = bcrypt.hashpw(password.encode()[:72], f"$2b${COST:02}${salt}".encode())
    return f"{user}:{hashed.decode()}"


FOLDER = "data/tls"  # below the engine's folder on the host; Traefik's container has it as /etc/traefik/tls
CERTIFICATE, KEY = f"{FOLDER}/cert.pem", f"{FOLDER}/key.pem"


def edge_environment(settings: Settings) -> dict[str, str]:
    """Return what docker-compose.yml asks for and no setting says."""
    password = settings.OPERATOR_PASSWORD
    authority = _authority(settings)
    line = htpasswd_line(settings.OPERATOR_USER, password, key=settings.DJANGO_SECRET_KEY)
    return {
        "OPERATOR_AUTH": line if password else "",
        "LEGO_CA_CERTIFICATES": f"/etc/traefik/tls/{_name(authority)}" if authority else "",
        "HTTP_3": HTTP_3 if settings.HTTP3 else "",
        **({} if not settings.orders_trusted else TRUSTED),
    }


def edge_files(settings: Settings, *, now: datetime) -> dict[str, bytes]:
    """Return the files to ship, by their paths below the engine's folder; raises PreflightError for a wrong one."""
    files: dict[str, bytes] = {}
    if settings.certificate_source == "files":
        certificate, key = (Path(expanded(path)) for path in (settings.TLS_CERT_PATH, settings.TLS_KEY_PATH))
        pair = read_tls_files(certificate, key, domain=settings.WEBSITE_DOMAIN, now=now)
        files = dict(zip((CERTIFICATE, KEY), pair, strict=True))
    authority = _authority(settings)
    return files | ({f"{FOLDER}/{_name(authority)}": authority} if authority else {})


def expanded(path: str) -> str:
    """Return a stated path with `~` expanded; nothing stays nothing."""
    return str(Path(path).expanduser()) if path else ""


def _authority(settings: Settings) -> bytes:
    """Return what signed the private ACME server's own HTTPS, PEM; empty when none is stated."""
    stated = settings.ACME_CA_PATH
    if not stated or settings.certificate_source != "acme":
        return b""
    try:
        return Path(expanded(stated)).read_bytes()
    except OSError as error:
        raise PreflightError(
            "ACME_CA_PATH cannot be read",
            why=f"{stated}: {error.strerror}",
            fix="set ACME_CA_PATH in .env to a PEM file, or empty it",
        ) from error


def _name(authority: bytes) -> str:
    """Name the file by its content: Traefik reads it at its start, so another one has to mean another container."""
    return f"acme-ca-{hashlib.sha256(authority).hexdigest()[:8]}.pem"
