"""What stands in for the Docker Engine's rules and names while it is away?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ops.targets.droplet import engine_away

NAT = """\
*nat
:PREROUTING ACCEPT [0:0]
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.18.0.0/16 ! -o br-1 -j MASQUERADE
-A POSTROUTING -s 10.0.0.0/8 -j SNAT --to-source 203.0.113.7
-A DOCKER ! -i br-1 -p tcp -m tcp --dport 443 -j DNAT --to-destination 172.18.0.2:443
COMMIT
"""
OF_26 = """\
*filter
:FORWARD DROP [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -j DOCKER-ISOLATION-STAGE-1
-A FORWARD -o br-1 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -o br-1 -j DOCKER
-A FORWARD -i br-1 ! -o br-1 -j ACCEPT
-A FORWARD -i br-1 -o br-1 -j ACCEPT
-A FORWARD -i br-2 -o br-2 -j DROP
-A DOCKER -d 172.18.0.2/32 ! -i br-1 -o br-1 -p tcp -m tcp --dport 443 -j ACCEPT
-A DOCKER-ISOLATION-STAGE-2 -o br-1 -j DROP
COMMIT
"""
OF_28 = """\
*filter
:FORWARD DROP [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -j DOCKER-FORWARD
-A DOCKER -d 172.18.0.2/32 ! -i br-1 -o br-1 -p tcp -m tcp --dport 443 -j ACCEPT
-A DOCKER ! -i br-1 -o br-1 -j DROP
-A DOCKER-BRIDGE -o br-1 -j DOCKER
-A DOCKER-CT -o br-1 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A DOCKER-FORWARD -i br-1 -j ACCEPT
-A DOCKER-FORWARD -i br-2 -o br-2 -j DROP
-A DOCKER-ISOLATION-STAGE-1 -i br-1 ! -o br-1 -j DOCKER-ISOLATION-STAGE-2
COMMIT
"""
MEANWHILE_NAT = """\
*nat
:SLIPWAY-ENGINE-AWAY - [0:0]
:SLIPWAY-ENGINE-AWAY-OUT - [0:0]
-A SLIPWAY-ENGINE-AWAY ! -i br-1 -p tcp -m tcp --dport 443 -j DNAT --to-destination 172.18.0.2:443
-A SLIPWAY-ENGINE-AWAY-OUT -s 172.18.0.0/16 ! -o br-1 -j MASQUERADE
-I PREROUTING 1 -m addrtype --dst-type LOCAL -j SLIPWAY-ENGINE-AWAY
-I OUTPUT 1 -m addrtype --dst-type LOCAL -j SLIPWAY-ENGINE-AWAY
-A POSTROUTING -j SLIPWAY-ENGINE-AWAY-OUT
COMMIT
"""
MEANWHILE_FILTER = """\
*filter
:SLIPWAY-ENGINE-AWAY - [0:0]
-A SLIPWAY-ENGINE-AWAY -j DOCKER-USER
-A SLIPWAY-ENGINE-AWAY -i br-1 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A SLIPWAY-ENGINE-AWAY -o br-1 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A SLIPWAY-ENGINE-AWAY -i br-1 -o br-1 -j ACCEPT
-A SLIPWAY-ENGINE-AWAY -i br-2 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A SLIPWAY-ENGINE-AWAY -o br-2 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A SLIPWAY-ENGINE-AWAY -d 172.18.0.2/32 ! -i br-1 -o br-1 -p tcp -m tcp --dport 443 -j ACCEPT
-I FORWARD 1 -j SLIPWAY-ENGINE-AWAY
COMMIT
"""
DOOR = " ! -i br-1 -p tcp -m tcp --dport 443 -j DNAT --to-destination 172.18.0.2:443"


@pytest.mark.req("D-12")
@pytest.mark.parametrize("passing", [OF_26, OF_28], ids=["Engine 26", "Engine 28"])
def test_what_the_engine_publishes_is_said_again_and_networks_stay_as_closed_as_they_were(passing: str) -> None:
    assert engine_away.rules_meanwhile(NAT + passing) == MEANWHILE_NAT + MEANWHILE_FILTER


def test_an_engine_that_publishes_nothing_needs_no_rules() -> None:
    assert engine_away.rules_meanwhile(NAT.replace(f"-A DOCKER{DOOR}\n", "") + OF_26) == ""


def test_ours_are_taken_away_whole_and_nothing_else() -> None:
    ours = (
        "-A PREROUTING -j SLIPWAY-ENGINE-AWAY",
        f"-A SLIPWAY-ENGINE-AWAY{DOOR}",
        "-A POSTROUTING -j SLIPWAY-ENGINE-AWAY-OUT",
    )
    saved = NAT.replace("COMMIT", "\n".join((*ours, "COMMIT"))) + OF_26
    assert engine_away.rules_afterwards(saved).splitlines() == [
        "*nat",
        "-D PREROUTING -j SLIPWAY-ENGINE-AWAY",
        "-D POSTROUTING -j SLIPWAY-ENGINE-AWAY-OUT",
        "-F SLIPWAY-ENGINE-AWAY",
        "-F SLIPWAY-ENGINE-AWAY-OUT",
        "-X SLIPWAY-ENGINE-AWAY",
        "-X SLIPWAY-ENGINE-AWAY-OUT",
        "COMMIT",
    ]
    assert engine_away.rules_afterwards(NAT + OF_26) == ""


@pytest.mark.parametrize(
    ("theirs", "is_again"),
    [("", False), (f"-A DOCKER{DOOR}", True), (f"-A DOCKER{DOOR.replace('0.2', '0.9')}", True)],
    ids=["no rules yet", "as it was", "at another address"],
)
def test_the_engine_is_back_when_it_publishes_every_port_again(theirs: str, *, is_again: bool) -> None:
    saved = f"*nat\n-A SLIPWAY-ENGINE-AWAY{DOOR}\n{theirs}\nCOMMIT\n"
    assert (engine_away.is_kept(saved), engine_away.is_published_again(saved)) == (True, is_again)


def container(data: Path, name: str, *, networks: dict[str, str], pid: int = 7, **more: Any) -> Path:
    """Write what the Engine keeps of a container; return its hosts file."""
    folder = data / "containers" / f"id-{name}"
    folder.mkdir(parents=True)
    hosts = folder / "hosts"
    hosts.write_text("127.0.0.1 localhost\n")
    told = {one: {"NetworkID": one, "IPAddress": address, **more} for one, address in networks.items()}
    state = {"ID": f"id-{name}", "Name": f"/{name}", "State": {"Pid": pid}, "HostsPath": str(hosts)}
    (folder / "config.v2.json").write_text(json.dumps({**state, "NetworkSettings": {"Networks": told}}))
    return hosts


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """Return where processes 7 and 8 are told of: those of `edge` and of `web`."""
    for pid, name in ((7, "edge"), (8, "web")):
        (tmp_path / "proc" / str(pid)).mkdir(parents=True)
        (tmp_path / "proc" / str(pid) / "cgroup").write_text(f"0::/system.slice/docker-id-{name}.scope\n")
    return tmp_path / "proc"


def test_containers_that_run_know_each_other_by_name_while_they_share_a_network(tmp_path: Path, proc: Path) -> None:
    edge = container(tmp_path, "edge", networks={"front": "172.18.0.2", "back": "172.19.0.2"}, DNSNames=["edge", "id"])
    web = container(tmp_path, "web", networks={"back": "172.19.0.3"}, Aliases=["web", "www"], pid=8)
    gone = container(tmp_path, "gone", networks={"back": "172.19.0.4"}, pid=7)  # its number is another's now
    assert engine_away.write_names(engine_away.containers(tmp_path, proc)) == 2
    assert edge.read_text().splitlines()[2:-1] == ["172.19.0.3 web www"]
    assert web.read_text().splitlines()[2:-1] == ["172.19.0.2 edge id"]
    assert gone.read_text() == "127.0.0.1 localhost\n"
    assert engine_away.write_names(engine_away.containers(tmp_path, proc)) == 0  # they stand already


def test_the_names_go_again_and_what_was_written_meanwhile_stays(tmp_path: Path, proc: Path) -> None:
    edge = container(tmp_path, "edge", networks={"back": "172.19.0.2"})
    container(tmp_path, "web", networks={"back": "172.19.0.3"}, pid=8)
    engine_away.write_names(engine_away.containers(tmp_path, proc))
    file = edge.stat().st_ino
    with edge.open("a") as hosts:
        hosts.write("172.19.0.9 new\n")
    engine_away.drop_names(tmp_path)
    assert (edge.read_text(), edge.stat().st_ino) == ("127.0.0.1 localhost\n172.19.0.9 new\n", file)


def test_a_container_of_which_half_is_told_is_left_out(tmp_path: Path, proc: Path) -> None:
    container(tmp_path, "edge", networks={"back": "172.19.0.2"})
    (tmp_path / "containers" / "id-edge" / "config.v2.json").write_text('{"ID": "id-edge", "State": {"Pid": 7}}')
    assert engine_away.containers(tmp_path, proc) == []
