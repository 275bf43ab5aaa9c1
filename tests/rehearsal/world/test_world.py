from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.cloud import Machine as CloudMachine
from rehearsal.cloud import Rule
from rehearsal.world import World
from tests.rehearsal.conftest import NewDroplet
from tests.rehearsal.world.world_fixtures import WEB, Ordered, answers, order, ssh, wait_for

LISTENERS = """#cloud-config
users:
  - name: deploy
    sudo: ALL=(ALL) NOPASSWD:ALL
    shell: /bin/bash
    ssh_authorized_keys: [{key}]
write_files:
  - path: /etc/systemd/system/listen@.service
    content: |
      [Service]
      ExecStart=/usr/bin/python3 -m http.server %i --directory /srv
      [Install]
      WantedBy=multi-user.target
runcmd:
  - systemctl enable --now listen@80 listen@5432
"""


@pytest.fixture(scope="module")
def ordered(world: World) -> Iterator[Ordered]:
    key = world.ssh_key.with_suffix(".pub").read_text(encoding="utf-8").strip()
    gateway = f"{world.parts.network.gateway}/32"
    with order(world, "ordered", ssh_from=gateway, user_data=LISTENERS.format(key=json.dumps(key))) as droplet:
        droplet.machine.run("cloud-init", "status", "--wait")
        yield droplet


@pytest.mark.openssh
def test_a_droplet_that_was_ordered_runs_its_user_data_and_lets_the_key_in(world: World, ordered: Ordered) -> None:
    assert ssh(world, ordered.machine, "deploy", "sudo", "id", "-un") == "root"
    assert ssh(world, ordered.machine, "deploy", "hostname") == "ordered"
    assert ordered.machine.run("ps", "-p", "1", "-o", "comm=") == "systemd"


def test_every_droplet_makes_host_keys_of_its_own(ordered: Ordered, new_droplet: NewDroplet) -> None:
    other = new_droplet("other")
    other.run("cloud-init", "status", "--wait")
    key = ("cat", "/etc/ssh/ssh_host_ed25519_key.pub")
    assert ordered.machine.run(*key).split()[:2] != other.run(*key).split()[:2]


def test_from_outside_only_what_the_firewall_names_answers(ordered: Ordered) -> None:
    assert ordered.machine.run("sh", "-c", "ss -Hltn | grep -c :5432") == "1"  # it listens
    assert [answers(ordered.machine, port) for port in (22, 80, 5432)] == [True, True, False]


def test_ssh_answers_the_allowlist_alone(world: World, ordered: Ordered, new_droplet: NewDroplet) -> None:
    stranger = new_droplet("stranger")
    probe = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 1)"
    reach = f"python3 -c '{probe}' {ordered.machine.address} %d 2>/dev/null && echo yes || echo no"
    assert [stranger.run("sh", "-c", reach % port) for port in (22, 80)] == ["no", "yes"]
    assert answers(ordered.machine, 22), f"{world.parts.network.gateway} is on the allowlist"


def test_a_changed_firewall_holds_at_once(new_droplet: NewDroplet) -> None:
    machine = new_droplet("changed", rules=(WEB,))
    assert not answers(machine, 22)
    ssh_from_all = Rule(protocol="tcp", first=22, last=22, sources=("0.0.0.0/0",))
    machine.filter((WEB, ssh_from_all))
    wait_for(lambda: answers(machine, 22), "SSH after the change")
    machine.filter((WEB,))
    assert not answers(machine, 22)
    machine.filter(None)
    assert answers(machine, 22)


def test_a_port_that_is_forwarded_to_a_container_is_filtered_too(new_droplet: NewDroplet) -> None:
    machine = new_droplet("forwarding", rules=(WEB,))
    # what an engine's published port is: a packet for 8000 that the machine itself sends on to port 22
    machine.run(
        "iptables",
        "-t",
        "nat",
        "-A",
        "PREROUTING",
        "-p",
        "tcp",
        "--dport",
        "8000",
        "-j",
        "REDIRECT",
        "--to-ports",
        "22",
    )
    assert not answers(machine, 8000)
    machine.filter(None)
    wait_for(lambda: answers(machine, 8000), "the forwarded port without a firewall")


@pytest.mark.parametrize("how", ["reboot", "power_cycle", "from_inside"])
def test_a_reboot_keeps_address_disk_and_firewall(ordered: Ordered, how: str) -> None:
    ordered.machine.run("touch", "/srv/kept")
    boot = ordered.machine.run("systemctl", "show", "--property", "UserspaceTimestampMonotonic")
    if how == "from_inside":
        ordered.machine.run("systemd-run", "--on-active=0", "systemctl", "reboot")
        wait_for(lambda: not answers(ordered.machine, 80), "the shutdown")
    else:
        ordered.act(how)
    wait_for(lambda: answers(ordered.machine, 22) and answers(ordered.machine, 80), "the services after a reboot")
    assert not answers(ordered.machine, 5432)
    assert boot != ordered.machine.run("systemctl", "show", "--property", "UserspaceTimestampMonotonic")
    ordered.machine.run("test", "-e", "/srv/kept")


def test_a_pulled_cable_cuts_off_and_comes_back_with_the_same_address(new_droplet: NewDroplet) -> None:
    machine = new_droplet("cable", rules=(Rule(protocol="tcp", first=22, last=22, sources=("0.0.0.0/0",)),))
    wait_for(lambda: answers(machine, 22), "SSH")
    machine.cut_cable()
    assert not answers(machine, 22)
    machine.heal_cable()
    wait_for(lambda: answers(machine, 22), "SSH after the cable is back")


def test_a_reserved_address_leads_to_its_droplet_and_outlives_a_reboot(world: World, ordered: Ordered) -> None:
    address = ordered.ask("POST", "/v2/reserved_ips", {"droplet_id": ordered.number})["reserved_ip"]["ip"]
    ordered.machine.reboot()
    wait_for(lambda: f"{address}/32" in ordered.machine.run("ip", "-o", "-4", "address"), "the reserved address")
    assert address != ordered.machine.address
    ordered.ask("DELETE", f"/v2/reserved_ips/{address}")
    wait_for(lambda: address not in ordered.machine.run("ip", "-o", "-4", "address"), "its removal")
    assert world.droplet("ordered") == ordered.machine


@pytest.mark.usefixtures("engine")
def test_a_droplet_that_ordered_ipv6_has_it_behind_the_same_firewall(tmp_path: Path) -> None:
    with World(tmp_path, ipv6=True) as world:
        rules = (Rule(protocol="tcp", first=22, last=22, sources=("0.0.0.0/0", "::/0")),)
        wanted = CloudMachine(
            droplet_id=1, name="six", region="fra1", size="s", memory_mib=1, vcpus=1, image="debian-13-x64", ipv6=True
        )
        world.parts.machines.apply_firewall(1, rules)
        ordered_v6 = world.parts.machines.create(wanted, user_data="", public_keys=()).v6
        machine = world.droplet("six")
        wait_for(lambda: answers(machine, 22, address=ordered_v6), "SSH over IPv6")
        world.parts.machines.apply_firewall(1, ())
        assert not answers(machine, 22, address=ordered_v6)
