"""Which rules of the host lead visitors to which Traefik, and what does each Traefik have for itself?"""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any, cast

import pytest

from ops.engine.compose import door_rules
from ops.engine.compose.door_rules import CHAIN
from ops.engine.compose.doors import ContainerDoors, queued
from ops.engine.compose.folders import Folders
from ops.engine.errors import EngineError
from ops.engine.runtime import Listener

PORTS = {"80/tcp": "80", "443/tcp": "443", "443/udp": "443"}
SAVED = f"""\
*nat
:PREROUTING ACCEPT [0:0]
:DOCKER - [0:0]
:{CHAIN} - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j {CHAIN}
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT -m addrtype --dst-type LOCAL -j {CHAIN}
-A {CHAIN} -p tcp -m tcp --dport 443 -j DNAT --to-destination 172.19.0.2:443
-A {CHAIN} -p udp -m udp --dport 443 -j DNAT --to-destination 172.19.0.2:443
COMMIT
"""
EMPTY = "*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER\nCOMMIT\n"


class Kernel:
    """What the rules are, and every command that was run."""

    def __init__(self, saved: str) -> None:
        self.saved = saved
        self.ran: list[tuple[tuple[str, ...], str]] = []

    def __call__(self, *command: str, stdin: str = "") -> str:
        """Answer as the host would."""
        self.ran.append((command, stdin))
        return self.saved if command[0] == "iptables-save" else ""

    def fed(self) -> list[str]:
        """Return the lines that the kernel was given."""
        return [line for command, stdin in self.ran if command[0] == "iptables-restore" for line in stdin.splitlines()]


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Kernel:
    """Return a kernel that leads to 172.19.0.2."""
    made = Kernel(SAVED)
    monkeypatch.setattr(door_rules, "_run", made)
    monkeypatch.setattr(door_rules, "UNIT", tmp_path / "slipway-doors.service")
    monkeypatch.setattr(door_rules, "KEPT", tmp_path / "rules")
    return made


@pytest.mark.req("B-01")
def test_visitors_are_turned_by_one_change_and_the_next_boot_knows_it(kernel: Kernel) -> None:
    door_rules.turn(PORTS, "172.19.0.3")
    rules = [
        f":{CHAIN} - [0:0]",
        f"-A {CHAIN} -p tcp -m tcp --dport 443 -j DNAT --to-destination 172.19.0.3:443",
        f"-A {CHAIN} -p udp -m udp --dport 443 -j DNAT --to-destination 172.19.0.3:443",
        f"-A {CHAIN} -p tcp -m tcp --dport 80 -j DNAT --to-destination 172.19.0.3:80",
    ]
    assert kernel.fed() == ["*nat", *rules, "COMMIT"]  # its hooks are there
    hooks = [f"-I {hook} 1 -m addrtype --dst-type LOCAL -j {CHAIN}" for hook in ("PREROUTING", "OUTPUT")]
    assert door_rules.KEPT.read_text().splitlines() == ["*nat", *rules, *hooks, "COMMIT"]


def test_the_unit_for_the_next_boot_is_switched_on_once(kernel: Kernel) -> None:
    for address in ("172.19.0.3", "172.19.0.2"):
        door_rules.turn(PORTS, address)
    switched = [command for command, _ in kernel.ran if command[0] == "systemctl"]
    assert switched == [("systemctl", "daemon-reload"), ("systemctl", "enable", "--quiet", "slipway-doors.service")]
    assert "Before=docker.service" in door_rules.SERVICE


def test_hooks_that_are_missing_come_with_the_chain(kernel: Kernel) -> None:
    kernel.saved = EMPTY
    door_rules.turn({"80/tcp": "80"}, "172.19.0.2")
    assert [line for line in kernel.fed() if line.startswith("-I")] == [
        f"-I {hook} 1 -m addrtype --dst-type LOCAL -j {CHAIN}" for hook in ("PREROUTING", "OUTPUT")
    ]


