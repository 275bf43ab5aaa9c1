"""Which account, settings and operators do the cloud's tests work with?"""

from __future__ import annotations

import base64
import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeAlias

from ops.cloud.cloud import Cloud, Ensured, Patience, open_cloud
from ops.settings import KEYS, Settings
from rehearsal.cloud import FakeCloud, Limits, MemoryMachines

DOMAIN = "app.example.org"
ZONE = "example.org"
TOKEN = "dop_v1_may_write"
READER = "dop_v1_may_only_read"
HOME = "192.0.2.10"
QUICK = Patience(
    first_s=0.01,
    most_s=0.02,
    poll_s=0.01,
    read_s=5.0,
    connect_s=5.0,
    deadline_s=10.0,
    boot_s=10.0,
    settle_s=10.0,
    gone_s=10.0,
)
DROPLETS = "/v2/droplets"
Values: TypeAlias = Mapping[str, str]
NO_VALUES: Values = MappingProxyType({})


def public_key(name: str) -> str:
    """Return a public key in the right form; nobody has the private one."""
    return f"ssh-ed25519 {base64.b64encode(name.encode().ljust(51, b'.')).decode()} {name}@laptop"


ADA, BEN = public_key("ada"), public_key("ben")


def settings_for(url: str, values: Values = NO_VALUES) -> Settings:
    """Return settings for the droplet target with every default."""
    stated = {"DIGITALOCEAN_TOKEN": TOKEN, "DIGITALOCEAN_API_URL": url, "WEBSITE_DOMAIN": DOMAIN, **values}
    return Settings(
        target="droplet",
        values=MappingProxyType({**{key.name: key.default for key in KEYS}, **stated}),
        extra=MappingProxyType({}),
    )


@dataclass
class World:
    """A fake account, and the client that works on it."""

    fake: FakeCloud
    machines: MemoryMachines
    said: list[str] = field(default_factory=list)
    values: Values = field(default_factory=dict)

    def cloud(self, values: Values = NO_VALUES, *, patience: Patience = QUICK) -> Cloud:
        """Open the client."""
        return open_cloud(settings_for(self.fake.url, {**self.values, **values}), patience=patience)

    def ensure(
        self,
        values: Values = NO_VALUES,
        *,
        key: str = ADA,
        allow: str = HOME,
        skip: bool = False,
        patience: Patience = QUICK,
    ) -> Ensured:
        """Do what a deploy does."""
        return self.cloud(values, patience=patience).ensure(
            public_key=key, user_data="#cloud-config\n", allow=allow, skip_allowlist=skip, say=self.said.append
        )

    def destroy(self, values: Values = NO_VALUES) -> list[str]:
        """Do what `invoke destroy` does; return what went, as `kind name`."""
        cloud = self.cloud(values)
        changes = cloud.plan_destroy()
        cloud.destroy(changes, say=self.said.append)
        return [f"{change.kind} {change.name}" for change in changes]

    def records(self, zone: str = ZONE) -> set[tuple[str, str, str]]:
        """Return the address records of a zone as (type, name, data)."""
        kinds = {"A", "AAAA", "CNAME"}
        found = self.fake.account.domains[zone].values()
        return {(one["type"], one["name"], one["data"]) for one in found if one["type"] in kinds}

    def ssh_sources(self) -> list[str]:
        """Return each address that may use SSH, once for each rule that lets it in."""
        rules = [rule for firewall in self.fake.account.firewalls.values() for rule in firewall["inbound_rules"]]
        return sorted(one for rule in rules if rule["ports"] == "22" for one in rule["sources"]["addresses"])


@contextlib.contextmanager
def world(
    *,
    domains: tuple[str, ...] = (ZONE,),
    limits: Limits | None = None,
    boot_s: float = 0.03,
    values: Values = NO_VALUES,
) -> Iterator[World]:
    """Run a fake cloud, with its own quick times."""
    machines = MemoryMachines()
    fake = FakeCloud(
        machines,
        tokens=(TOKEN,),
        readers=(READER,),
        domains=domains,
        boot_s=boot_s,
        settle_s=0.02,
        limits=limits,
    )
    with fake:
        yield World(fake=fake, machines=machines, values=values)


def actions(changes: Any) -> dict[str, str]:
    """Return what happens to what."""
    return {f"{change.kind} {change.name}": change.action for change in changes}


def wait_until(is_so: Callable[[], bool], what: str, *, limit_s: float = 10.0) -> None:
    """Wait for something that another thread does."""
    deadline = time.monotonic() + limit_s
    while not is_so():
        assert time.monotonic() < deadline, f"waited {limit_s} s for {what}"
        time.sleep(0.005)
