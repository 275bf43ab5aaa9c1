"""Which requests does the load generator make, and when is each due?

An open loop: request number i is due i / rate seconds after the start, whether or not the ones before it were
answered. Pure, and standard library only: it also runs inside a container.
"""

from __future__ import annotations

import ipaddress
import json
import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Literal

MOST_PER_S = 1000.0
MOST_CONNECTIONS = 256
MOST_SECONDS = 1800.0
MOST_SOURCES = 128
SEED = 4
OK, ACCEPTED = 200, 202


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One sort of request; `share` is its weight among the others, `expected` the one status that is a success."""

    name: str
    method: Literal["GET", "POST"]
    path: str
    share: int
    is_fresh: bool = False  # on a connection of its own
    expected: int = OK


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is asked of whom. `sources` are the addresses that requests come from, in turn.

    `network` is where the server has to be: the loopback range, or the small private network of a container.
    Raises ValueError for more load than this may make, or for a server anywhere else.
    """

    address: str
    port: int
    host: str
    authority: str  # the certificates to trust, PEM
    kinds: tuple[Kind, ...]
    sources: tuple[str, ...]
    network: str = "127.0.0.0/8"
    rate: float = 300.0
    seconds: float = 600.0
    connections: int = 200
    timeout_s: float = 10.0
    body: str = field(default='{"because": "' + "somebody signed up " * 10 + '"}')

    def __post_init__(self) -> None:
        limits = (
            ("requests a second", self.rate, MOST_PER_S),
            ("seconds", self.seconds, MOST_SECONDS),
            ("connections", self.connections, MOST_CONNECTIONS),
            ("source addresses", len(self.sources), MOST_SOURCES),
        )
        for what, asked, most in limits:
            if not 0 < asked <= most:
                raise ValueError(f"{asked:g} {what}: this makes up to {most:g}")
        network = ipaddress.ip_network(self.network)
        if not (network.is_loopback or (network.is_private and network.prefixlen >= 16)):
            raise ValueError(f"{network} is neither the loopback range nor a container's network")
        for address in (self.address, *self.sources):
            if ipaddress.ip_address(address) not in network:
                raise ValueError(f"{address} is not in {network}")

    def as_json(self) -> str:
        """Return the plan as one line."""
        return json.dumps(asdict(self))


def read_plan(line: str) -> Plan:
    """Read what `as_json` wrote."""
    raw = json.loads(line)
    kinds = tuple(Kind(**kind) for kind in raw.pop("kinds"))
    return Plan(**{**raw, "kinds": kinds, "sources": tuple(raw["sources"])})


@dataclass(frozen=True)
class Due:
    """A request to make: seconds after the start, its kind, and the address that it comes from."""

    at_s: float
    kind: Kind
    source: str


def schedule(plan: Plan) -> Iterator[Due]:
    """Yield every request of a plan in the order of time; the same plan gives the same requests."""
    chance = random.Random(SEED)  # noqa: S311 - a repeatable mix, not a secret
    weights = [kind.share for kind in plan.kinds]
    for number in range(int(plan.rate * plan.seconds)):
        kind = chance.choices(plan.kinds, weights)[0]
        yield Due(number / plan.rate, kind, plan.sources[number % len(plan.sources)])


def api_kinds() -> tuple[Kind, ...]:
    """Return the mix that asks the API alone: 60 % GET and 20 % POST kept alive, 15 % GET and 5 % POST fresh."""
    return (
        Kind(name="health", method="GET", path="/api/health", share=48),
        Kind(name="events", method="GET", path="/api/events", share=12),
        Kind(name="health, fresh", method="GET", path="/api/health", share=15, is_fresh=True),
        Kind(name="task", method="POST", path="/api/tasks", share=20, expected=ACCEPTED),
        Kind(name="task, fresh", method="POST", path="/api/tasks", share=5, is_fresh=True, expected=ACCEPTED),
    )


def site_kinds() -> tuple[Kind, ...]:
    """Return the same mix with a tenth of it for the front-end and a static file."""
    api = (kind if kind.name != "health" else _with_share(kind, 38) for kind in api_kinds())
    return (
        *api,
        Kind(name="page", method="GET", path="/", share=5),
        Kind(name="static file", method="GET", path="/static/admin/css/base.css", share=5),
    )


def _with_share(kind: Kind, share: int) -> Kind:
    return Kind(**{**asdict(kind), "share": share})
