"""Do the parts of the `processes` runtime that need no supervisor do what they say?"""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import xmlrpc.client
from pathlib import Path
from typing import Any

import pytest

from ops.engine.errors import EngineError
from ops.engine.host.files import write_routes
from ops.engine.model import Image, Service
from ops.engine.processes import frontend, jobs, launch, os_processes, supervisor_rpc
from ops.engine.processes.launch_file import describe, read_launch, waves, write_launch
from ops.engine.processes.layout import Layout, disk, make_private, write_private
from ops.engine.processes.ports import choose_port
from ops.engine.processes.runtime import STATES, _refused
from ops.engine.processes.supervisor import Supervisor, program
from tests.stack import ODD_FOLDER

SECRET = "canary-5561"
NAME = "api-0123456789ab-0"


def service(**changes: Any) -> Service:
    image = Image(id="api-0123456789ab", env="api", env_id="api-ba9876543210", files={})
    fields: dict[str, Any] = {
        "name": "api",
        "image": image,
        "command": ("python", "-m", "web", "--port", "{port}", "--format", "{unknown}"),
        "environment": {"PASSWORD": SECRET, "VERSION": "{version}", "STATIC": "{data}/static"},
        "files": {"a.template": "conf.d/a.conf"},
        "workdir": "django",
    }
    return Service(**(fields | changes))


def described(root: Path, **changes: Any) -> dict[str, Any]:
    layout = Layout(root)
    return describe(service(**changes), layout, name=NAME, scratch=layout.replica(NAME), port=18100)


def test_every_placeholder_is_filled_and_other_braces_stay(tmp_path: Path) -> None:
    found = described(tmp_path)
    assert found["command"] == ["python", "-m", "web", "--port", "18100", "--format", "{unknown}"]
    assert found["environment"]["VERSION"] == "api-0123456789ab"
    assert found["environment"]["STATIC"] == f"{tmp_path}/data/static"
    assert found["cwd"] == f"{tmp_path}/images/api-0123456789ab/django"
    assert found["files"] == {
        f"{tmp_path}/images/api-0123456789ab/a.template": f"{tmp_path}/replicas/{NAME}/conf.d/a.conf"
    }


