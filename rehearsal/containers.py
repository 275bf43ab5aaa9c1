"""How do containers stand in for the droplets of the fake cloud?"""

from __future__ import annotations

import threading

from ops.errors import HostError
from rehearsal.cloud.machines import Addresses, Machine, Rule
from rehearsal.docker import Owner
from rehearsal.droplet import machine as droplet
from rehearsal.network import Network


class ContainerMachines:
    """The `Machines` of the fake cloud: each droplet is a container on one network."""

    def __init__(self, *, network: Network, owner: Owner, with_engine: bool = False) -> None:
        self.network = network
        self.owner = owner
        self.with_engine = with_engine
        self._running: dict[int, droplet.Machine] = {}
        self._rules: dict[int, tuple[Rule, ...] | None] = {}
        self._reserved: dict[str, int | None] = {}
        self._lock = threading.RLock()

    def create(self, machine: Machine, *, user_data: str, public_keys: tuple[str, ...]) -> Addresses:
        """Start a container; it boots while the caller goes on. Raises HostError or BuildError."""
        started = droplet.start_machine(
            machine.name,
            network=self.network,
            owner=self.owner,
            public_keys=public_keys,
            user_data=user_data,
            rules=self._rules.get(machine.droplet_id),
            with_engine=self.with_engine,
        )
        with self._lock:
            self._running[machine.droplet_id] = started
        return Addresses(public=started.address, v6=started.address_v6 if machine.ipv6 else "")

    def delete(self, droplet_id: int) -> None:
        """Remove the container and its disk; one that is gone already is fine."""
        with self._lock:
            gone = self._running.pop(droplet_id, None)
            self._rules.pop(droplet_id, None)
        if gone:
            gone.delete()

    def reboot(self, droplet_id: int) -> None:
        """Restart the container; address, disk and firewall stay."""
        self.machine(droplet_id).reboot()

    def power(self, droplet_id: int, *, is_on: bool) -> None:
        """Start the container, or end it as a power cut does."""
        found = self.machine(droplet_id)
        (found.power_on if is_on else found.power_cut)()

    def apply_firewall(self, droplet_id: int, rules: tuple[Rule, ...] | None) -> None:
        """Filter in the droplet's own network namespace; rules for a droplet to come hold from its first packet."""
        with self._lock:
            is_new = self._rules.get(droplet_id) != rules
            self._rules[droplet_id] = rules
            found = self._running.get(droplet_id)
        if found and is_new:
            found.filter(rules)

    def reserve(self, region: str) -> str:  # noqa: ARG002 - there is one network, whatever the region
        """Return an address of the network that no machine has."""
        address = self.network.take()
        self._reserved[address] = None
        return address

    def assign(self, address: str, droplet_id: int | None) -> None:
        """Let a droplet answer on a reserved address, and nobody else."""
        with self._lock:
            before, self._reserved[address] = self._reserved.get(address), droplet_id
        for one in {before, droplet_id} - {None}:
            if one in self._running:
                self._running[one].answer_on(tuple(at for at, to in self._reserved.items() if to == one))

    def machine(self, droplet_id: int) -> droplet.Machine:
        """Return the machine behind a droplet; raises HostError."""
        with self._lock:
            found = self._running.get(droplet_id)
        if found is None:
            raise HostError(
                f"there is no droplet {droplet_id}", why="it was never made, or it is gone", fix="invoke plan"
            )
        return found

    def by_name(self, name: str) -> droplet.Machine:
        """Return the machine whose droplet has this name; raises HostError."""
        found = [one for one in self.all() if one.name == name]
        if not found:
            raise HostError(f"there is no droplet {name}", why="it was never made, or it is gone", fix="invoke plan")
        return found[0]

    def all(self) -> tuple[droplet.Machine, ...]:
        """Return every machine that is there."""
        with self._lock:
            return tuple(self._running.values())
