"""Does one command bring up a droplet from nothing, and does the same command again change nothing?"""

from __future__ import annotations

import json
import re
import socket
import subprocess

import pytest

from ops.runs.artifacts import NAMES
from tests.rehearsal.droplet.droplet_stack import Rehearsed, Visitor

pytestmark = pytest.mark.engine
CLOSED = (2375, 2376, 3306, 5432, 5555, 6379, 8000, 8080, 8081, 9000)


@pytest.mark.req("A-01", "A-07", "A-14")
def test_from_nothing_one_command_leaves_a_verified_droplet(deployed: Rehearsed) -> None:
    first = json.loads((deployed.root.parent / "first" / "report.json").read_text(encoding="utf-8"))
    assert first["outcome"] == "success"
    assert [check["id"] for check in first["checks"] if not check["ok"]] == []
    assert {"cloud", "connect", "prepare", "ship", "build", "migrate", "gate", "switch", "verify"} <= {
        step["name"] for step in first["steps"]
    }
    assert first["cloud_instance"]["address"] == deployed.machine.address


@pytest.mark.req("A-10", "A-11", "A-27")
def test_every_artifact_is_there(deployed: Rehearsed) -> None:
    assert sorted(path.name for path in (deployed.root.parent / "first").iterdir()) == sorted(NAMES)
    manifest = json.loads((deployed.root.parent / "first" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["missing"] in ({}, [])


@pytest.mark.req("A-12", "B-15")
def test_no_secret_is_in_an_artifact_an_image_a_process_list_or_the_token_on_the_host(deployed: Rehearsed) -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in (deployed.root.parent / "first").iterdir()}
    texts["console"] = (deployed.root.parent / "first-console.txt").read_text(encoding="utf-8")
    texts["processes"] = deployed.machine.run("ps", "-eo", "args")
    images = deployed.machine.run("docker", "images", "--quiet", "slipway/*").split()
    texts["images"] = deployed.machine.run("docker", "inspect", *images)
    texts["history"] = "".join(deployed.machine.run("docker", "history", "--no-trunc", image) for image in images)
    assert [(name, secret[:6]) for name, text in texts.items() for secret in deployed.secrets if secret in text] == []
    token = deployed.environment["DIGITALOCEAN_TOKEN"]
    found = subprocess.run(
        ("docker", "exec", deployed.machine.container, "grep", "-rl", token, "/var/lib/slipway", "/etc", "/home"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stdout) == (1, "")


@pytest.mark.req("A-16", "B-11")
def test_the_certificate_comes_from_the_acme_server(deployed: Rehearsed) -> None:
    assert deployed.ask("/").status_code == 200  # verified against the server's root
    text = (deployed.root.parent / "first" / "curl-root.txt").read_text(encoding="utf-8")
    assert "Pebble" in text


@pytest.mark.req("A-28")
def test_the_same_deploy_again_changes_nothing_and_says_so(deployed: Rehearsed) -> None:
    before = {name: one["Id"] for name, one in deployed.containers().items()}
    written = len(deployed.world.parts.cloud.writes())
    done = deployed.deploy()
    assert done.returncode == 0, done.stdout + done.stderr
    assert {name: one["Id"] for name, one in deployed.containers().items()} == before
    assert {change["action"] for change in deployed.report()["changes"]} <= {"keep"}
    assert re.search(r"changed +nothing", done.stdout + done.stderr)
    assert deployed.world.parts.cloud.writes()[written:] == []


@pytest.mark.req("A-28")
def test_the_plan_of_what_is_deployed_is_empty(deployed: Rehearsed) -> None:
    done = deployed.invoke("plan")
    assert (done.returncode, done.stdout.strip()) == (0, "nothing would change"), done.stderr


@pytest.mark.req("A-28")
def test_the_plan_of_a_droplet_that_is_not_there_names_all_that_would_be_made(deployed: Rehearsed) -> None:
    written = len(deployed.world.parts.cloud.writes())
    other = deployed.with_settings(DROPLET_NAME="another", DROPLET_TAG="another")
    done = other.invoke("plan", "--json")
    assert done.returncode == 0, done.stderr
    planned = {(change["service"], change["action"]) for change in json.loads(done.stdout)["changes"]}
    assert {("droplet another", "create"), ("migrate", "run"), ("api", "start"), ("traefik", "start")} <= planned
    assert deployed.world.parts.cloud.writes()[written:] == []


@pytest.mark.req("A-04", "B-01")
def test_an_update_replaces_what_changed_alone_and_drops_no_request(deployed: Rehearsed) -> None:
    before = {name: one["Id"] for name, one in deployed.containers().items()}
    deployed.change_api("an update")
    with Visitor(deployed) as visitor:
        done = deployed.invoke("update", timeout_s=600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (visitor.failures, visitor.asked > 5) == ([], True)
    after = {name: one["Id"] for name, one in deployed.containers().items()}
    assert {name for name in before if name not in after} == {name for name in before if name.startswith("api-")}
    assert {name.partition("-")[0] for name in after if name not in before} == {"api"}
    assert sorted(path.name for path in deployed.folder().iterdir()) == sorted(NAMES)


@pytest.mark.req("A-15")
def test_from_outside_only_22_80_and_443_answer_and_the_firewall_says_the_same(deployed: Rehearsed) -> None:
    def is_open(port: int) -> bool:
        try:
            socket.create_connection((deployed.machine.address, port), timeout=1).close()
        except OSError:
            return False
        return True

    assert [port for port in (22, 80, 443, *CLOSED) if is_open(port)] == [22, 80, 443]
    firewalls = deployed.world.parts.cloud.account.firewalls.values()
    rules = {(rule["protocol"], rule["ports"]) for one in firewalls for rule in one["inbound_rules"]}
    assert rules == {("tcp", "22"), ("tcp", "80"), ("tcp", "443"), ("udp", "443")}
    listening = deployed.machine.run("ss", "-Hltn")
    outward = [line.split()[3] for line in listening.splitlines() if not line.split()[3].startswith(("127.", "[::1]"))]
    assert {address.rpartition(":")[2] for address in outward} <= {"22", "80", "443"}


@pytest.mark.req("A-14")
def test_verify_changes_nothing_and_works_by_its_wrapper(deployed: Rehearsed) -> None:
    before = {name: one["Id"] for name, one in deployed.containers().items()}
    done = subprocess.run(
        (str(deployed.root / "scripts" / "test.sh"), "--json"),
        cwd=deployed.root,
        env=deployed.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["outcome"] == "success"
    assert {name: one["Id"] for name, one in deployed.containers().items()} == before


@pytest.mark.req("B-14")
def test_status_and_logs_show_the_droplets_replicas(deployed: Rehearsed) -> None:
    status = deployed.invoke("status", "--json")
    assert status.returncode == 0, status.stderr
    rows = json.loads(status.stdout)["services"]
    assert {row["service"] for row in rows} >= {"api", "django", "postgres", "traefik", "worker"}
    assert {row["healthy"] for row in rows} == {True}
    lines = deployed.invoke("logs", "--service", "api", "--lines", "5").stdout.splitlines()
    assert lines
    assert all(line.startswith("api-") for line in lines)


@pytest.mark.req("A-21", "A-22")
def test_admin_and_flower_are_closed_until_they_are_opened_and_then_locked(deployed: Rehearsed) -> None:
    hosts = ("admin", "flower")
    domain = deployed.environment["WEBSITE_DOMAIN"]

    def answers(stack: Rehearsed, path: str = "/", **more: str) -> dict[str, int]:
        with stack.client() as client:
            return {
                host: client.get(
                    f"https://{stack.machine.address}{path}",
                    headers={"Host": f"{host}.{domain}", **more},
                    extensions={"sni_hostname": domain},
                ).status_code
                for host in hosts
            }

    assert answers(deployed) == {"admin": 404, "flower": 404}
    network = deployed.world.parts.network.gateway
    allowed = f"admin.{domain},{deployed.environment['DJANGO_ALLOWED_HOSTS']}"
    exposed = {"EXPOSE_ADMIN": "true", "EXPOSE_FLOWER": "true", "DJANGO_ALLOWED_HOSTS": allowed}
    opened = deployed.with_settings(**exposed, OPERATOR_NETWORKS=network)
    done = opened.deploy()
    assert done.returncode == 0, done.stdout + done.stderr
    assert answers(opened) == {"admin": 401, "flower": 401}
    assert answers(opened, "/metrics")["flower"] in {403, 404}
    closed = deployed.deploy()
    assert closed.returncode == 0, closed.stdout + closed.stderr
    assert answers(deployed) == {"admin": 404, "flower": 404}
    assert deployed.running("flower") == {}
