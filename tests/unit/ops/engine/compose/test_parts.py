from __future__ import annotations

import hashlib
import io
import os
import stat
from pathlib import Path
from typing import Any, cast

import pytest

from ops.engine.compose import docker_cli
from ops.engine.compose.containers import is_well, replica_of, seconds_of, state_of
from ops.engine.compose.docker_api import frames
from ops.engine.compose.folders import Folders
from ops.engine.compose.images import assemble
from ops.engine.compose.logs import Logs
from ops.engine.compose.owner import is_alive, this_process
from ops.engine.compose.ports import parse, publications
from ops.engine.errors import EngineError
from ops.engine.model import Image, Service
from ops.engine.runtime import Listener

SS = """\
udp   UNCONN 0      0            0.0.0.0:443       0.0.0.0:*    users:(("dockerd",pid=9,fd=31))
tcp   LISTEN 0      4096   127.0.0.53%lo:53        0.0.0.0:*    users:(("systemd-resolve",pid=5,fd=14))
tcp   LISTEN 0      128                *:22              *:*    users:(("sshd",pid=7,fd=3),("systemd",pid=1,fd=9))
tcp   LISTEN 0      4096            [::]:80           [::]:*
"""


def inspected(**state: Any) -> dict[str, Any]:
    """Return what the Engine tells about a container, as far as it is read."""
    labels = {"slipway.service": "api", "slipway.fingerprint": "f", "slipway.image": "api-1", "slipway.port": "8000"}
    networks = {"edge": {"IPAddress": "10.1.0.3"}, "data": {"IPAddress": ""}}
    return {
        "Name": "/api-f-1",
        "Config": {"Labels": labels},
        "NetworkSettings": {"Networks": networks},
        "RestartCount": 2,
        "State": {
            "Status": "running",
            "Running": True,
            "ExitCode": 0,
            "OOMKilled": False,
            "Pid": 42,
            "StartedAt": "2026-01-02T03:04:05.5Z",
            **state,
        },
    }


def test_a_container_is_seen_as_a_replica() -> None:
    seen = replica_of(inspected())
    assert (seen.name, seen.service, seen.fingerprint, seen.image_id) == ("api-f-1", "api", "f", "api-1")
    assert (seen.port, seen.address, seen.pid, seen.restarts) == (8000, "10.1.0.3:8000", 42, 2)
    assert (seen.state, seen.started_at) == ("running", 1767323045.5)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({"Status": "created"}, "stopped"),
        ({"Status": "running"}, "running"),
        ({"Status": "restarting"}, "starting"),
        ({"Status": "paused"}, "stopped"),
        ({"Status": "removing"}, "stopped"),
        ({"Status": "exited"}, "stopped"),
        ({"Status": "exited", "ExitCode": 1}, "failed"),
        ({"Status": "exited", "OOMKilled": True}, "failed"),
        ({"Status": "dead"}, "failed"),
        ({"Status": "something new"}, "failed"),
    ],
)
def test_every_state_of_a_container_has_a_meaning(state: dict[str, Any], expected: str) -> None:
    assert state_of(inspected(**state)["State"]) == expected


@pytest.mark.req("A-19")
@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({"Health": {"Status": "healthy"}}, True),
        ({"Health": {"Status": "starting"}}, False),
        ({"Health": {"Status": "unhealthy"}}, False),
        ({"Health": {"Status": "healthy"}, "Status": "paused"}, False),
        ({}, True),
    ],
)
def test_a_container_is_well_when_its_own_health_check_says_so(state: dict[str, Any], expected: Any) -> None:
    assert is_well(inspected(**state)) is expected


def test_a_time_of_the_engine_is_read_to_its_fraction() -> None:
    assert seconds_of("1970-01-01T00:00:01.250000000Z") == 1.25
    assert seconds_of("1970-01-01T00:01:00Z") == 60.0


def test_what_ss_prints_is_read() -> None:
    assert list(parse(SS)) == [
        Listener(address="0.0.0.0", port=443, protocol="udp", pid=9, process="dockerd"),  # noqa: S104 - what ss says
        Listener(address="127.0.0.53", port=53, pid=5, process="systemd-resolve"),
        Listener(address="::", port=22, pid=7, process="sshd"),
        Listener(address="::", port=80),
    ]


