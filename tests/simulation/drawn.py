"""What may happen to a host? Releases, flaws and faults, drawn from a seed."""

from __future__ import annotations

import functools
import random
from dataclasses import dataclass, field

from ops.engine.model import Edge, Release
from tests.simulation.faults import EFFECT_FAULTS, WORLD_FAULTS, Fault
from tests.simulation.host import SimulatedHost
from tests.simulation.world import EDGE, part

ALWAYS = ("postgres", "migrate", "assets", "api", "web", "worker", "beat", "traefik")
SCALED = ("api", "web", "worker")
MOST_EFFECTS = 45
DELAYS_S = (0.0, 0.0, 0.05, 0.3, 0.6, 1.0, 2.5)
LIVES_S = (0.05, 0.3, 0.7, 1.5, 4.0)


@dataclass
class Drawn:
    """The versions and numbers that releases are made from, one after another."""

    versions: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ALWAYS, 1))
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SCALED, 1))
    routes: int = 1
    network: int = 1
    made: int = 0
    has_doors: bool = False  # its Traefik has sockets that outlive it

    def release(self, *, watch_s: float = 1.0) -> Release:
        """Return the release of these versions, under an id of its own."""
        self.made += 1
        services = tuple(
            part(name, number, self.counts.get(name, 1), is_networked=True, has_doors=self.has_doors)
            for name, number in self.versions.items()
        )
        return Release(
            id=f"r{self.made}",
            source_dir="/nowhere",
            services=services,
            edge=edge(self.routes),
            project={"networks": {"data": {"name": "slipway_data", "labels": {"version": str(self.network)}}}},
            watch_s=watch_s,
        )

    def change(self, rng: random.Random) -> None:
        """Change some services, numbers and routes, or nothing."""
        for name in rng.sample(ALWAYS, rng.choice((0, 1, 1, 2, 3, len(ALWAYS)))):
            now = self.versions[name]
            self.versions[name] = now - 1 if now > 1 and rng.random() < 0.2 else now + 1 + rng.randrange(3)
        if rng.random() < 0.2:
            self.counts[rng.choice(SCALED)] = rng.randint(1, 3)
        if rng.random() < 0.2:
            self.routes += 1
        if rng.random() < 0.15:
            self.network += rng.choice((1, 1, -1))
        if rng.random() < 0.1 and not self.versions.pop("admin", None):
            self.versions["admin"] = 1 + rng.randrange(2)


@functools.lru_cache(maxsize=64)
def edge(version: int) -> Edge:
    return Edge(api_url=EDGE.api_url, dynamic_files={"public.yml": f"version {version}\n"})


def draw_fault(rng: random.Random) -> Fault:
    """Return something that goes wrong in a run, more often early than late."""
    at, pick = 1 + int(MOST_EFFECTS * rng.random() ** 1.5), rng.random()
    if rng.random() < 0.5:
        return Fault(at, rng.choice(EFFECT_FAULTS))
    return Fault(at, rng.choice(WORLD_FAULTS), delay_s=rng.choice(DELAYS_S), pick=pick)


def draw_flaw(rng: random.Random, release: Release, host: SimulatedHost) -> str:
    """Let something of a release be bad that never ran here, and tell what."""
    live, flaws = host.kept.get(host.state.release or ""), host.flaws
    known = {*host.applied, *(replica.fingerprint for replica in host.replicas.values())}
    known |= {service.fingerprint for service in live.services} if live else set()
    new = [service for service in release.services if service.fingerprint not in known]
    if not new:
        return ""
    service = rng.choice(new)
    kind = rng.choice(("broken", "breaking") if service.is_job else ("broken", "failing", "dies"))
    if kind == "dies":
        flaws.lives_s[service.fingerprint] = rng.choice(LIVES_S)
    else:
        {"broken": flaws.broken, "failing": flaws.failing, "breaking": flaws.breaking}[kind].add(service.fingerprint)
    return f"{service.name} of {release.id}: {kind}"
