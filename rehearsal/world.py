"""What has to be there for a whole deploy on one machine, and how does `invoke` find it?"""

from __future__ import annotations

import contextlib
import functools
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rehearsal.acme import Pebble, start_pebble
from rehearsal.cloud import FakeCloud, FakeDns
from rehearsal.containers import ContainerMachines
from rehearsal.docker import registry_mirror, remove_leftovers, remove_owned_by, require_engine, this_process
from rehearsal.droplet.machine import Machine
from rehearsal.lookup import AddressLookup
from rehearsal.network import Network, check_way_back, create_network

ZONE = "rehearsal.test"
DOMAIN = f"app.{ZONE}"
_SECRETS = (
    "POSTGRES_PASSWORD",
    "POSTGRES_API_PASSWORD",
    "REDIS_PASSWORD",
    "DJANGO_SECRET_KEY",
    "TOKEN_SECRET_KEY",
    "DJANGO_ADMIN_PASSWORD",
    "OPERATOR_PASSWORD",
)


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What stands while a world is up."""

    network: Network
    machines: ContainerMachines
    cloud: FakeCloud
    names: FakeDns
    lookup: AddressLookup
    acme: Pebble
    production: Pebble | None = None


class World:
    """A cloud with one zone, its name server, an ACME server and a network, for as long as the `with` block lasts.

    `folder` takes the SSH key and the authorities' certificates; `environment` is what `invoke deploy` needs.
    `certificate_hours` is how long the ACME server's certificates are valid, `boot_s` how long a droplet takes at
    least; with `ipv6` the network has IPv6 too, for droplets that order it; with `engine_there` their image holds
    Docker's packages, as if the bootstrap had been there before; with `production_acme` another ACME server plays Let's
    Encrypt's production directory, by its name.

    Entering raises PreflightError without a Docker Engine, HostError or BuildError.
    """

    def __init__(
        self,
        folder: Path,
        *,
        certificate_hours: int = 2160,
        boot_s: float = 0.0,
        ipv6: bool = False,
        engine_there: bool = False,
        production_acme: bool = False,
    ) -> None:
        self.folder = folder
        self.ipv6 = ipv6
        self.engine_there = engine_there
        self.production_acme = production_acme
        self.certificate_hours = certificate_hours
        self.boot_s = boot_s
        self.owner = this_process()
        self.environment: dict[str, str] = {}
        self.reader_token = new_token()  # may look, and change nothing
        self._token = new_token()
        self._stack = contextlib.ExitStack()
        self._parts: Parts | None = None

    def __enter__(self) -> Self:
        require_engine()
        remove_leftovers()
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.ExitStack() as opened:
            self._parts = self._open(opened)
            self.environment = self._environment(os.environ)
            self._stack = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def parts(self) -> Parts:
        """Return what stands; only inside the `with` block."""
        if self._parts is None:
            raise RuntimeError("the world is not up")
        return self._parts

    @property
    def ssh_key(self) -> Path:
        """Return the operator's private key; the public one lies beside it."""
        return self.folder / "ssh" / "id_ed25519"

    def droplet(self, name: str = "slipway") -> Machine:
        """Return the machine behind the droplet of that name; raises HostError when there is none."""
        return self.parts.machines.by_name(name)

    def _open(self, opened: contextlib.ExitStack) -> Parts:
        write_ssh_key(self.ssh_key)
        opened.callback(lambda: remove_owned_by(self.owner))  # machines, ACME server and network, in this order
        network = create_network(f"slipway-{secrets.token_hex(3)}", owner=self.owner, ipv6=self.ipv6)
        machines = ContainerMachines(network=network, owner=self.owner, with_engine=self.engine_there)
        tokens, readers = (self._token,), (self.reader_token,)
        fake = FakeCloud(machines, tokens=tokens, readers=readers, domains=(ZONE,), boot_s=self.boot_s)
        cloud = opened.enter_context(fake)
        names = opened.enter_context(FakeDns(cloud.account, address=(network.gateway, 0)))
        check_way_back(network, dns_server=f"{names.host}:{names.port}")
        lookup = opened.enter_context(AddressLookup(network.gateway))
        start = functools.partial(
            start_pebble,
            network=network,
            owner=self.owner,
            dns_server=f"{names.host}:{names.port}",
            folder=self.folder,
            certificate_hours=self.certificate_hours,
        )
        acme = start()
        production = start(plays_production=True) if self.production_acme else None
        if production:
            network.resolver = f"nameserver {production.address}\n"
            known = acme.https_ca.read_bytes() + production.https_ca.read_bytes()
            acme.https_ca.write_bytes(known)
        return Parts(
            network=network,
            machines=machines,
            cloud=cloud,
            names=names,
            lookup=lookup,
            acme=acme,
            production=production,
        )

    def _environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        parts = self.parts
        return {
            "ENVIRONMENT": "staging",
            "WEBSITE_DOMAIN": DOMAIN,
            "DJANGO_ALLOWED_HOSTS": f"{DOMAIN},localhost,127.0.0.1,django",
            "CSRF_TRUSTED_ORIGINS": f"https://{DOMAIN}",
            "DJANGO_ADMIN_EMAIL": "admin@example.org",
            **{name: secrets.token_hex(32) for name in _SECRETS},
            "DIGITALOCEAN_TOKEN": self._token,
            "DIGITALOCEAN_API_URL": parts.cloud.url,
            "ADDRESS_LOOKUP_URL": parts.lookup.url,
            "DNS_SERVER": f"{parts.names.host}:{parts.names.port}",
            "SSH_KEY_PATH": str(self.ssh_key),
            "USE_TLS": "acme",
            "ACME_EMAIL": f"ops@{ZONE}",
            "ACME_CA_SERVER": parts.acme.directory,
            "ACME_CA_PATH": str(parts.acme.https_ca),
            "ACME_ROOT_PATH": str(parts.acme.root),
            "ACME_CERTIFICATE_HOURS": str(self.certificate_hours),
            "DOCKER_REGISTRY_MIRROR": registry_mirror(environ),
        }


def new_token() -> str:
    """Return a token that looks like the cloud's own."""
    return f"dop_v1_{secrets.token_hex(32)}"


def write_ssh_key(path: Path) -> None:
    """Write a fresh Ed25519 key as OpenSSH does: the private one 0600, the public one beside it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(private)
    path.with_name(f"{path.name}.pub").write_bytes(public + b" rehearsal\n")
