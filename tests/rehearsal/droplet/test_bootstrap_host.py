"""Does a fresh droplet, and a host that exists already, become one that a release can run on?"""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterator

import pytest

from ops.errors import HostError
from ops.targets.droplet.bootstrap import bootstrap_script, bootstrap_version, prepare
from ops.targets.droplet.host import RemoteHost
from rehearsal.droplet.machine import Machine
from tests.rehearsal.remote.remote_fixtures import PATIENCE_S, Place

STATED = (
    "docker version --format '{{.Server.Version}}' && docker compose version && docker buildx version && "
    "grep -c . /etc/apt/apt.conf.d/01slipway && stat -c '%a %U' /var/lib/slipway /etc/sudoers.d/slipway-deploy"
)
NO_MIRROR = "deb http://127.0.0.1:9 trixie main"
HOLD_LOCK = """\
import fcntl, time
file = open("/var/lib/apt/lists/lock", "w")
fcntl.lockf(file, fcntl.LOCK_EX)
time.sleep(8)
"""
LOOK_AT_ALL = (
    "find /etc /var/lib/slipway -xdev -type f -printf '%p %m %u %T@\\n' | sort; dpkg-query -W; "
    "systemctl show -p ActiveEnterTimestamp -p MainPID docker ssh"
)


@pytest.fixture
def bare(place: Place) -> Iterator[Machine]:
    """Yield a host that was made by somebody else: it knows the operator's key as root's."""
    machine = place.start("bare", with_user_data=False)
    yield machine
    machine.delete()


@pytest.mark.req("A-07")
def test_a_fresh_droplet_becomes_ready_by_its_user_data_alone(place: Place, prepared: Machine) -> None:
    assert prepared.run("cat", "/etc/slipway/bootstrap") == bootstrap_version(place.script())
    *_, folder, rule = prepared.run("sh", "-c", STATED).splitlines()
    assert (folder, rule) == ("711 root", "440 root")


@pytest.mark.req("A-28")
def test_the_bootstrap_run_again_changes_nothing(place: Place, host: RemoteHost, prepared: Machine) -> None:
    before = prepared.run("sh", "-c", LOOK_AT_ALL)
    prepared.run("mv", "/etc/slipway/bootstrap", "/run/kept")
    assert prepare(host.remote, place.script(), say=place.said.append)
    prepared.run("mv", "/run/kept", "/etc/slipway/bootstrap")
    assert prepared.run("sh", "-c", LOOK_AT_ALL) == before
    assert not prepare(host.remote, place.script(), say=place.said.append)


@pytest.mark.req("D-01")
def test_another_mirror_reaches_the_engine_while_containers_run_on(
    place: Place, host: RemoteHost, prepared: Machine
) -> None:
    started = ("docker", "inspect", "--format", "{{.State.StartedAt}} {{.State.Running}}", "lasting")
    prepared.run("docker", "run", "--detach", "--name", "lasting", "debian:13-slim", "sleep", "600", timeout_s=180)
    before = prepared.run(*started)
    changed = bootstrap_script(place.settings(mirror="https://mirror.example.org"))
    assert prepare(host.remote, changed, say=place.said.append)
    assert "mirror.example.org" in prepared.run("docker", "info", "--format", "{{.RegistryConfig.Mirrors}}")
    assert prepared.run(*started) == before
    assert prepare(host.remote, place.script(), say=place.said.append)
    prepared.run("docker", "rm", "--force", "lasting")


@pytest.mark.req("D-01")
def test_a_host_that_knows_only_root_is_prepared_by_the_user_that_root_makes_and_root_still_gets_in(
    place: Place, bare: Machine
) -> None:
    host = place.host(bare)
    place.remote(bare, user="root").connect(patience_s=PATIENCE_S)
    bare.run(
        "sh",
        "-c",
        f"mkdir /root/apt && mv /etc/apt/sources.list* /root/apt && echo '{NO_MIRROR}' >/etc/apt/sources.list",
    )
    with pytest.raises(HostError, match="could not be prepared: the packages cannot") as failed:
        place.prepare(host)
    assert "127.0.0.1:9" in failed.value.why
    assert "once the package mirrors answer" in failed.value.fix
    assert bare.run("sh", "-c", "test -e /etc/slipway/bootstrap || echo not there") == "not there"
    bare.run("sh", "-c", "rm /etc/apt/sources.list && mv /root/apt/* /etc/apt")
    bare.run("systemd-run", "python3", "-c", HOLD_LOCK)  # as the daily update does, on a first boot most of all
    place.prepare(host)
    assert host.hello().bootstrap == bootstrap_version(place.script())
    assert host.remote.run(("id", "-un")).output == "deploy\n"
    assert not place.prepare(host)
    assert (host.hello().logins, host.hello().made_here) == ("open", False)
    host.close()
    place.remote(bare, user="root").connect()


@pytest.mark.openssh
@pytest.mark.parametrize("user", ["root", "deploy"])
def test_nobody_gets_in_with_a_password(prepared: Machine, user: str) -> None:
    options = ("PubkeyAuthentication=no", "BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null")
    words = [word for option in options for word in ("-o", option)]
    done = subprocess.run(
        ("ssh", "-F", "none", *words, f"{user}@{prepared.address}", "true"),
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 255
    assert "Permission denied (publickey)" in done.stderr


@pytest.mark.req("D-01")
def test_swap_and_kernel_are_left_alone_where_they_are_somebody_elses(prepared: Machine) -> None:
    assert prepared.run("sh", "-c", "ls /swapfile /etc/sysctl.d/60-slipway.conf 2>/dev/null || true") == ""


@pytest.mark.parametrize(
    ("memory_kib", "may_swap", "expected"),
    [
        (1_000_000, True, "slipway: swap|/swapfile none swap sw 0 0"),
        (1_000_000, False, "slipway: swap|slipway: no swap: swapon: Operation not permitted"),
        (4_000_000, True, ""),
    ],
)
def test_swap_is_added_where_memory_is_short_and_the_kernel_lets_us(
    place: Place,
    prepared: Machine,
    memory_kib: int,
    may_swap: bool,  # noqa: FBT001 - a table
    expected: str,
) -> None:
    refuse = "" if may_swap else '[ "$1" = --noheadings ] || { echo "swapon: Operation not permitted" >&2; exit 1; }'
    stubs = {"systemd-detect-virt": "exit 1", "swapon": refuse, "mkswap": "", "dd": "touch /swapfile.new"}
    stubs["awk"] = f"echo {memory_kib}"
    write = "\n".join(
        f"printf '#!/bin/sh\\n%s\\n' {shlex.quote(text)} >/srv/stubs/{name}" for name, text in stubs.items()
    )
    prepared.run("sh", "-c", f"mkdir -p /srv/stubs && cp /etc/fstab /srv/fstab\n{write}\nchmod +x /srv/stubs/*")
    only_swap = (
        place.script().removesuffix("main\n")
        + "scratch=$(mktemp -d)\nadd_swap\ngrep swapfile /etc/fstab || true\ndoing=\nexit 0\n"
    )
    said = prepared.run("env", "PATH=/srv/stubs:/usr/sbin:/usr/bin:/sbin:/bin", "sh", "-s", stdin=only_swap.encode())
    prepared.run("sh", "-c", "rm -rf /srv/stubs /swapfile; cat /srv/fstab >/etc/fstab")
    assert said.replace("\n", "|") == expected
