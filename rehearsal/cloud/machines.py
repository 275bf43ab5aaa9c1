"""What stands behind a droplet of the fake cloud?"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Where a machine answers; `private` and `v6` may be empty."""

    public: str
    private: str = ""
    v6: str = ""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What may come in: a protocol, the ports `first` to `last` (both 0: every port), and networks in CIDR form."""

    protocol: str
    first: int
    last: int
    sources: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What a droplet was ordered as."""

    droplet_id: int
    name: str
    region: str
    size: str
    memory_mib: int
    vcpus: int
    image: str
    ipv6: bool


class Machines(Protocol):
    """Whoever makes the machines. Called from threads of the fake cloud, never while an API request waits."""

    def create(self, machine: Machine, *, user_data: str, public_keys: tuple[str, ...]) -> Addresses:
        """Make and start a machine; return when its addresses are known. Raising makes the create action fail."""

    def delete(self, droplet_id: int) -> None:
        """Remove the machine and its disk; one that is gone already is fine."""

    def reboot(self, droplet_id: int) -> None:
        """Restart the machine."""

    def power(self, droplet_id: int, *, is_on: bool) -> None:
        """Start or stop the machine."""

    def apply_firewall(self, droplet_id: int, rules: tuple[Rule, ...] | None) -> None:
        """Let in what the rules say and nothing else; None means that no firewall is attached."""

    def reserve(self, region: str) -> str:
        """Return a fresh IPv4 address that can be pointed at machines."""

    def assign(self, address: str, droplet_id: int | None) -> None:
        """Point a reserved address at a machine, or at nothing."""


@dataclass
class MemoryMachines:
    """Machines that are only written down, for tests."""

    created: list[tuple[Machine, str, tuple[str, ...]]] = field(default_factory=list)
    deleted: list[int] = field(default_factory=list)
    rebooted: list[int] = field(default_factory=list)
    powered: list[tuple[int, bool]] = field(default_factory=list)
    firewalls: dict[int, tuple[Rule, ...] | None] = field(default_factory=dict)
    assigned: dict[str, int | None] = field(default_factory=dict)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def create(self, machine: Machine, *, user_data: str, public_keys: tuple[str, ...]) -> Addresses:
        """Write the order down, and give the next addresses of the documentation networks."""
        self.created.append((machine, user_data, public_keys))
        number = next(self._numbers)
        v6 = f"2001:db8::{number:x}" if machine.ipv6 else ""
        return Addresses(public=f"203.0.113.{number}", private=f"10.135.0.{number}", v6=v6)

    def delete(self, droplet_id: int) -> None:
        """Write it down."""
        self.deleted.append(droplet_id)

    def reboot(self, droplet_id: int) -> None:
        """Write it down."""
        self.rebooted.append(droplet_id)

    def power(self, droplet_id: int, *, is_on: bool) -> None:
        """Write it down."""
        self.powered.append((droplet_id, is_on))

    def apply_firewall(self, droplet_id: int, rules: tuple[Rule, ...] | None) -> None:
        """Write it down."""
        self.firewalls[droplet_id] = rules

    def reserve(self, region: str) -> str:  # noqa: ARG002 - every region has the same addresses here
        """Give the next address."""
        return f"198.51.100.{next(self._numbers)}"

    def assign(self, address: str, droplet_id: int | None) -> None:
        """Write it down."""
        self.assigned[address] = droplet_id
