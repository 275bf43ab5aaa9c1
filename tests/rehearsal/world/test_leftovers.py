from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ops.errors import PreflightError
from rehearsal.docker import LABEL, docker, remove_leftovers, require_engine
from rehearsal.network import check_way_back
from rehearsal.world import World
from tests.rehearsal.world.world_fixtures import wait_for

ROOT = Path(__file__).resolve().parents[3]
OPEN_AND_WAIT = """
import sys, time
from pathlib import Path
from rehearsal.network import check_way_back
from rehearsal.world import World
with World(Path(sys.argv[1])):
    print("up", flush=True)
    time.sleep(300)
"""


def owned_by(pid: int) -> list[str]:
    """Return the names of what a process has on the engine."""
    found = []
    for words in (
        ("ps", "--all", "--format", "{{.Names}}|{{.Label %s}}"),
        ("network", "ls", "--format", "{{.Name}}|{{.Label %s}}"),
    ):
        shape = words[-1] % json.dumps(LABEL)
        lines = docker(*words[:-1], shape, "--filter", f"label={LABEL}").splitlines()
        found += [line.partition("|")[0] for line in lines if line.partition("|")[2].startswith(f"{pid}@")]
    return found


def start(folder: Path) -> subprocess.Popen[str]:
    command = (sys.executable, "-c", OPEN_AND_WAIT, str(folder))
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "up\n"
    return process


@pytest.mark.usefixtures("engine")
def test_what_a_killed_rehearsal_left_goes_at_the_next_start(tmp_path: Path) -> None:
    with start(tmp_path) as process:
        assert len(owned_by(process.pid)) == 2, "the ACME server and the network"
        remove_leftovers()
        assert len(owned_by(process.pid)) == 2, "it is alive: nothing of it is touched"
        process.kill()
        process.wait(10)
    assert len(owned_by(process.pid)) == 2
    with World(tmp_path / "next"):
        assert owned_by(process.pid) == []
        assert len(owned_by(os.getpid())) >= 2


@pytest.mark.usefixtures("engine")
def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    with start(tmp_path) as process:
        process.send_signal(signal.SIGINT)
        process.wait(60)
    assert owned_by(process.pid) == []


@pytest.mark.usefixtures("engine")
def test_a_world_that_cannot_come_up_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = owned_by(os.getpid())
    monkeypatch.setattr("rehearsal.world.start_pebble", lambda **_: 1 / 0)
    with pytest.raises(ZeroDivisionError), World(tmp_path):
        pass
    assert owned_by(os.getpid()) == before


@pytest.mark.usefixtures("engine")
def test_the_volumes_of_a_droplet_go_with_it(tmp_path: Path) -> None:
    command = (sys.executable, "-m", "rehearsal.droplet")
    key = tmp_path / "key.pub"
    key.write_text("ssh-ed25519 AAAA nobody\n")
    name = f"test-{os.getpid()}"
    done = subprocess.run((*command, "up", name, "--public-key", str(key)), cwd=ROOT, capture_output=True, check=True)
    container = json.loads(done.stdout)["container"]
    volumes = docker("inspect", container, "--format", "{{range .Mounts}}{{.Name}} {{end}}").split()
    assert volumes
    subprocess.run((*command, "down", name), cwd=ROOT, check=True)
    wait_for(lambda: container not in docker("ps", "--all", "--format", "{{.Names}}"), "its removal")
    assert set(volumes).isdisjoint(docker("volume", "ls", "--quiet").splitlines())


def test_a_firewall_on_this_machine_is_found_before_it_looks_like_something_else(world: World) -> None:
    with pytest.raises(PreflightError, match="containers cannot reach this machine"):
        check_way_back(world.parts.network, dns_server=f"{world.parts.network.gateway}:9")


def test_without_an_engine_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(PreflightError, match="needs a Docker Engine") as caught:
        require_engine()
    assert "docs.docker.com" in str(caught.value)
