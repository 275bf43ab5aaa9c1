"""Does a host that others use already keep what is theirs, and is it told from one that a release can run on?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ops.errors import HostError
from ops.targets.droplet.bootstrap import bootstrap_script, engine_configuration, prepare
from ops.targets.droplet.host import RemoteHost
from ops.targets.droplet.obstacles import obstacles
from ops.targets.droplet.survey import survey_host
from rehearsal.droplet.machine import Machine
from tests.rehearsal.remote.remote_fixtures import Place

CONFIG = "/etc/docker/daemon.json"
ELSEWHERE = "/var/lib/docker/elsewhere"  # on the same disk: an engine's folder cannot lie on a container's own
STARTED = ("docker", "inspect", "--format", "{{.State.StartedAt}} {{.State.Running}}", "theirs")
OF_OTHERS = f"""
set -eu
mkdir /run/kept && cp -p {CONFIG} /run/kept && cp -rp /etc/slipway /run/kept && rm /etc/slipway/daemon.json
python3 - <<'PYTHON'
import json
text = json.load(open("{CONFIG}"))
json.dump({{"data-root": "{ELSEWHERE}", **text}}, open("{CONFIG}", "w"), indent=4)
PYTHON
systemctl reset-failed docker && systemctl restart docker
docker run --quiet --detach --name theirs --volume notes:/notes debian:13-slim \\
  sh -c 'echo kept >/notes/one; exec sleep 600' >/dev/null
"""
AS_BEFORE = f"""
docker rm --force theirs >/dev/null 2>&1
rm -f {CONFIG}.before-slipway-*
cp -p /run/kept/daemon.json {CONFIG} && cp -rpT /run/kept/slipway /etc/slipway && rm -r /run/kept
systemctl reset-failed docker && systemctl restart docker && systemctl reset-failed docker && rm -rf {ELSEWHERE}
"""
# The Engine, and then a service, start and are not there until somebody says so.
HELD_BACK = """
set -eu
mkdir -p /run/systemd/system/docker.service.d
printf '[Service]\\nExecStartPre=/bin/sh -c "until [ -e /run/go ]; do sleep 0.1; done"\\n' \
  >/run/systemd/system/docker.service.d/held.conf
docker run --quiet --detach --name api-held --label slipway.service=api --restart unless-stopped --volume /run:/host \
  --health-cmd 'test -e /host/well' --health-interval 1s --health-start-period 60s debian:13-slim sleep 600
systemctl daemon-reload && systemctl stop docker.socket docker && systemctl reset-failed docker
systemctl start --no-block docker
"""
LET_GO = """
docker rm --force api-held
rm -rf /run/systemd/system/docker.service.d /run/go /run/well && systemctl daemon-reload
"""


@pytest.fixture(scope="module")
def used(prepared: Machine) -> Iterator[Machine]:
    """Let somebody else have a container and a volume on the host, in a folder of the Engine's that they chose."""
    prepared.run("sh", "-c", OF_OTHERS, timeout_s=180)
    yield prepared
    prepared.run("sh", "-c", AS_BEFORE)


def changed(place: Place) -> str:
    """Return the bootstrap with another mirror, so that the Engine's configuration changes."""
    return bootstrap_script(place.settings(mirror="https://mirror.example.org"))


@pytest.mark.req("D-01")
def test_the_engines_folder_on_another_disk_stays_with_the_container_and_the_volume_of_others(
    place: Place, host: RemoteHost, used: Machine
) -> None:
    own, began = used.run("cat", CONFIG), used.run(*STARTED)
    assert prepare(host.remote, changed(place), say=place.said.append)
    assert used.run("docker", "info", "--format", "{{.DockerRootDir}}") == ELSEWHERE
    assert "mirror.example.org" in used.run("docker", "info", "--format", "{{.RegistryConfig.Mirrors}}")
    assert (used.run(*STARTED), used.run("docker", "exec", "theirs", "cat", "/notes/one")) == (began, "kept")
    assert used.run("sh", "-c", f"cat {CONFIG}.before-slipway-2*") == own
    assert [line for line in place.said if line.startswith("the Docker Engine restarts, these run on: theirs")]


@pytest.mark.parametrize(
    ("text", "named"), [('{"iptables": false}', "with `iptables`"), ('{"data-root": "/mnt",}', "valid JSON")]
)
def test_a_configuration_that_no_release_can_run_with_is_refused_and_nothing_is_changed(
    place: Place, host: RemoteHost, used: Machine, text: str, named: str
) -> None:
    used.run("sh", "-c", f"cp {CONFIG} /run/before && cat >{CONFIG}", stdin=text.encode())
    (obstacle,) = obstacles(survey_host(host.remote, say=place.said.append), engine_configuration(""))
    with pytest.raises(HostError, match=named) as refused:
        prepare(host.remote, bootstrap_script(place.settings(mirror="https://a.example.org")), say=place.said.append)
    left = used.run("cat", CONFIG)
    used.run("mv", "/run/before", CONFIG)
    assert left == text
    assert refused.value.fix in obstacle.fix


@pytest.mark.req("A-07")
def test_ports_that_others_hold_are_found_with_their_holders(place: Place, host: RemoteHost, used: Machine) -> None:
    used.run("systemd-run", "--quiet", "--unit=web", "python3", "-m", "http.server", "80")
    used.run(
        "docker", "run", "--quiet", "--detach", "--name=proxy", "--publish=443:8443", "debian:13-slim", "sleep", "600"
    )
    used.run("sh", "-c", "until [ -n \"$(ss -Hltn 'sport = :80')\" ]; do sleep 0.1; done", timeout_s=20)
    seen = survey_host(host.remote, say=place.said.append)
    used.run("sh", "-c", "systemctl stop web; docker rm --force proxy")
    assert [(one.port, one.process, one.unit, one.container) for one in seen.holders] == [
        (80, "python3", "web.service", ""),
        (443, "", "", "proxy"),
    ]
    assert {one.name for one in seen.strangers} == {"theirs", "proxy"}
    assert list(seen.free_mib) == ["/var/lib/slipway", ELSEWHERE]


def test_what_is_starting_is_waited_for_the_engine_first_and_then_its_services(
    place: Place, host: RemoteHost, used: Machine
) -> None:
    said: list[str] = []
    used.run("sh", "-c", HELD_BACK)

    def let_go(text: str) -> None:
        said.append(text)
        used.run("touch", "/run/well" if "api-held" in text else "/run/go")

    seen = survey_host(host.remote, say=let_go)
    used.run("sh", "-c", LET_GO)
    place.said.extend(said)
    waited = "waiting for what is starting: "
    assert said == [f"{waited}the Docker Engine", f"{waited}api-held", "all that was starting is there"]
    assert [one.name for one in seen.containers if one.is_ours] == ["api-held"]
