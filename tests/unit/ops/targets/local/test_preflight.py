import os
import pwd
import shutil
import socket
from collections import namedtuple
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from ops.errors import PreflightError
from ops.settings import KEYS, LOCAL_PORTS, Settings, load
from ops.targets.local import preflight
from ops.targets.local.cache import cache_dir
from ops.targets.local.preflight import check_local
from tests.stack import ODD_FOLDER

RANDOM = "q7Zr4Tn9Wc2Xv8Lk3Jh6Gd5Fs1Pa0Oy4Ui7Rt2Ew9Mb6Nv3Kx8Hz"
Usage = namedtuple("Usage", "total used free")  # noqa: PYI024 - the shape of shutil's own


def settings_for(root: Path, **ports: int) -> Settings:
    """Return settings whose ports are free, but for those that are given."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in LOCAL_PORTS]
    free = {name: str(probe.getsockname()[1]) for name, probe in zip(LOCAL_PORTS, probes, strict=True)}
    for probe in probes:
        probe.close()
    examples = {key.name: key.example("development").replace("change-me", RANDOM) for key in KEYS}
    stated = {name: str(port) for name, port in ports.items()}
    environ = {**examples, **free, **stated, "LOCAL_REPLICA_PORT_FIRST": "1024"}
    return load(root / ".env", environ=environ, target="local")


def refusal(root: Path, settings: Settings, *, ours: tuple[int, ...] = ()) -> PreflightError:
    with pytest.raises(PreflightError) as refused:
        check_local(settings, root=root, ours=ours)
    return refused.value


def test_a_machine_that_is_ready_passes_also_under_an_odd_path(tmp_path: Path) -> None:
    root = tmp_path / ODD_FOLDER
    (root / ".local").mkdir(parents=True)

    check_local(settings_for(root), root=root, ours=())


@pytest.mark.parametrize("name", ["$x", 'so "called"', "back`tick", "back\\slash"])
def test_programs_that_a_shell_starts_lie_where_it_reads_no_name_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_dir(settings_for(tmp_path), tmp_path / "it's größer") == tmp_path / "it's größer/.local/cache"
    assert cache_dir(settings_for(tmp_path), tmp_path / name) == tmp_path / ".cache/slipway"


def test_a_taken_port_names_its_holder_and_the_setting_to_change(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]

        error = refusal(tmp_path, settings_for(tmp_path, LOCAL_HTTPS_PORT=port))

    process = psutil.Process()
    assert f"port {port} (LOCAL_HTTPS_PORT) is held by {process.name()} (pid {os.getpid()}" in error.why
    assert process.username() in error.why
    assert error.fix == "set LOCAL_HTTPS_PORT in .env to a free port"
    assert error.exit_code == 4


@pytest.mark.req("A-12")
def test_the_holder_is_named_without_the_arguments_of_its_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil.Process, "cmdline", lambda _self: ["server --password hunter22", "--token", "hunter22"])
    with socket.create_server(("127.0.0.1", 0)) as holder:
        error = refusal(tmp_path, settings_for(tmp_path, LOCAL_HTTP_PORT=holder.getsockname()[1]))

    assert ", server)" in error.why
    assert "hunter22" not in str(error)


def test_a_holder_that_we_may_not_see_is_another_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(**_arguments: str) -> None:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil, "net_connections", denied)
    with socket.create_server(("127.0.0.1", 0)) as holder:
        error = refusal(tmp_path, settings_for(tmp_path, LOCAL_HTTP_PORT=holder.getsockname()[1]))

    assert "is held by another process" in error.why


def test_a_port_that_our_own_stack_holds_is_no_obstacle(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as ours:
        port = ours.getsockname()[1]

        check_local(settings_for(tmp_path, LOCAL_HTTPS_PORT=port), root=tmp_path, ours=(port,))


def test_a_connection_that_lingers_from_the_last_run_is_no_obstacle(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            server.accept()[0].close()  # the side that closes first is left in TIME_WAIT

    check_local(settings_for(tmp_path, LOCAL_HTTPS_PORT=port), root=tmp_path, ours=())


def test_every_obstacle_is_told_at_once_with_its_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(10 * 1024**3, 9 * 1024**3, 1024**3))
    monkeypatch.setattr(preflight, "sys", SimpleNamespace(version_info=(3, 10, 4)))
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        ports = {"LOCAL_HTTPS_PORT": one.getsockname()[1], "LOCAL_REDIS_PORT": two.getsockname()[1]}

        error = refusal(tmp_path, settings_for(tmp_path, **ports))

    assert error.what == "4 things are in the way of the local target"
    assert "this is Python 3.10; 3.11 or newer is needed" in error.why
    assert f"1.0 GiB are free where {tmp_path / '.local'} stands; 2 GiB are needed" in error.why
    assert "LOCAL_HTTPS_PORT" in error.why
    assert "LOCAL_REDIS_PORT" in error.why


def test_a_state_folder_of_another_user_is_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".local").mkdir()
    owner = pwd.getpwuid(os.getuid()).pw_name
    settings = settings_for(tmp_path)

    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    as_other = refusal(tmp_path, settings)
    assert f"belongs to {owner}, and this is user 54321" in as_other.why
    assert as_other.fix.startswith("sudo chown -R ")


@pytest.mark.req("A-24")
def test_windows_is_sent_to_wsl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_for(tmp_path)
    monkeypatch.setattr(preflight, "os", SimpleNamespace(name="nt"))

    assert refusal(tmp_path, settings).fix == "wsl ./scripts/deploy.sh --target local"