def test_a_replica_gets_nothing_of_the_operators_environment(tmp_path: Path) -> None:
    assert set(described(tmp_path)["environment"]) == {
        *("PATH", "HOME", "LANG", "TZ", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"),
        *("PASSWORD", "VERSION", "STATIC"),
    }


def test_the_supervisors_configuration_holds_no_secret(tmp_path: Path) -> None:
    text = program(described(tmp_path), root=tmp_path)
    assert SECRET not in text
    assert f"[program:{NAME}]" in text


def test_a_launch_file_is_for_its_user_alone_and_read_whole_or_not_at_all(tmp_path: Path) -> None:
    write_launch(tmp_path, described(tmp_path))
    assert (tmp_path / "launch.json").stat().st_mode & 0o777 == 0o600
    assert read_launch(tmp_path) == described(tmp_path)
    (tmp_path / "launch.json").write_text('{"service": "ap')
    assert read_launch(tmp_path) is None


def test_the_launcher_becomes_the_service_with_exactly_its_environment(tmp_path: Path) -> None:
    (tmp_path / "t.conf").write_text("greeting $GREETING, not $OTHER")
    wanted = {
        "command": ["sh", "-c", "env; pwd; cat out/t.conf; stat -c %a out/t.conf"],
        "environment": {"PATH": "/usr/bin:/bin", "GREETING": "hello"},
        "cwd": str(tmp_path),
        "files": {str(tmp_path / "t.conf"): str(tmp_path / "out" / "t.conf")},
    }
    (tmp_path / "launch.json").write_text(json.dumps(wanted))
    command = (sys.executable, "-m", "ops.engine.processes.launch", str(tmp_path / "launch.json"))
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert set(done.stdout.splitlines()) >= {"GREETING=hello", str(tmp_path)}
    assert "greeting hello, not $OTHER600" in done.stdout
    assert len([line for line in done.stdout.splitlines() if "=" in line]) <= 4  # the shell adds PWD and _
    record = os_processes.read_record(tmp_path)
    assert record
    assert record.starts == 1


def test_a_launcher_that_cannot_start_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert launch.main([str(tmp_path / "launch.json")]) == launch.CANNOT_START
    assert "cannot start" in capsys.readouterr().err


def test_a_port_is_free_unused_by_others_and_in_the_range(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLIPWAY_REPLICA_PORT_FIRST", "18950")
    with socket.create_server(("127.0.0.1", 18951)):
        assert choose_port(service(), taken={18950}) == 18952
        with pytest.raises(EngineError, match="18951"):
            choose_port(service(port=18951), taken=())
    with pytest.raises(EngineError, match="no port is free"):
        choose_port(service(), taken=range(18950, 19150))


def test_routes_are_exactly_the_files_given(tmp_path: Path) -> None:
    folder = tmp_path / "dynamic"
    folder.mkdir()
    write_routes(folder, {"a.yml": "1", "old.yml": "2"})
    untouched = (folder / "a.yml").stat().st_ino
    write_routes(folder, {"a.yml": "1", "new.yml": "3"})
    assert {path.name: path.read_text() for path in folder.iterdir()} == {"a.yml": "1", "new.yml": "3"}
    assert (folder / "a.yml").stat().st_ino == untouched
    assert list(tmp_path.iterdir()) == [folder]


def test_what_others_need_is_stopped_last() -> None:
    def running(name: str, *after: str) -> dict[str, Any]:
        return {"name": f"{name}-0", "service": name, "after": list(after)}

    api, worker = running("api", "postgres", "redis"), running("worker", "redis")
    assert waves([running("postgres"), api, running("redis"), worker]) == [
        ("api-0", "worker-0"),
        ("postgres-0", "redis-0"),
    ]
    assert waves([running("a", "b"), running("b", "a")]) == [("a-0", "b-0")]


@pytest.mark.req("A-13")
@pytest.mark.parametrize(
    ("number", "family", "fix"),
    [
        (errno.ENOSPC, "preflight", "free some space (df -h {there}), then run the same command again"),
        (errno.EDQUOT, "preflight", "free some space (df -h {there}), then run the same command again"),
        (errno.EACCES, "preflight", "ls -ld {there}, then run the same command as its owner"),
        (errno.EIO, "host", "run the same command again"),
    ],
)
def test_a_failure_of_the_disk_says_what_to_type(tmp_path: Path, number: int, family: str, fix: str) -> None:
    place = tmp_path / "not" / "there yet"
    with pytest.raises(EngineError) as caught, disk("copying"):
        raise OSError(number, os.strerror(number), str(place))
    assert (caught.value.family, caught.value.fix) == (family, fix.format(there=tmp_path))
    assert str(place) in caught.value.why


def test_the_folders_of_a_stack_are_not_one_another(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    folders = [layout.replicas, layout.jobs, layout.logs, layout.data, layout.routes, layout.cache]
    assert len({*folders}) == len(folders)
    assert layout.routes == tmp_path / "data" / "traefik" / "dynamic"  # docker-compose.yml and Traefik name it


@pytest.mark.req("A-19")
def test_a_replica_runs_only_when_the_supervisor_says_so() -> None:
    assert STATES == {
        "RUNNING": "running",
        "STARTING": "starting",
        "BACKOFF": "starting",
        "FATAL": "failed",
        "EXITED": "failed",
        "UNKNOWN": "failed",
    }


@pytest.mark.req("A-13")
def test_what_the_supervisor_refuses_is_told_in_its_words() -> None:
    error = _refused(NAME, xmlrpc.client.Fault(10, "BAD_NAME: api"))
    assert (error.what, error.why) == (f"{NAME} could not be started", "the supervisor says: BAD_NAME: api")


@pytest.mark.req("B-05")
def test_a_process_has_its_grace_to_end_by_itself(tmp_path: Path) -> None:
    said = tmp_path / "said"
    script = f"trap 'sleep 0.3; echo done > {said}; exit' TERM; echo ready; while :; do sleep 0.05; done"
    with subprocess.Popen(("sh", "-c", script), start_new_session=True, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        record = os_processes.Record(process.pid, process.pid, os_processes.table()[process.pid].started)
        os_processes.end_all([(record, signal.SIGTERM)], grace_s=20)
        process.wait(5)
    assert said.read_text() == "done\n"


def test_a_long_path_gets_a_short_private_socket(tmp_path: Path) -> None:
    assert supervisor_rpc.socket_path(Path("/srv/x")) == Path("/srv/x/supervisor.sock")
    short = supervisor_rpc.socket_path(tmp_path / ("x" * 100))
    assert len(str(short)) < supervisor_rpc.LONGEST_PATH
    assert short == supervisor_rpc.socket_path(tmp_path / ("x" * 100))


def test_a_socket_stays_found_where_it_was_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    supervisor = Supervisor(Layout(tmp_path / ("x" * 100)))
    folder = tmp_path / ("x" * 100) / "supervisor"
    folder.mkdir(parents=True)
    made = supervisor._make_place()  # noqa: SLF001 - what a start does
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "another"))
    assert str(supervisor_rpc.socket_path(folder)) != made == str(supervisor_rpc.found_socket(folder))
    supervisor.shut_down(timeout_s=0)
    assert not Path(made).parent.exists()
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", ["a b", "ü'\"$x", "%;#", "x:y", "[::1]"])
def test_a_supervisor_is_asked_in_a_folder_of_any_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)  # its own path may be too long
    place = Path(name) / "supervisor.sock"
    place.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(place))
        server.listen()
        answering = threading.Thread(target=answer_once, args=(server,))
        answering.start()
        assert supervisor_rpc.call(place, "getPID") == 7
        answering.join()


