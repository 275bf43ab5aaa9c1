"""How is an ACME server started that validates for real, and whose authorities does it use?"""

from __future__ import annotations

import json
import ssl
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import trustme

from ops.errors import HostError
from rehearsal.archive import archive
from rehearsal.docker import Owner, docker
from rehearsal.droplet.image import ensure_image
from rehearsal.network import Network

_PORT, _MANAGEMENT_PORT = 14000, 15000
_START_TIMEOUT_S = 30.0
PRODUCTION = "acme-v02.api.letsencrypt.org"
# `touch` makes it refuse orders, as the real one does over its limits; each request is told on stdout.
_LIMITED = "/tmp/limited"  # noqa: S108 - a file inside the container
_NGINX = f"""\
pid /run/nginx.pid;
events {{}}
http {{
  log_format asked 'asked $request_method $uri';
  access_log /dev/stdout asked;
  server {{
    listen 443 ssl;
    ssl_certificate /etc/pebble/name.pem;
    ssl_certificate_key /etc/pebble/name.key;
    proxy_set_header Host $host;
    default_type application/problem+json;
    location = /directory {{ proxy_pass https://127.0.0.1:14000/dir; }}
    location = /order-plz {{
      if (-e {_LIMITED}) {{
        return 429 '{{"type": "urn:ietf:params:acme:error:rateLimited", "detail": "too many certificates"}}';
      }}
      proxy_pass https://127.0.0.1:14000;
    }}
    location / {{ proxy_pass https://127.0.0.1:14000; }}
  }}
}}
"""
_FAITHFUL = (
    *("--env", "PEBBLE_VA_NOSLEEP=1"),
    *("--env", "PEBBLE_AUTHZREUSE=0"),  # every order is validated anew
)


@dataclass(frozen=True, kw_only=True)
class Pebble:
    """A running ACME server: its directory, the authority of its own HTTPS, and the one that signs certificates."""

    container: str
    network: Network
    address: str
    https_ca: Path
    root: Path

    @property
    def directory(self) -> str:
        """Return the URL of the ACME directory."""
        return f"https://{self.address}:{_PORT}/dir"

    def asked(self) -> list[str]:
        """Return what it was asked under the name of the production directory, such as `POST /order-plz`."""
        return [line.removeprefix("asked ") for line in self.logs().splitlines() if line.startswith("asked ")]

    def limit(self, *, is_limited: bool) -> None:
        """Refuse orders from now on as the production directory does over its limits, or no longer."""
        docker("exec", self.container, *(("touch", _LIMITED) if is_limited else ("rm", "-f", _LIMITED)))

    def logs(self) -> str:
        """Return what the server wrote: each order, challenge and certificate."""
        return docker("logs", self.container, joined=True)

    def stop(self) -> None:
        """Remove the server; its authorities are gone with it."""
        docker("rm", "--force", "--volumes", self.container)
        self.network.release(self.address)


def start_pebble(
    *,
    network: Network,
    owner: Owner,
    dns_server: str,
    folder: Path,
    certificate_hours: int,
    plays_production: bool = False,
) -> Pebble:
    """Start Pebble on a network and write its two authorities into `folder`.

    Names are looked up at `dns_server` (host:port) and validated on port 80. One that `plays_production` answers at
    port 443 under the name of Let's Encrypt's production directory too, and is a name server that knows this name.
    Raises HostError or BuildError.
    """
    image = ensure_image("slipway-rehearsal/acme", Path(__file__).parent)
    address = network.take()
    role = "acme-production" if plays_production else "acme"
    pebble = Pebble(
        container=f"{network.name}-{role}",
        network=network,
        address=address,
        https_ca=folder / f"{role}-https-ca.pem",
        root=folder / f"{role}-root.pem",
    )
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(pebble.https_ca))
    words = ("--name", pebble.container, "--network", network.name, *network.place(address), *owner.label)
    try:
        docker("create", *words, *_FAITHFUL, image, "-dnsserver", dns_server)
        files = _files(authority, address=address, certificate_hours=certificate_hours)
        files |= _production_files(authority, address=address) if plays_production else {}
        docker("cp", "-", f"{pebble.container}:/etc/pebble", stdin=archive(files))
        docker("start", pebble.container)
        pebble.root.write_bytes(_signers(pebble))
    except BaseException:
        pebble.stop()
        raise
    return pebble


def _files(authority: trustme.CA, *, address: str, certificate_hours: int) -> dict[str, str]:
    own = authority.issue_cert(address)
    config = {
        "listenAddress": f"0.0.0.0:{_PORT}",
        "managementListenAddress": f"0.0.0.0:{_MANAGEMENT_PORT}",
        "certificate": "/etc/pebble/cert.pem",
        "privateKey": "/etc/pebble/key.pem",
        "httpPort": 80,
        "tlsPort": 443,
        "certificateValidityPeriod": certificate_hours * 3600,
    }
    return {
        "config.json": json.dumps({"pebble": config}),
        "cert.pem": b"".join(part.bytes() for part in own.cert_chain_pems).decode(),
        "key.pem": own.private_key_pem.bytes().decode(),
    }


def _production_files(authority: trustme.CA, *, address: str) -> dict[str, str]:
    own = authority.issue_cert(PRODUCTION)
    return {
        "nginx.conf": _NGINX,
        "dnsmasq.conf": f"address=/{PRODUCTION}/{address}\nuser=root\n",
        "name.pem": b"".join(part.bytes() for part in own.cert_chain_pems).decode(),
        "name.key": own.private_key_pem.bytes().decode(),
    }


def _signers(pebble: Pebble) -> bytes:
    """Return root and intermediate as PEM, as soon as the server answers; raises HostError after the deadline."""
    deadline = time.monotonic() + _START_TIMEOUT_S
    trusted = ssl.create_default_context(cafile=str(pebble.https_ca))
    base = f"https://{pebble.address}:{_MANAGEMENT_PORT}"
    while True:
        try:
            return b"".join(_fetch(f"{base}/{name}/0", trusted) for name in ("roots", "intermediates"))
        except OSError as error:
            if time.monotonic() > deadline:
                raise HostError(
                    "the ACME server did not start",
                    why=f"{base} did not answer for {_START_TIMEOUT_S:.0f} s ({error}): {pebble.logs()[-500:]}",
                    fix=f"docker logs {pebble.container}",
                ) from error
            time.sleep(0.1)


def _fetch(url: str, trusted: ssl.SSLContext) -> bytes:
    with urllib.request.urlopen(url, timeout=5, context=trusted) as answer:  # noqa: S310 - always https
        return bytes(answer.read())
