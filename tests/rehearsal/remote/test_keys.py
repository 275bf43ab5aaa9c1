"""Does a real sshd let in who comes with each kind of key, out of a file or out of an agent?"""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from ops.errors import HostError
from ops.ssh.private_key import check_key
from rehearsal.droplet.machine import Machine
from tests.rehearsal.remote.remote_fixtures import Place
from tests.ssh_agents import Token, agent_that, listed, make_key, openssh_agent

AUTHORIZED = "~deploy/.ssh/authorized_keys"
pytestmark = pytest.mark.openssh


def let_in(machine: Machine, line: str) -> None:
    """Let a public key log in."""
    machine.run("sh", "-c", f"echo {shlex.quote(line)} >>{AUTHORIZED}")


def who_am_i(place: Place, machine: Machine, key: Path) -> str:
    """Log in with a key, and say who that is."""
    connection = place.remote(machine, key=key)
    try:
        return connection.run(("id", "-un")).output.strip()
    finally:
        connection.close()


@pytest.mark.req("D-02")
@pytest.mark.parametrize("kind", ["ecdsa", "rsa"])
def test_a_key_of_another_kind_lets_in_from_its_file(
    place: Place, prepared: Machine, tmp_path: Path, kind: str
) -> None:
    key = make_key(tmp_path, "key", kind=kind)
    let_in(prepared, check_key(key))
    assert who_am_i(place, prepared, key) == "deploy"


@pytest.mark.req("D-02")
@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_a_key_in_a_full_agent_lets_in_though_its_file_is_gone(
    place: Place, prepared: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    key = make_key(tmp_path, "key", kind=kind)
    let_in(prepared, check_key(key))
    others = [make_key(tmp_path, f"other-{number}") for number in range(8)]  # sshd hears of six
    with openssh_agent(*others, key) as agent:
        monkeypatch.setenv("SSH_AUTH_SOCK", agent)
        key.unlink()
        assert who_am_i(place, prepared, key) == "deploy"


@pytest.mark.req("D-02")
def test_a_key_on_hardware_lets_in(
    place: Place, prepared: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = Token()
    public = tmp_path / "token.pub"
    public.write_text(f"{token.line}\n", encoding="utf-8")
    let_in(prepared, token.line)
    with agent_that(token.answer, tmp_path) as agent:
        monkeypatch.setenv("SSH_AUTH_SOCK", agent)
        assert who_am_i(place, prepared, public) == "deploy"
    assert token.counter == 1


@pytest.mark.req("D-02")
def test_an_agent_that_refuses_is_named_and_asked_once(
    place: Place, prepared: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, asked = Token(), list[int]()
    public = tmp_path / "token.pub"
    public.write_text(f"{token.line}\n", encoding="utf-8")
    let_in(prepared, token.line)

    def refuse(request: bytes) -> bytes:
        asked.append(request[0])
        return bytes([5]) if request[0] == 13 else listed(token.blob)

    with agent_that(refuse, tmp_path) as agent:
        monkeypatch.setenv("SSH_AUTH_SOCK", agent)
        with pytest.raises(HostError, match="nothing signed for `deploy`") as refused:
            place.remote(prepared, key=public).connect(patience_s=30)
    assert "the SSH agent refused to sign" in refused.value.why
    assert asked == [11, 13]