def answer_once(server: socket.socket) -> None:
    """Answer one question as a supervisor does that has process id 7."""
    body = xmlrpc.client.dumps((7,), methodresponse=True).encode()
    link, _ = server.accept()
    with link:
        asked = b""
        while not asked.rstrip().endswith(b"</methodCall>"):  # head and body come in pieces
            asked += link.recv(65536)
        link.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


@pytest.mark.parametrize(
    "name", ["a b", "it's", 'so "called"', "$HOME", "a;b", "100%", "#1", "(new)", "{x}", "back\\slash"]
)
def test_a_template_is_filled_with_no_name_of_the_operators_that_means_something_in_it(
    tmp_path: Path, name: str
) -> None:
    root = tmp_path / name / ".local"
    found = described(root, workdir="", command=("nginx", "-c", "{scratch}/nginx.conf", "{image}/x"))
    assert found["command"] == ["nginx", "-c", f"../../replicas/{NAME}/nginx.conf", "./x"]
    assert found["environment"]["STATIC"] == "../../data/static"
    assert Path(found["cwd"], found["environment"]["STATIC"]).resolve() == (root / "data" / "static").resolve()
    without = described(root, files={})
    assert without["environment"]["STATIC"] == f"{root}/data/static"


@pytest.mark.parametrize("name", ["plain", "größer", "a-b_c.d+e@f=g,h"])
def test_a_plain_place_stays_whole(tmp_path: Path, name: str) -> None:
    assert described(tmp_path / name)["environment"]["STATIC"] == f"{tmp_path / name}/data/static"


def test_a_tool_of_node_is_found_in_a_folder_of_any_name(tmp_path: Path) -> None:
    node = tmp_path / ODD_FOLDER
    (node / "bin").mkdir(parents=True)
    (node / "bin" / "node").write_text('#!/bin/sh\nprintf "%s|" "$@"\n')
    (node / "bin" / "node").chmod(0o700)
    (tmp_path / "ü $HOME").mkdir()
    tools = frontend._tools(tmp_path / "ü $HOME", node)  # noqa: SLF001 - what a build does
    done = subprocess.run((str(tools / "npm"), "ci", "a b"), capture_output=True, text=True, check=True)
    assert done.stdout == f"{node}/lib/node_modules/npm/bin/npm-cli.js|ci|a b|"


def test_a_socket_folder_that_others_may_open_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(EngineError, match="not safe"):
        supervisor_rpc.make_socket_folder(tmp_path / "supervisor.sock")


def test_a_process_id_used_again_is_not_ours() -> None:
    own = os_processes.table()[os.getpid()]
    assert os.getpid() in os_processes.members(
        os_processes.Record(own.pid, own.session, own.started), os_processes.table()
    )
    assert os_processes.members(os_processes.Record(own.pid, own.session, "another time"), os_processes.table()) == []


def test_the_memory_of_a_process_is_read() -> None:
    assert os_processes.memory_mib(os.getpid(), os_processes.table()) > 5


def test_a_job_whose_engine_was_killed_is_ended(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    folder = layout.jobs / "migrate-x"
    make_private(folder)
    with subprocess.Popen(("sleep", "60"), start_new_session=True) as left:
        job = os_processes.Record(left.pid, left.pid, os_processes.table()[left.pid].started)
        write_private(folder / jobs.JOB, json.dumps({"job": job, "owner": [2**22 + 1, 1, "long ago"]}))
        jobs.end_abandoned(layout)
        assert left.wait(timeout=5) < 0
    assert not folder.exists()
