"""What the `compose` runtime leaves on a host, tells about it, and does there beside a deploy."""

from __future__ import annotations

import json
import subprocess
import time

import pytest

from ops.engine.model import Service
from tests.rehearsal.compose.compose_fixtures import ROOT, SECRET, small_release
from tests.rehearsal.compose.engine_host import EngineHost, outcome


@pytest.fixture(scope="module")
def host(engine_host: EngineHost) -> EngineHost:
    """Hold the small release up."""
    assert outcome(engine_host.deploy(small_release("one")))["outcome"] == "success"
    return engine_host


def web() -> Service:
    return small_release("one").release.service("web")


def run(host: EngineHost, *words: str, service: str = "web", timeout: float = 30) -> tuple[int, str]:
    """Run a command in a service as `invoke run` does."""
    done = json.loads(host.engine("run", "--service", service, "--timeout", str(timeout), "--", *words))
    return done["exit_code"], done["output"]


def test_a_command_runs_in_a_replica_that_lives(host: EngineHost) -> None:
    code, output = run(host, "sh", "-c", "echo $VERSION; echo to stderr >&2; hostname; exit 3")
    ids = {row["Config"]["Hostname"] for row in host.inspect() if row["Name"].startswith("/web-")}
    lines = set(output.splitlines())
    assert code == 3
    assert {"one", "to stderr"} < lines
    assert lines & ids


def test_a_command_of_a_job_runs_in_a_container_of_its_own_that_is_gone_afterwards(host: EngineHost) -> None:
    assert run(host, "sh", "-c", "echo $IMAGE; exit 4", service="prepare") == (4, f"{web().image.id}\n")
    assert host.docker("ps", "--all", "--quiet", "--filter", "label=slipway.job") == ""
    assert host.run("ls", f"{ROOT}/jobs") == ""


@pytest.mark.parametrize("service", ["web", "prepare"])
def test_a_command_that_does_not_end_is_ended(host: EngineHost, service: str) -> None:
    code, output = run(host, "sh", "-c", "echo begun; exec sleep 77", service=service, timeout=1)
    assert code == 124
    assert output.splitlines() == ["begun", "", "it did not end within 1 s"]
    assert "sleep 77" not in host.run("ps", "-eo", "args")


@pytest.mark.parametrize("service", ["web", "prepare"])
def test_a_command_that_is_not_there_is_not_found(host: EngineHost, service: str) -> None:
    code, output = run(host, "no-such-command", service=service)
    assert (code, "no-such-command" in output) == (127, True)


def test_a_job_whose_engine_was_killed_is_removed_by_the_next_run(host: EngineHost) -> None:
    arguments = f"--root {ROOT} --runtime compose --service prepare --timeout 60 -- sleep 60"
    killed = f"python3 {ROOT}/engine.pyz run {arguments} & sleep 3; kill -9 $!"
    host.run("sh", "-c", killed)
    assert host.docker("ps", "--quiet", "--filter", "label=slipway.job") != ""
    host.deploy(small_release("one"))
    assert host.docker("ps", "--all", "--quiet", "--filter", "label=slipway.job") == ""


@pytest.mark.req("B-14")
def test_logs_of_all_replicas_come_by_time(host: EngineHost) -> None:
    lines = [json.loads(line) for line in host.engine("logs", "--json", "--lines", "500").splitlines()]
    assert {"web", "worker", "traefik"} <= {line["service"] for line in lines}
    assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)


@pytest.mark.req("B-14")
def test_logs_are_chosen_by_service_text_and_age(host: EngineHost) -> None:
    host.get("/a-path-to-find")
    found = host.engine("logs", "--service", "web", "--since", "1m", "--grep", "A-PATH-TO-FIND").splitlines()
    assert len(found) == 1
    assert host.engine("logs", "--service", "worker", "--grep", "a-path-to-find") == ""
    assert len(host.engine("logs", "--lines", "3").splitlines()) == 3


@pytest.mark.req("B-14")
def test_followed_logs_tell_what_happens_now(host: EngineHost) -> None:
    words = (
        "python3",
        f"{ROOT}/engine.pyz",
        "logs",
        "--root",
        ROOT,
        "--runtime",
        "compose",
        "--lines",
        "0",
        "--follow",
    )
    command = ("docker", "exec", host.machine.container, "timeout", "20", *words, "--service", "web")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as follower:
        assert follower.stdout is not None
        deadline, line = time.monotonic() + 20, ""
        while "/followed" not in line:
            assert time.monotonic() < deadline, "waited 20 s for a line that was written meanwhile"
            host.get("/followed")
            line = follower.stdout.readline()
        follower.kill()
    assert line.startswith("web-")


@pytest.mark.req("A-14")
def test_ports_are_known_with_their_owners(host: EngineHost) -> None:
    found = host.python("runtime.listeners()")
    outside = {(row["port"], row["owner"]) for row in found if not row["address"].startswith("127.")}
    assert outside == {(80, "traefik"), (22, "")}


def test_the_file_that_traefik_was_started_with_is_shown(host: EngineHost) -> None:
    shown = host.python("runtime.static_config()")
    assert 'directory: "/etc/traefik/dynamic"' in shown
    assert "$" not in shown


def test_memory_is_told_for_each_replica(host: EngineHost) -> None:
    memory = host.python("runtime.memory_mib()")
    assert set(memory) == set(host.status())
    assert all(3 < mib < 200 for mib in memory.values())


def test_observing_takes_milliseconds(host: EngineHost) -> None:
    began = "__import__('time').perf_counter()"
    seconds = host.python(f"[{began}, runtime.observe(), {began}]")
    assert seconds[2] - seconds[0] < 0.1


@pytest.mark.req("B-15")
def test_secrets_are_in_the_containers_and_their_private_files_alone(host: EngineHost) -> None:
    run(host, "true", service="prepare")
    image = f"slipway/small:{web().image.id.removeprefix('small-')}"
    assert SECRET not in host.docker("image", "inspect", image)
    assert SECRET not in host.docker("history", "--no-trunc", image)
    assert SECRET not in host.run("ps", "-eo", "args")
    found = host.run("sh", "-c", f"grep -rl canary- {ROOT} --include=* | xargs stat -c '%a %U'").splitlines()
    assert set(found) == {"600 root"}


@pytest.mark.req("C-06")
def test_down_keeps_the_data_unless_it_is_told_otherwise(host: EngineHost) -> None:
    replicas = set(host.status())
    assert set(json.loads(host.engine("down"))["stopped"]) == replicas
    assert host.inspect() == []
    assert host.docker("network", "ls", "--quiet", "--filter", "name=slipway") == ""
    assert host.docker("volume", "ls", "--quiet") == "slipway_media"
    assert outcome(host.deploy(small_release("one")))["outcome"] == "success"
    host.engine("down", "--volumes")
    assert host.docker("volume", "ls", "--quiet") == ""
    assert host.run("sh", "-c", f"ls {ROOT}/data 2>/dev/null || true") == ""
