"""Who gets in over SSH, what is said to whom does not, and what happens when the line goes dead?"""

from __future__ import annotations

import shlex
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.errors import HostError
from ops.ssh import connection as remote
from ops.ssh.errors import ChangedKeyError, DeniedError, LinkLostError, TooSlowError, UnreachableError
from ops.targets.droplet.host import RemoteHost
from rehearsal.droplet.machine import Machine
from rehearsal.relay import Relay
from rehearsal.world import write_ssh_key
from tests.rehearsal.remote.remote_fixtures import Place

FIREWALL = ("iptables", "--wait=10", "--{}", "INPUT", "--protocol", "tcp", "--dport", "22", "--jump", "DROP")
OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFFWfJ1I8QGnmGD2UFKN8FwYsQaCSKS+L4ZvSdoQ2b2V"


@pytest.fixture(autouse=True)
def _known_hosts_stay(place: Place, prepared: Machine) -> None:
    assert place.host(prepared).remote.login.known_hosts.is_file()


@pytest.mark.req("A-07")
def test_a_key_that_the_host_does_not_know_is_denied(place: Place, prepared: Machine, tmp_path: Path) -> None:
    write_ssh_key(tmp_path / "other")
    with pytest.raises(DeniedError) as denied:
        place.remote(prepared, key=tmp_path / "other").connect()
    assert str(tmp_path / "other") in denied.value.why
    assert "SSH_KEY_PATH" in denied.value.fix


@pytest.mark.req("A-07")
def test_a_changed_host_key_is_refused_and_one_command_accepts_it(
    place: Place, prepared: Machine, tmp_path: Path
) -> None:
    known = tmp_path / "known_hosts"
    known.write_text(f"elsewhere {OTHER_KEY}\n{prepared.container} {OTHER_KEY}\n", encoding="utf-8")
    connection = place.remote(prepared, known_hosts=known)
    with pytest.raises(ChangedKeyError, match="another host key than before") as changed:
        connection.connect(patience_s=60)
    subprocess.run(shlex.split(changed.value.fix.partition(": ")[2]), check=True, capture_output=True, timeout=30)
    assert connection.run(("id", "-un")).output == "deploy\n"
    assert "elsewhere" in known.read_text(encoding="utf-8")
    connection.close()


def test_the_first_key_is_kept_and_holds_whatever_the_address(place: Place, prepared: Machine, tmp_path: Path) -> None:
    first = place.remote(prepared, known_hosts=tmp_path / "new" / "known_hosts")
    first.connect()
    with Relay(("127.0.0.1", 0), (prepared.address, 22)) as relay:
        second = place.remote(prepared, known_hosts=first.login.known_hosts, address="127.0.0.1", port=relay.port)
        second.connect()
        second.close()
    first.close()
    assert len(first.login.known_hosts.read_text(encoding="utf-8").splitlines()) == 1


def test_a_damaged_kept_key_is_not_taken_for_a_first_contact(place: Place, prepared: Machine, tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    known.write_text(f"{prepared.container} ssh-ed25519 torn\n", encoding="utf-8")
    with pytest.raises(ChangedKeyError, match="cannot be read"):
        place.remote(prepared, known_hosts=known).connect()


@pytest.mark.req("A-07")
def test_a_port_that_a_firewall_drops_is_called_blocked(
    place: Place, prepared: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "CONNECT_S", 1.0)
    prepared.run(*(word.format("insert") for word in FIREWALL))
    try:
        with pytest.raises(UnreachableError, match="did not answer within 1 s") as blocked:
            place.remote(prepared).connect()
    finally:
        prepared.run(*(word.format("delete") for word in FIREWALL))
    assert "without --skip-allowlist" in blocked.value.why
    assert blocked.value.fix == "invoke deploy"


@pytest.mark.req("A-07")
def test_a_port_where_nothing_listens_is_called_refused_after_the_patience(
    place: Place, prepared: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "RETRY_S", 0.2)
    place.said.clear()
    with pytest.raises(UnreachableError, match="port 23 refuses"):
        place.remote(prepared, port=23).connect(patience_s=1.0)
    assert len([line for line in place.said if line.startswith("waiting for SSH")]) >= 3


@pytest.mark.req("A-07")
def test_a_server_that_hangs_up_is_not_called_ssh(place: Place, prepared: Machine) -> None:
    with Relay(("127.0.0.1", 0), (prepared.address, 22)) as relay:
        relay.cut()
        with pytest.raises(UnreachableError, match="before anybody logged in"):
            place.remote(prepared, address="127.0.0.1", port=relay.port).connect()


def test_several_commands_run_at_once_over_one_connection(host: RemoteHost) -> None:
    host.remote.connect()
    codes: list[int] = []
    run: Callable[[int], None] = lambda code: codes.append(host.remote.run(f"sleep 1; exit {code}").exit_code)  # noqa: E731 - short
    began = time.monotonic()
    threads = [threading.Thread(target=run, args=(code,)) for code in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(codes) == [0, 1, 2, 3]
    assert time.monotonic() - began < 3


def test_what_goes_in_and_comes_out_is_not_mixed_up(host: RemoteHost) -> None:
    data = bytes(range(256)) * 4096
    ran = host.remote.run("sha256sum; echo trouble >&2; exit 7", stdin=iter([data, data]), sudo=True)
    assert (ran.exit_code, ran.errors) == (7, "trouble\n")
    assert ran.output == host.remote.run(("sha256sum",), stdin=data + data).output
    assert host.remote.run(("printf", "%s", "a 'b' $HOME \"c\"\n")).output == "a 'b' $HOME \"c\"\n"


def test_a_command_that_does_not_end_is_given_up(host: RemoteHost) -> None:
    with pytest.raises(TooSlowError, match="not done with `sleep 60`"):
        host.remote.run(("sleep", "60"), timeout_s=0.5)


def test_a_line_that_goes_dead_is_noticed_though_nobody_tells(
    place: Place, prepared: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "PING_S", 0.2)
    monkeypatch.setattr(remote, "LOST_S", 1.0)
    with Relay(("127.0.0.1", 0), (prepared.address, 22)) as relay:
        connection = place.remote(prepared, address="127.0.0.1", port=relay.port)
        connection.connect()
        threading.Timer(0.5, relay.stall).start()
        began = time.monotonic()
        with pytest.raises(LinkLostError, match="was cut"):
            connection.run(("sleep", "60"), timeout_s=60)
        assert time.monotonic() - began < 10
        relay.heal()
        assert connection.run(("echo", "back")).output == "back\n"
        connection.close()


def test_no_error_of_the_connection_prints_a_stack_trace(
    place: Place, prepared: Machine, capfd: pytest.CaptureFixture[str]
) -> None:
    with Relay(("127.0.0.1", 0), (prepared.address, 22)) as relay:
        connection = place.remote(prepared, address="127.0.0.1", port=relay.port)
        connection.connect()
        threading.Timer(0.3, relay.cut).start()
        with pytest.raises(HostError):
            connection.run(("sleep", "5"))
    assert "Traceback" not in "".join(capfd.readouterr())
