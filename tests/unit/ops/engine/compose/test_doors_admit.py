"""What does a Traefik's Compose file get, so that it can have the doors of a host?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest

from ops.engine.compose import door_rules, doors
from ops.engine.compose.containers import Containers
from ops.engine.compose.docker_api import DockerRefusedError
from ops.engine.compose.doors import NETWORK, NOWHERE, PORTS, PROBE, ContainerDoors
from ops.engine.compose.folders import Folders
from ops.engine.errors import EngineError
from ops.engine.model import Image, Service

SOCKETS = {"80/tcp": "80", "443/tcp": "443", "443/udp": "443"}
SUBNET = {"Subnet": "172.19.0.0/16", "Gateway": "172.19.0.1"}


class Engine:
    """The Docker Engine's answers about networks and containers, in the shapes of its API 1.41."""

    def __init__(self) -> None:
        self.networks: dict[str, dict[str, Any]] = {}
        self.containers: dict[str, dict[str, Any]] = {}
        self.made: list[dict[str, Any]] = []

    def get(self, path: str, **_: object) -> Any:
        """Answer a GET, or refuse it with 404."""
        kind, name = path.strip("/").split("/", 1)
        if (kind, name) == ("containers", "json"):
            return [{"Id": one, "Names": [f"/{one}"], "Ports": []} for one in self.containers]
        found = (self.networks if kind == "networks" else self.containers).get(name.removesuffix("/json"))
        if found is None:
            raise DockerRefusedError(404, f"no such {kind}")
        return found

    def ask(self, method: str, path: str, *, body: dict[str, Any] | None = None, **_: object) -> None:
        """Make a network, with addresses of its own choice where none are stated, or remove one."""
        name = path.rpartition("/")[2]
        if method == "DELETE":
            if self.networks.pop(name, None) is None:
                raise DockerRefusedError(404, "no such network")
            return
        assert (method, path) == ("POST", "/networks/create")
        assert body is not None
        self.made.append(body)
        config = body.get("IPAM", {}).get("Config") or [{"Subnet": "fd00::/64"}, SUBNET]
        self.networks[str(body["Name"])] = {"IPAM": {"Config": config}}

    def run(self, name: str, address: str) -> None:
        """Have a Traefik with this address."""
        place = {NETWORK: {"IPAMConfig": {"IPv4Address": address}, "IPAddress": address}}
        self.containers[name] = {"NetworkSettings": {"Networks": place}, "Config": {"Labels": {}}}


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def turned(monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, str], str]]:
    """Return what visitors were turned to; nobody else listens on the host."""
    seen: list[tuple[dict[str, str], str]] = []
    monkeypatch.setattr(door_rules, "turn", lambda ports, address: seen.append((dict(ports), address)))
    monkeypatch.setattr(doors, "listening", lambda: "")
    return seen


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    made = Folders(tmp_path / "root")
    made.make()
    (made.routes / "public.yml").write_text("written last")
    return made


def admit(engine: Engine, folders: Folders, name: str) -> dict[str, Any]:
    """Return the whole Compose file of a Traefik that is let in."""
    api = cast("Any", engine)
    image = Image(id="traefik-1", files={})
    service = Service(name="traefik", image=image, command=(), environment={}, sockets=dict(SOCKETS))
    shared = [
        {"type": "bind", "source": str(folders.routes), "target": "/etc/traefik/dynamic"},
        {"type": "bind", "source": str(folders.certificates), "target": "/acme"},
        {"type": "bind", "source": str(folders.data / "tls"), "target": "/etc/traefik/tls"},
    ]
    own = {"ports": ["80:80"], "networks": {"edge": {}}, "volumes": shared, "labels": {"slipway.service": "traefik"}}
    described = {"name": "slipway", "services": {name: own}, "networks": {"edge": {"name": "slipway_edge"}}}
    own_files = {"this-host.yml": "this host"}
    return ContainerDoors(api, Containers(api), folders, lambda: own_files).admit(described, service, name)