def test_closed_doors_leave_the_rules_of_others_alone(kernel: Kernel) -> None:
    door_rules.turn(PORTS, "172.19.0.2")
    kernel.ran.clear()
    door_rules.close()
    hooks = [f"-D {hook} -m addrtype --dst-type LOCAL -j {CHAIN}" for hook in ("PREROUTING", "OUTPUT")]
    assert kernel.fed() == ["*nat", *hooks, f"-F {CHAIN}", f"-X {CHAIN}", "COMMIT"]
    assert not door_rules.UNIT.exists()
    assert not door_rules.KEPT.exists()
    kernel.saved = EMPTY
    kernel.ran.clear()
    door_rules.close()
    assert kernel.fed() == []


class Nobody:
    """Containers of which none is there."""

    def inspect(self, _: str) -> None:
        """Find none."""


def test_visitors_are_never_sent_to_one_that_is_gone(kernel: Kernel, folders: Folders) -> None:
    doors = ContainerDoors(cast("Any", None), cast("Any", Nobody()), folders, dict)
    with pytest.raises(EngineError, match="visitors were not sent"):
        doors.turn_to("traefik-gone")
    assert kernel.fed() == []


def test_what_visitors_reach_is_read_from_the_kernel(kernel: Kernel) -> None:
    assert door_rules.destination() == "172.19.0.2"
    assert list(door_rules.listeners("traefik")) == [
        Listener(address="0.0.0.0", port=443, protocol=protocol, owner="traefik")  # noqa: S104 - as it is shown
        for protocol in ("tcp", "udp")
    ]
    kernel.saved = EMPTY
    assert door_rules.destination() == ""


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """Return folders with routes, and with a certificate of the first hour."""
    made = Folders(tmp_path / "root")
    made.make()
    (made.routes / "public.yml").write_text("written last")
    made.certificates.mkdir(parents=True)
    certificate(made.certificates, "first", at=100)
    return made


def certificate(folder: Path, text: str, *, at: float) -> None:
    (folder / "acme.json").write_text(text)
    (folder / "acme.json").chmod(0o600)
    os.utime(folder / "acme.json", (at, at))


def kept(folder: Path) -> str:
    return (folder / "acme.json").read_text()


def test_each_traefik_has_routes_of_its_own_and_the_newest_certificates(folders: Folders) -> None:
    for name in ("traefik-a", "traefik-b"):
        folders.furnish(name)
        certificate(
            folders.of_edge(name)[folders.certificates], f"renewed by {name}", at=200 if name[-1] == "a" else 150
        )
    folders.furnish("traefik-c")
    own = folders.of_edge("traefik-c")
    assert kept(own[folders.certificates]) == "renewed by traefik-a"
    assert (own[folders.certificates] / "acme.json").stat().st_mode & 0o777 == 0o600
    (own[folders.routes] / "public.yml").write_text("said to this one alone")
    assert (folders.routes_of("traefik-a") / "public.yml").read_text() == "written last"
    folders.furnish("traefik-c")  # once more: nothing of its own is lost
    assert (own[folders.routes] / "public.yml").read_text() == "said to this one alone"


def test_certificates_of_a_traefik_that_goes_are_kept_unless_newer_ones_are(folders: Folders) -> None:
    for name, at in (("traefik-a", 200), ("traefik-b", 150)):
        folders.furnish(name)
        certificate(folders.of_edge(name)[folders.certificates], f"renewed by {name}", at=at)
    for name in ("traefik-a", "traefik-b"):
        folders.forget_edge(name)
    assert kept(folders.certificates) == "renewed by traefik-a"
    assert list(folders.edges.iterdir()) == []
    assert folders.all_routes() == [folders.routes]


def test_who_has_come_and_was_not_let_in_is_counted() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)), socket.create_connection(("127.0.0.1", port)):
            assert (queued(os.getpid(), {port}), queued(os.getpid(), {1})) == (2, 0)
            listening.accept()[0].close()
            assert queued(os.getpid(), {port}) == 1