@pytest.mark.req("A-14")
def test_a_published_port_belongs_to_its_service_and_an_exposed_one_is_none() -> None:
    ports = [{"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 80, "Type": "tcp"}, {"PrivatePort": 9, "Type": "tcp"}]  # noqa: S104 - what the Engine says
    row = {"Labels": {"slipway.service": "traefik"}, "Ports": ports}
    found = publications([row], by=lambda one: str(one["Labels"]["slipway.service"]))
    assert list(found) == [Listener(address="0.0.0.0", port=80, owner="traefik")]  # noqa: S104 - the same


def test_both_streams_of_a_container_are_read_in_the_order_they_were_written() -> None:
    raw = b"\x01\0\0\0\0\0\0\x03out" + b"\x02\0\0\0\0\0\0\x04err\n" + b"\x01\0"
    assert list(frames(cast("Any", io.BytesIO(raw)))) == [b"out", b"err\n"]


def test_a_process_knows_itself_and_nobody_else() -> None:
    assert is_alive(this_process())
    assert not is_alive(f"{os.getpid()} 1 another-boot")
    assert not is_alive("")


def blob(folders: Folders, content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()
    folders.blobs.mkdir(parents=True, exist_ok=True)
    (folders.blobs / digest).write_bytes(content)
    return digest


def test_an_image_is_built_from_exactly_its_files_with_the_same_modes_each_time(tmp_path: Path) -> None:
    folders, context = Folders(tmp_path), tmp_path / "context"
    blob(folders, b"POSTGRES_PASSWORD=secret")
    image = Image(id="api-1", files={"api/main.py": blob(folders, b"x = 1\n")}, dockerfile="api/Dockerfile")
    context.mkdir()
    assemble(folders, image, context)
    assert [path.relative_to(context).as_posix() for path in context.rglob("*")] == ["api", "api/main.py"]
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (context / "api", context / "api/main.py")]
    assert modes == [0o755, 0o644]


@pytest.mark.parametrize("harm", ["damaged", "missing"])
def test_a_source_that_did_not_arrive_whole_is_not_built(tmp_path: Path, harm: str) -> None:
    folders = Folders(tmp_path)
    digest = blob(folders, b"whole")
    (folders.blobs / digest).unlink() if harm == "missing" else (folders.blobs / digest).write_bytes(b"half")
    with pytest.raises(EngineError, match=harm) as raised:
        assemble(folders, Image(id="api-1", files={"api/main.py": digest}), tmp_path)
    assert raised.value.family == "build"


def test_a_template_is_filled_and_mounted_where_the_service_reads_it(tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    files = {"traefik/traefik.yml.template": blob(folders, 'address: "${HTTP_ADDRESS}" # $unknown …'.encode())}
    service = Service(
        name="traefik",
        image=Image(id="traefik-1", files=files, reference="traefik:v3.7"),
        command=(),
        environment={"HTTP_ADDRESS": ":80"},
        files={"traefik/traefik.yml.template": "/etc/traefik/traefik.yml"},
    )
    (mount,) = folders.render(service, tmp_path / "replica")
    rendered = Path(mount["source"])
    assert rendered.read_text(encoding="utf-8") == 'address: ":80" # $unknown …'
    assert (mount["target"], mount["read_only"]) == ("/etc/traefik/traefik.yml", True)
    assert stat.S_IMODE(rendered.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(rendered.stat().st_mode) == 0o644


def test_a_folder_of_data_is_its_users_alone_and_the_routes_are_open(tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    folders.make()
    mine = f"{os.getuid()}:{os.getgid()}"
    sources = [folders.data / "acme", folders.routes, tmp_path / "elsewhere"]
    folders.own_data({"user": mine, "volumes": [{"type": "bind", "source": str(path)} for path in sources]})
    assert stat.S_IMODE(sources[0].stat().st_mode) == 0o700
    assert stat.S_IMODE(folders.routes.stat().st_mode) == 0o755
    assert not sources[2].exists()


def test_a_program_is_followed_line_by_line_and_ended_when_it_takes_too_long() -> None:
    seen: list[str] = []
    assert docker_cli.follow(("sh", "-c", "echo one; echo; echo two >&2; exit 3"), seen.append, timeout_s=20) == (
        3,
        ["one", "two"],
    )
    assert seen == ["one", "two"]
    code, last = docker_cli.follow(("sleep", "30"), seen.append, timeout_s=0.1)
    assert (code, last) == (-9, ["it was ended after 0 s"])


def test_programs_of_docker_get_nothing_of_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPOSE_FILE", "/elsewhere.yml")
    monkeypatch.setenv("POSTGRES_PASSWORD", "secret")
    assert set(docker_cli.environment()) == {"PATH", "HOME", "LANG", "COMPOSE_IGNORE_ORPHANS"}


def test_shipped_files_that_no_release_needs_go_after_a_day(tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    kept, old, young = (blob(folders, content) for content in (b"kept", b"old", b"young"))
    for digest in (kept, old):
        os.utime(folders.blobs / digest, (1, 1))
    folders.forget_blobs(keep={kept})
    assert {path.name for path in folders.blobs.iterdir()} == {kept, young}


class GoneApi:
    """An Engine that does not know the container any more."""

    def __getattr__(self, name: str) -> Any:
        raise EngineError("there is no such container", why="it was removed", fix="invoke status")


@pytest.mark.req("B-02")
def test_the_last_lines_of_a_container_that_is_gone_are_none() -> None:
    gone: Any = GoneApi()
    assert Logs(gone, gone).last("api-1", lines=20) == []
