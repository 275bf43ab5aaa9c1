"""Does anybody notice that the Docker Engine of a host is restarted, as an update of its package does?"""

from __future__ import annotations

from types import MappingProxyType

import pytest

from ops.settings import KEYS, Settings
from ops.targets.droplet.bootstrap import bootstrap_script
from tests.rehearsal.compose.compose_fixtures import small_release
from tests.rehearsal.compose.engine_host import EngineHost, outcome
from tests.rehearsal.load import load_on, wait_for

CLIENTS = 8
LEFT = "iptables-save | grep SLIPWAY-ENGINE; grep -l slipway: /var/lib/docker/containers/*/hosts; true"
RULES_GONE = """
for chain in $(iptables -t nat -S | sed -n 's/^-N \\(DOCKER[^ ]*\\)/\\1/p'); do iptables -t nat -F $chain; done
for chain in $(iptables -S | sed -n 's/^-N \\(DOCKER[^ ]*\\)/\\1/p'); do iptables -F $chain; done
iptables -P FORWARD DROP
iptables -S FORWARD | sed -n '/SLIPWAY/!s/^-A/iptables -D/p' | sh
"""


@pytest.fixture
def prepared_host(engine_host: EngineHost) -> EngineHost:
    """Return the host with a release, and with what the bootstrap does for restarts of the Engine."""
    engine_host.run("systemctl", "reset-failed", "docker")  # systemd starts nothing too often
    values = {key.name: key.default for key in KEYS}
    settings = Settings(target="droplet", values=MappingProxyType(values), extra=MappingProxyType({}))
    engine_host.machine.run("sh", "-s", "outlive_restarts", stdin=bootstrap_script(settings).encode())
    engine_host.deploy(small_release("one"))
    return engine_host


def processes(host: EngineHost) -> list[int]:
    """Return the first process of each container."""
    return [row["State"]["Pid"] for row in host.inspect()]


@pytest.mark.req("D-12")
@pytest.mark.parametrize("before", ["", "reboot"])
def test_no_visitor_notices_a_restart_of_the_docker_engine(prepared_host: EngineHost, before: str) -> None:
    if before:
        prepared_host.machine.reboot()
        wait_for("the site after it", lambda: prepared_host.serving() == "one")
    there = processes(prepared_host)
    with load_on(prepared_host.machine.address, "/", "/slow", anew=CLIENTS) as load:
        wait_for("answers", lambda: load.answers["one"] > 200)
        prepared_host.run("systemctl", "restart", "docker")
        assert processes(prepared_host) == there
        assert outcome(prepared_host.deploy(small_release("two")))["outcome"] == "success"
    assert load.failures == []
    assert prepared_host.run("sh", "-c", LEFT) == ""


@pytest.mark.req("D-12")
def test_visitors_come_in_while_the_engine_is_stopped_and_its_rules_are_gone(prepared_host: EngineHost) -> None:
    forbidden = ("DOCKER-USER", "-s", prepared_host.machine.network.gateway, "-j", "DROP")
    prepared_host.run("systemctl", "stop", "docker.socket", "docker")
    prepared_host.run("sh", "-c", RULES_GONE)
    with load_on(prepared_host.machine.address, anew=CLIENTS) as load:
        wait_for("answers", lambda: load.answers["one"] > 200)
    prepared_host.run("iptables", "-I", *forbidden)
    kept_out = prepared_host.serving()
    prepared_host.run("iptables", "-D", *forbidden)
    prepared_host.run("systemctl", "start", "docker.socket", "docker")
    assert (load.failures, kept_out) == ([], "")
    assert (prepared_host.serving(), prepared_host.run("sh", "-c", LEFT)) == ("one", "")


@pytest.mark.req("D-12")
def test_an_engine_that_is_killed_comes_back_to_all_that_was_there(prepared_host: EngineHost) -> None:
    there = processes(prepared_host)
    prepared_host.run("systemctl", "kill", "--signal=KILL", "--kill-whom=main", "docker")
    wait_for("the Engine", lambda: prepared_host.run("sh", "-c", "docker ps --quiet 2>/dev/null | wc -l") != "0")
    wait_for("nothing of ours", lambda: not prepared_host.run("sh", "-c", LEFT))
    assert (processes(prepared_host), prepared_host.serving()) == (there, "one")
    assert outcome(prepared_host.deploy(small_release("two")))["outcome"] == "success"
