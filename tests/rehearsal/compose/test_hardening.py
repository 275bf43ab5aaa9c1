"""What may the containers of the real stack do on a droplet? Asked of the Engine, service by service."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ops.engine.compose.doors import NOWHERE
from tests.rehearsal.compose.compose_fixtures import ROOT
from tests.rehearsal.compose.engine_host import EngineHost
from tests.rehearsal.droplet.droplet_stack import Rehearsed

SERVICES = ("api", "beat", "django", "flower", "nginx-static", "postgres", "react-app", "redis", "traefik", "worker")
NETWORKS = {
    "postgres": {"data"},
    "redis": {"data"},
    "worker": {"data", "egress"},
    "beat": {"data"},
    "api": {"edge", "data"},
    "django": {"inner", "data"},
    "flower": {"edge", "data"},
    "react-app": {"edge"},
    "nginx-static": {"edge"},
    "traefik": {"doors", "public", "edge", "inner"},
}
Container = dict[str, Any]


@pytest.fixture(scope="module")
def containers(real_host: EngineHost) -> dict[str, Container]:
    """Return what the Engine tells of one replica of each service."""
    return {row["Config"]["Labels"]["slipway.service"]: row for row in real_host.inspect()}


def test_every_service_is_looked_at(containers: dict[str, Container]) -> None:
    assert tuple(sorted(containers)) == SERVICES


@pytest.mark.req("C-04")
@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_an_ordinary_user_on_a_file_system_it_cannot_change(
    containers: dict[str, Container], real_host: EngineHost, name: str
) -> None:
    row = containers[name]
    uids = real_host.run("sh", "-c", f"grep -h ^Uid /proc/{row['State']['Pid']}/status").split()[1:]
    assert "0" not in uids
    assert row["Config"]["User"] not in {"", "root", "0", "0:0"}
    assert row["HostConfig"]["ReadonlyRootfs"] is True


@pytest.mark.req("C-04")
@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_no_capability_and_can_gain_none(containers: dict[str, Container], name: str) -> None:
    given = containers[name]["HostConfig"]
    assert (given["CapDrop"], given["CapAdd"], given["Privileged"]) == (["ALL"], None, False)
    assert "no-new-privileges:true" in given["SecurityOpt"]
    assert (given["PidMode"], given["UTSMode"], given["Devices"]) == ("", "", None)
    assert given["IpcMode"] == "private"
    own = containers[name]["NetworkSettings"]["Networks"].items()
    assert given["NetworkMode"] in {one for network, place in own for one in (network, place["NetworkID"])}


@pytest.mark.req("C-06")
@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_bounded(containers: dict[str, Container], name: str) -> None:
    given = containers[name]["HostConfig"]
    assert given["NanoCpus"] > 0
    assert given["Memory"] > 0
    assert given["PidsLimit"] > 0
    assert {"max-size", "max-file"} <= set(given["LogConfig"]["Config"])
    assert given["RestartPolicy"]["Name"] == "unless-stopped"


@pytest.mark.req("A-15", "A-20", "A-21", "A-22")
@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_in_its_networks_and_only_traefik_is_reached_from_outside(
    containers: dict[str, Container], name: str
) -> None:
    row = containers[name]
    assert set(row["NetworkSettings"]["Networks"]) == {f"slipway_{network}" for network in NETWORKS[name]}
    published = {port for port, hosts in row["NetworkSettings"]["Ports"].items() if hosts}
    assert published == ({"80/tcp", "443/tcp", "443/udp"} if name == "traefik" else set())
    places = {place["HostIp"] for hosts in row["NetworkSettings"]["Ports"].values() for place in hosts or ()}
    assert places == ({NOWHERE} if name == "traefik" else set()), "the host's own rules lead to Traefik"
    assert not any("docker.sock" in mount["Source"] for mount in row["Mounts"])


@pytest.mark.req("A-22")
def test_the_networks_of_the_data_and_of_what_traefik_routes_to_lead_nowhere_else(real_host: EngineHost) -> None:
    names = real_host.docker("network", "ls", "--filter", "name=slipway_", "--format", "{{.Name}}").split()
    inner = {row["Name"] for row in json.loads(real_host.docker("network", "inspect", *names)) if row["Internal"]}
    assert inner == {"slipway_edge", "slipway_inner", "slipway_data"}


@pytest.mark.req("A-14", "A-21")
@pytest.mark.parametrize(
    ("url", "answered"),
    [
        ("http://traefik:8081/api/rawdata", "404"),
        ("http://traefik:8081/dashboard/", "404"),
        ("http://traefik:8081/admin/login/", "404"),
        ("http://{django}:8000/admin/login/", "000"),
        ("http://django:8000/admin/login/", "000"),
        ("http://api:8000/ready", "200"),
    ],
)
def test_a_container_behind_traefik_reaches_neither_its_api_nor_the_admin(
    containers: dict[str, Container], real_host: EngineHost, url: str, answered: str
) -> None:
    inner = containers["django"]["NetworkSettings"]["Networks"]["slipway_inner"]["IPAddress"]
    ask = f"curl -s -o /dev/null -m 3 -w '%{{http_code}}' -H 'Host: localhost' {url.format(django=inner)} || true"
    assert real_host.docker("exec", containers["react-app"]["Name"].lstrip("/"), "sh", "-c", ask) == answered


@pytest.mark.req("A-19")
@pytest.mark.parametrize("name", SERVICES)
def test_a_service_proves_by_a_health_check_that_it_works(containers: dict[str, Container], name: str) -> None:
    row = containers[name]
    assert row["Config"]["Healthcheck"]["Test"][0] in {"CMD", "CMD-SHELL"}
    assert row["State"]["Health"]["Status"] == "healthy"


@pytest.mark.req("C-04")
@pytest.mark.parametrize("name", ["api", "django", "flower", "react-app", "nginx-static"])
def test_an_image_of_ours_holds_nothing_that_builds_or_installs(real_host: EngineHost, name: str) -> None:
    container = next(row["Name"].lstrip("/") for row in real_host.inspect() if row["Name"].startswith(f"/{name}-"))
    tools = ["gcc", "cc", "make", "pip", "pip3", "npm", "node", "uv", "git"]
    script = (
        "; ".join(f"command -v {tool}" for tool in tools) + "; python3 -c 'import pip' 2>/dev/null && echo pip; true"
    )
    assert real_host.docker("exec", container, "sh", "-c", script) == ""


@pytest.mark.req("B-15", "A-12")
def test_no_image_and_no_command_line_holds_a_secret(real_host: EngineHost, second: Rehearsed) -> None:
    images = real_host.docker("images", "--quiet", "--filter", "reference=slipway/*").split()
    assert len(set(images)) == len({"api", "django", "flower", "react-app", "nginx-static"})
    places = {
        "images": real_host.docker("image", "inspect", *images),
        "history": "".join(real_host.docker("history", "--no-trunc", image) for image in images),
        "command lines": real_host.run("ps", "-eo", "args"),
    }
    assert [name for name, text in places.items() if any(secret in text for secret in second.secrets)] == []
    known = second.environment["POSTGRES_PASSWORD"]
    found = real_host.run("sh", "-c", f"grep -rl {known} {ROOT} | xargs stat -c '%a %U'").splitlines()
    assert set(found) == {"600 root"}
