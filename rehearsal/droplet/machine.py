"""How is a droplet started, rebooted, cut off and removed?"""

from __future__ import annotations

import json
from dataclasses import dataclass

from rehearsal.archive import archive
from rehearsal.cloud.machines import Rule
from rehearsal.docker import Owner, docker
from rehearsal.droplet.firewall import restore_script
from rehearsal.droplet.image import droplet_image
from rehearsal.network import Network

# Plain --privileged is refused where the engine itself lacks CAP_SYS_RESOURCE.
_SWITCHES = (
    *("--cap-add", "ALL", "--cap-drop", "SYS_RESOURCE"),
    *("--security-opt", "seccomp=unconfined", "--security-opt", "systempaths=unconfined"),
    *("--security-opt", "apparmor=unconfined"),
    *("--tmpfs", "/run", "--tmpfs", "/tmp"),  # noqa: S108 - a folder inside the container
    *("--volume", "/var/lib/docker", "--volume", "/sys/fs/cgroup:/sys/fs/cgroup:rw", "--cgroupns", "host"),
    *("--env", "container=docker", "--restart", "on-failure"),
)
_FAMILIES = ("iptables", "ip6tables")


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A droplet that is there: its own name, the one of its container, its network and its address."""

    name: str
    container: str
    network: Network
    address: str

    @property
    def address_v6(self) -> str:
        """Return the IPv6 address; empty when the network has none."""
        return self.network.address_v6(self.address)

    def reboot(self) -> None:
        """Shut down in order and start again; address, disk and firewall stay."""
        docker("restart", "--time", "20", self.container)
        self._boot_chores()

    def power_cut(self) -> None:
        """End every process at once, as a power cut does; nothing is written back."""
        docker("kill", self.container)

    def power_on(self) -> None:
        """Start what was cut off from power."""
        docker("start", self.container)
        self._boot_chores()

    def cut_cable(self) -> None:
        """Take the network away; the machine runs on."""
        docker("network", "disconnect", self.network.name, self.container)

    def heal_cable(self) -> None:
        """Give the network back, with the same address."""
        docker("network", "connect", *self.network.place(self.address), self.network.name, self.container)
        self._boot_chores()

    def filter(self, rules: tuple[Rule, ...] | None) -> None:
        """Put the cloud's firewall in force: these rules let in, all else is dropped; None is no firewall."""
        docker("cp", "-", f"{self.container}:/etc", stdin=archive(_firewall_files(rules)))
        self._boot_chores()

    def answer_on(self, addresses: tuple[str, ...]) -> None:
        """Answer on these addresses too, and on no others that were given before."""
        lines = "".join(f"{address}\n" for address in addresses)
        docker("cp", "-", f"{self.container}:/etc", stdin=archive({"droplet/addresses": lines}))
        self._boot_chores()

    def run(self, *words: str, stdin: bytes | None = None, timeout_s: float = 60) -> str:
        """Run a command as root on the machine, from behind its back: no SSH, no firewall."""
        return docker(
            "exec", *(("--interactive",) if stdin else ()), self.container, *words, stdin=stdin, timeout_s=timeout_s
        )

    def delete(self) -> None:
        """Remove the machine and its disk; the address is free again."""
        docker("rm", "--force", "--volumes", self.container)
        self.network.release(self.address)

    def _boot_chores(self) -> None:
        """Do now what the machine does at its next boot: nothing may pass in between."""
        self.run("/usr/local/sbin/droplet-boot")


def start_machine(
    name: str,
    *,
    network: Network,
    owner: Owner,
    public_keys: tuple[str, ...],
    user_data: str = "",
    rules: tuple[Rule, ...] | None = None,
    with_engine: bool = False,
) -> Machine:
    """Start a droplet; it answers on its address at once, and boots for a few seconds more.

    `rules` are in force from the first packet on; `with_engine` has Docker's packages in the image. Raises
    HostError, or BuildError when the image cannot be built.
    """
    address = network.take()
    container = f"{network.name}-{name}"
    words = ("--name", container, "--hostname", name, "--network", network.name, *network.place(address), *owner.label)
    machine = Machine(name=name, container=container, network=network, address=address)
    seed = _seed_files(name, instance=f"{container}-{address}", public_keys=public_keys, user_data=user_data)
    files = {**_firewall_files(rules), "droplet/resolv.conf": network.resolver}
    try:
        docker("create", *words, *_SWITCHES, droplet_image(with_engine=with_engine))
        docker("cp", "-", f"{container}:/etc", stdin=archive(files))
        docker("cp", "-", f"{container}:/var/lib/cloud", stdin=archive(seed))
        docker("start", container)
    except BaseException:
        machine.delete()
        raise
    return machine


def _firewall_files(rules: tuple[Rule, ...] | None) -> dict[str, str]:
    return {f"droplet/{family}": "" if rules is None else restore_script(rules, family=family) for family in _FAMILIES}


def _seed_files(name: str, *, instance: str, public_keys: tuple[str, ...], user_data: str) -> dict[str, str]:
    """Return what NoCloud reads; JSON is YAML, so nothing in a key or a name can break it."""
    meta = {"instance-id": instance, "local-hostname": name, "public-keys": list(public_keys)}
    return {
        "seed/nocloud/meta-data": json.dumps(meta),
        "seed/nocloud/user-data": user_data or "#cloud-config\n{}\n",
    }
