"""What is read from a host that nobody has prepared, and what of it stands in the way of a release?"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from ops.errors import HostError
from ops.ssh.connection import CommandResult
from ops.targets.droplet.bootstrap import engine_configuration
from ops.targets.droplet.obstacles import as_row, notes, obstacles, refuse_obstacles
from ops.targets.droplet.survey import Container, Holder, Survey, read_survey, survey_host
from tests.unit.ops.targets.droplet.remote_fixtures import FakeRemote

OURS = engine_configuration("")
NGINX = 'tcp LISTEN 0 511 0.0.0.0:80 0.0.0.0:* users:(("nginx",pid=812,fd=6),("nginx",pid=811,fd=6))'
PROXY = 'tcp LISTEN 0 4096 *:443 *:* users:(("docker-proxy",pid=90,fd=7))'
DOCKERD = 'tcp LISTEN 0 4096 0.0.0.0:80 0.0.0.0:* users:(("dockerd",pid=77,fd=30))'
QUIC = 'udp UNCONN 0 0 [::]:443 [::]:* users:(("caddy",pid=33,fd=9))'
ID = "0f" * 32
ROOMY = {"/var/lib/slipway": 9000, "/var/lib/docker": 9000}


def answer(**sections: str) -> str:
    """Return what the script prints, with these sections filled."""
    names = ("sockets", "groups", "containers", "engine", "words", "disk", "state", "memory", "record")
    lines = [f"[{name}]\n{sections.get(name, '')}" for name in names]
    return "\n".join([*lines, f"[daemon.json]\n{sections.get('daemon_json', '')}"])


def survey(**more: Any) -> Survey:
    """Return a host with room and nothing else."""
    return replace(Survey(free_mib=ROOMY, memory_mib={"MemAvailable": 4000, "SwapFree": 0}), **more)


@pytest.mark.parametrize(
    ("sections", "words", "fix"),
    [
        (
            {"sockets": NGINX, "groups": "812 0::/system.slice/nginx.service "},
            "nginx (pid 812, nginx.service)",
            "sudo systemctl disable --now nginx.service",
        ),
        (
            {"sockets": NGINX, "groups": "812 1:name=systemd:/docker/ab/system.slice/nginx.service 0::/docker/ab "},
            "nginx (pid 812, nginx.service)",
            "sudo systemctl disable --now nginx.service",
        ),
        ({"sockets": NGINX}, "nginx (pid 812)", "sudo ss -ltunp 'sport = :80'"),
        (
            {
                "sockets": NGINX,
                "groups": f"812 0::/system.slice/docker-{ID}.scope ",
                "containers": f"{ID}|web|running||nginx:1.29|",
            },
            "the container `web`",
            "sudo docker stop web",
        ),
        (
            {"sockets": PROXY, "containers": f"{ID}|web|running||nginx|0.0.0.0:443->443/tcp, [::]:443->443/tcp"},
            "the container `web`",
            "sudo docker stop web",
        ),
        (
            {"containers": f"{ID}|web|running||nginx|0.0.0.0:79-81->79-81/tcp"},
            "the container `web`",
            "sudo docker stop web",
        ),
        ({"sockets": QUIC}, "caddy (pid 33)", "sudo ss -ltunp 'sport = :443'"),
        (
            {"sockets": "tcp LISTEN 0 5 127.0.0.1:80 0.0.0.0:*"},
            "a process that does not say its name",
            "sudo ss -ltunp 'sport = :80'",
        ),
    ],
)
def test_who_holds_a_port_that_traefik_wants_is_named_with_the_command_that_frees_it(
    sections: dict[str, str], words: str, fix: str
) -> None:
    (holder,) = read_survey(answer(**sections)).holders
    assert (holder.words, holder.fix) == (words, fix)


@pytest.mark.parametrize(
    "sections",
    [
        {"sockets": DOCKERD, "containers": f"{ID}|traefik-1|running|traefik|traefik|0.0.0.0:80->80/tcp"},
        {"containers": f"{ID}|web|exited||nginx|"},
        {"containers": f"{ID}|web|running||nginx|0.0.0.0:8080->80/tcp, 80/tcp"},
        {"containers": f"{ID}|web|running||nginx|0.0.0.0:80->80/udp"},
        {"sockets": 'udp UNCONN 0 0 0.0.0.0:80 0.0.0.0:* users:(("dhcp",pid=3,fd=9))'},
    ],
)
def test_what_is_ours_and_what_traefik_does_not_want_holds_nothing(sections: dict[str, str]) -> None:
    assert read_survey(answer(**sections)).holders == ()


def test_all_of_an_answer_is_read() -> None:
    seen = read_survey(
        answer(
            containers=f"{ID}|theirs|running||postgres:17|5432/tcp\n{ID}|api-1|running|api|slipway/api:1|",
            engine="program=/usr/bin/docker\nswarm=inactive\nlive_restore=true\ndata_root=/mnt/big",
            words="dockerd\n-H\nfd://",
            disk="2097152 /var/lib/slipway\n1048576 /mnt/big",
            state="/var/lib/slipway/state.json",
            memory="MemTotal:  4096000 kB\nMemAvailable:  2048000 kB\nSwapFree:  0 kB",
            record='{\n "live-restore": true\n}',
            daemon_json='{\n "registry-mirrors": [\n  "https://theirs"\n ]\n}',
        )
    )
    assert [(one.name, one.is_ours, one.state) for one in seen.containers] == [
        ("theirs", False, "running"),
        ("api-1", True, "running"),
    ]
    assert [one.name for one in seen.strangers] == ["theirs"]
    assert (seen.engine["live_restore"], seen.words) == ("true", ("dockerd", "-H", "fd://"))
    assert seen.free_mib == {"/var/lib/slipway": 2048, "/mnt/big": 1024}
    assert seen.memory_mib == {"MemTotal": 4000, "MemAvailable": 2000, "SwapFree": 0}
    assert (seen.has_release, seen.record) == (True, {"live-restore": True})
    assert json.loads(seen.daemon_json) == {"registry-mirrors": ["https://theirs"]}


def test_a_host_that_tells_nothing_is_read_as_one_that_has_nothing() -> None:
    assert read_survey(answer()) == Survey()


def test_progress_is_passed_on_and_is_no_part_of_the_answer() -> None:
    said: list[str] = []
    lines = ["slipway: waiting for what is starting: the Docker Engine", *answer(sockets=NGINX).splitlines()]
    assert survey_host(FakeRemote(journals=[[*lines]]), say=said.append).holders[0].process == "nginx"
    assert said == ["waiting for what is starting: the Docker Engine"]


@pytest.mark.req("A-07")
def test_a_user_who_may_not_look_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    remote = FakeRemote(journals=[[]])
    monkeypatch.setattr(remote, "ended", CommandResult(exit_code=1, output="", errors="sudo: a password is required\n"))
    with pytest.raises(HostError, match="`deploy` cannot use sudo"):
        survey_host(remote, say=lambda _: None)


@pytest.mark.parametrize(
    ("seen", "what", "fix"),
    [
        (
            survey(holders=(Holder(protocol="tcp", port=80, process="nginx", pid=8, unit="nginx.service"),)),
            "port 80/tcp is held by nginx (pid 8, nginx.service)",
            "systemctl disable --now nginx.service",
        ),
        (survey(engine={"program": "/snap/docker/2932/bin/docker"}), "is a snap", "snap remove docker"),
        (survey(engine={"program": "/usr/bin/snap"}), "is a snap", "snap remove docker"),
        (survey(engine={"version": "podman version 5.4"}), "is Podman", "podman-docker"),
        (survey(engine={"swarm": "active"}), "part of a swarm", "swarm leave"),
        (survey(daemon_json=b'{"iptables": false}'), "`iptables`", "take `iptables` out of"),
        (survey(daemon_json=b"{"), "is not valid JSON", "json.tool"),
        (
            survey(free_mib={"/var/lib/slipway": 9000, "/mnt/big": 2047}),
            "2047 MiB are free where /mnt/big stands; a first release needs 2048 MiB",
            "df -h /mnt/big",
        ),
        (survey(free_mib={"/var/lib/slipway": 1023, "/var/lib/docker": 9000}), "needs 1024 MiB", "df -h /var/lib"),
    ],
)
def test_what_a_release_cannot_live_with_is_an_obstacle_with_one_thing_to_do(seen: Survey, what: str, fix: str) -> None:
    (found,) = obstacles(seen, OURS)
    assert what in found.what
    assert fix in found.fix


@pytest.mark.parametrize(
    "seen",
    [
        survey(),
        survey(engine={"program": "/usr/bin/docker", "version": "Docker version 26.1.5", "swarm": "inactive"}),
        survey(engine={"swarm": "active"}, daemon_json=b'{"live-restore": false}'),
        survey(free_mib={"/var/lib/slipway": 1024, "/var/lib/docker": 2048}),
        survey(free_mib={"/var/lib/slipway": 1, "/var/lib/docker": 1}, has_release=True),
        survey(daemon_json=json.dumps(OURS).encode()),
        survey(daemon_json=b'{"data-root": "/mnt/big"}'),
    ],
)
def test_what_a_release_can_live_with_is_none(seen: Survey) -> None:
    assert list(obstacles(seen, OURS)) == []


def test_all_obstacles_are_told_at_once_and_nothing_was_changed() -> None:
    held = (Holder(protocol="tcp", port=80, container="web"), Holder(protocol="tcp", port=443, container="web"))
    with pytest.raises(HostError, match="3 things are in the way of a deploy to here, and nothing was") as told:
        refuse_obstacles(survey(holders=held, daemon_json=b"["), OURS, name="here")
    assert [part in told.value.why for part in ("port 80/tcp", "port 443/tcp", "is not valid JSON")] == [True] * 3
    assert told.value.fix.count("sudo docker stop web") == 1


THEIRS = Container(id="1", name="theirs", state="running", image="postgres", is_ours=False, published=frozenset())
STOPPED = replace(THEIRS, name="stopped", state="exited")
MINE = replace(THEIRS, name="api-1", is_ours=True)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (survey(containers=(THEIRS, STOPPED, MINE)), ["the Docker Engine restarts", "`theirs` run on"]),
        (survey(containers=(THEIRS,), daemon_json=b'{"live-restore": false}'), ["is not restarted", "`live-restore`"]),
        (survey(containers=(THEIRS,), daemon_json=json.dumps(OURS).encode()), []),
        (survey(containers=(STOPPED, MINE)), []),
        (survey(memory_mib={"MemAvailable": 900, "SwapFree": 123}), ["1023 MiB of memory"]),
        (survey(memory_mib={"MemAvailable": 900, "SwapFree": 124}), []),
        (survey(memory_mib={"MemAvailable": 90}, has_release=True), []),
    ],
)
def test_what_should_surprise_nobody_is_a_note(seen: Survey, expected: list[str]) -> None:
    told = " ".join(notes(seen, OURS))
    assert [part for part in expected if part not in told] == []
    assert bool(told) == bool(expected)


def test_a_plan_shows_what_was_found_as_data() -> None:
    held = Holder(protocol="udp", port=443, process="caddy", pid=3)
    row = as_row(survey(holders=(held,), containers=(THEIRS, MINE)), OURS)
    assert row["ports"] == [{"port": 443, "protocol": "udp", "holder": "caddy (pid 3)", "pid": 3}]
    assert [(one["name"], one["ours"]) for one in row["containers"]] == [("theirs", False), ("api-1", True)]
    assert (row["free_mib"], row["memory_mib"]) == (ROOMY, 4000)
    assert [one["fix"] for one in row["obstacles"]] == [f"deploy to a host of its own, or on the host: {held.fix}"]