@pytest.mark.req("B-01")
def test_the_first_traefik_of_a_host_has_an_address_that_it_keeps_and_visitors_before_it_starts(
    engine: Engine, folders: Folders, turned: list[Any]
) -> None:
    described = admit(engine, folders, "traefik-a")
    container = described["services"]["traefik-a"]
    assert container["networks"] == {"edge": {}, "doors": {"ipv4_address": "172.19.0.2"}}
    assert described["networks"]["doors"] == {"name": NETWORK, "external": True}
    assert turned == [(SOCKETS, "172.19.0.2")]
    # Stated addresses are what lets a container keep one; they are those that the Engine itself chose.
    assert [(one["Name"], one.get("IPAM", {}).get("Config")) for one in engine.made] == [
        (PROBE, None),
        (NETWORK, [SUBNET]),
    ]
    assert set(engine.networks) == {NETWORK}


@pytest.mark.req("B-01")
def test_the_next_one_has_another_address_and_no_visitors_yet(
    engine: Engine, folders: Folders, turned: list[Any]
) -> None:
    admit(engine, folders, "traefik-a")
    engine.run("traefik-a", "172.19.0.2")
    turned.clear()
    described = admit(engine, folders, "traefik-b")
    assert described["services"]["traefik-b"]["networks"]["doors"] == {"ipv4_address": "172.19.0.3"}
    assert turned == []
    assert len(engine.made) == 2  # the network was there


def test_one_that_is_started_again_comes_back_at_its_address(
    engine: Engine, folders: Folders, turned: list[Any]
) -> None:
    admit(engine, folders, "traefik-a")
    engine.run("traefik-a", "172.19.0.5")
    assert admit(engine, folders, "traefik-a")["services"]["traefik-a"]["networks"]["doors"] == {
        "ipv4_address": "172.19.0.5"
    }
    assert turned[-1] == (SOCKETS, "172.19.0.5")


@pytest.mark.req("B-04")
def test_a_published_port_leads_nobody_in_and_the_label_says_where_visitors_come_from(
    engine: Engine, folders: Folders, turned: list[Any]
) -> None:
    container = admit(engine, folders, "traefik-a")["services"]["traefik-a"]
    assert {one["host_ip"] for one in container["ports"]} == {NOWHERE}
    assert [(one["target"], one["protocol"]) for one in container["ports"]] == [
        (80, "tcp"),
        (443, "tcp"),
        (443, "udp"),
    ]
    assert json.loads(container["labels"][PORTS]) == SOCKETS
    assert container["labels"]["slipway.service"] == "traefik"
    assert len(turned) == 1


def test_it_has_routes_and_certificates_of_its_own_and_shares_the_rest(
    engine: Engine, folders: Folders, turned: list[Any]
) -> None:
    container = admit(engine, folders, "traefik-a")["services"]["traefik-a"]
    sources = {one["target"]: one["source"] for one in container["volumes"]}
    own = folders.of_edge("traefik-a")
    assert sources["/etc/traefik/dynamic"] == str(own[folders.routes]) != str(folders.routes)
    assert sources["/acme"] == str(own[folders.certificates]) != str(folders.certificates)
    assert sources["/etc/traefik/tls"] == str(folders.data / "tls")
    files = {path.name: path.read_text() for path in own[folders.routes].iterdir()}
    assert files == {"public.yml": "written last", "this-host.yml": "this host"}
    assert len(turned) == 1


@pytest.mark.req("B-01")
def test_ports_at_which_somebody_else_serves_are_refused_before_any_rule_is_written(
    engine: Engine, folders: Folders, turned: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = 'tcp LISTEN 0 511 0.0.0.0:443 0.0.0.0:* users:(("nginx",pid=7,fd=6))\n'
    monkeypatch.setattr(doors, "listening", lambda: taken)
    with pytest.raises(EngineError) as refused:
        admit(engine, folders, "traefik-a")
    assert (refused.value.why, refused.value.fix) == (
        "port 443/tcp: address already in use, by nginx",
        "end nginx on the host, then invoke deploy",
    )
    assert turned == []
