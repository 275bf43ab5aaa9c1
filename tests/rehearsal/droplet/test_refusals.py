"""Does a deploy that cannot work stop early, with words that help, and leave the droplet as it was?"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.runs.artifacts import NAMES
from rehearsal.cloud.faults import Fault
from rehearsal.world import write_ssh_key
from tests.rehearsal.droplet.droplet_stack import Rehearsed

pytestmark = pytest.mark.engine


def refused(done: subprocess.CompletedProcess[str], stack: Rehearsed, *, code: int) -> str:
    """Return what a refused command said, after checking that it helps and left its evidence."""
    said = done.stdout + done.stderr
    assert done.returncode == code, said
    assert re.search(r"error: .+\n.*why: .+", said, re.DOTALL), said
    assert re.search(r"fix: +\S+", said), said
    assert "Traceback" not in said
    folder = stack.folder()
    assert {"deploy.log", "report.json", "report.html", "manifest.json"} <= {path.name for path in folder.iterdir()}
    assert set(NAMES) >= {path.name for path in folder.iterdir()}
    assert [secret[:6] for secret in stack.secrets if secret in said] == []
    return said


@pytest.fixture
def unchanged(deployed: Rehearsed) -> Iterator[Rehearsed]:
    """Return the deployed droplet; afterwards the same containers have to run."""
    before = {name: one["Id"] for name, one in deployed.containers().items()}
    yield deployed
    assert {name: one["Id"] for name, one in deployed.containers().items()} == before
    assert deployed.ask("/api/health").status_code == 200


@pytest.mark.req("A-05")
def test_without_a_token_the_cloud_is_not_asked(unchanged: Rehearsed) -> None:
    asked = len(unchanged.world.parts.cloud.seen)
    done = unchanged.with_settings(DIGITALOCEAN_TOKEN="").deploy()
    assert "no cloud credentials" in refused(done, unchanged, code=5)
    assert len(unchanged.world.parts.cloud.seen) == asked


@pytest.mark.req("A-05")
@pytest.mark.parametrize("token", ["wrong", "read-only"])
def test_a_token_that_may_not_write_stops_the_run_before_any_change(unchanged: Rehearsed, token: str) -> None:
    known = unchanged.world.reader_token if token == "read-only" else f"dop_v1_{'0a1b2c3d' * 8}"
    stack = unchanged.with_settings(DIGITALOCEAN_TOKEN=known, DROPLET_TAG="another", DROPLET_NAME="another")
    refused(stack.deploy(), stack, code=5)
    assert [machine.name for machine in unchanged.world.parts.machines.all()] == ["slipway"]


@pytest.mark.req("A-13")
def test_a_cloud_that_is_down_is_told_apart_from_a_wrong_token(unchanged: Rehearsed) -> None:
    faults = unchanged.world.parts.cloud.faults
    faults.add(Fault(status=503, times=1000))
    try:
        said = refused(unchanged.deploy(), unchanged, code=6)
    finally:
        faults.clear()
    assert "503" in said or "does not answer" in said


@pytest.mark.req("A-08")
def test_names_that_point_elsewhere_or_are_unmanaged_are_highlighted_and_the_checks_go_on(
    unchanged: Rehearsed,
) -> None:
    done = unchanged.with_settings(DNS_SERVER="127.0.0.1:9").deploy()
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "warning" in said
    assert unchanged.environment["WEBSITE_DOMAIN"] in " ".join(unchanged.report()["warnings"])


@pytest.mark.req("A-07")
@pytest.mark.parametrize("wrong", ["missing", "open to others", "not the droplet's"])
def test_a_key_that_cannot_work_is_named(unchanged: Rehearsed, tmp_path: Path, wrong: str) -> None:
    key = tmp_path / "id_ed25519"
    if wrong != "missing":
        write_ssh_key(key)
    if wrong == "open to others":
        key.chmod(0o644)
    stack = unchanged.with_settings(SSH_KEY_PATH=str(key))
    done = stack.invoke("update", timeout_s=120)
    said = refused(done, stack, code=6 if wrong.startswith("not") else 4)
    assert str(key) in said


@pytest.mark.req("A-07")
def test_a_port_without_ssh_is_told_apart_from_a_host_that_is_gone(unchanged: Rehearsed) -> None:
    stack = unchanged.with_settings(SSH_PORT="9")
    said = refused(stack.invoke("update", "--address", unchanged.machine.address, timeout_s=180), stack, code=6)
    assert "did not answer" in said, "the firewall drops what goes to other ports"
    said = refused(stack.invoke("update", "--address", "127.0.0.1", timeout_s=180), stack, code=6)
    assert "refuses SSH" in said


@pytest.mark.req("A-06", "A-07")
def test_an_operator_whom_the_firewall_keeps_out_gets_in_by_deploying_again(unchanged: Rehearsed) -> None:
    said = refused(unchanged.deploy("--allow", "198.51.100.9"), unchanged, code=6)
    assert "did not answer" in said
    done = unchanged.deploy()
    assert done.returncode == 0, done.stdout + done.stderr
    allowed = unchanged.world.parts.cloud.account.firewalls.values()
    sources = [
        rule["sources"]["addresses"] for one in allowed for rule in one["inbound_rules"] if rule["ports"] == "22"
    ]
    assert sources == [[unchanged.world.parts.network.gateway]]


@pytest.mark.req("A-07")
def test_a_host_key_that_changed_is_refused_until_the_old_one_is_forgotten(unchanged: Rehearsed) -> None:
    machine = unchanged.machine
    keys = "/etc/ssh/ssh_host_ed25519_key"
    machine.run("sh", "-c", f"cp -a {keys} /root/kept && cp -a {keys}.pub /root/kept.pub && rm {keys} {keys}.pub")
    machine.run("sh", "-c", f"ssh-keygen -q -t ed25519 -N '' -f {keys} && systemctl restart ssh")
    try:
        said = refused(unchanged.invoke("update", timeout_s=120), unchanged, code=6)
    finally:
        machine.run("sh", "-c", f"mv /root/kept {keys}; mv /root/kept.pub {keys}.pub; systemctl restart ssh")
    assert "another host key" in said
    assert "ssh-keygen -R" in said


@pytest.mark.req("D-03")
@pytest.mark.parametrize("word", ["plan", "status"])
def test_a_host_of_one_environment_lets_no_other_do_anything(unchanged: Rehearsed, word: str) -> None:
    other = unchanged.root / ".env.other"
    other.touch(mode=0o600)
    try:
        done = unchanged.invoke(word, "--env", "other", "--address", unchanged.machine.address)
    finally:
        other.unlink()
    said = done.stdout + done.stderr
    assert done.returncode == 2, said
    assert "this host belongs to another environment: the default one\n" in said
    assert unchanged.invoke(word).returncode == 0
