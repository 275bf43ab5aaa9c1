"""Is the one key found among an agent's, and is everything that an agent may do instead of signing said?"""

from __future__ import annotations

import subprocess
from pathlib import Path

import paramiko  # type: ignore[import-untyped] # it carries no types
import pytest

from ops.errors import PreflightError
from ops.ssh import agent, identity
from ops.ssh.agent import SIGN_S, AgentError, key_in_agent
from ops.ssh.identity import failure_of, signing_key
from ops.ssh.private_key import key_pair
from tests.components import OPENSSH
from tests.ssh_agents import Answer, Token, agent_that, hanging, listed, make_key, openssh_agent

pytestmark = pytest.mark.openssh


def certified(folder: Path) -> Path:
    """Make a key pair with a certificate, which an agent lists as a key of its own."""
    key = make_key(folder, "certified")
    words = (OPENSSH.path, "-q", "-s", str(make_key(folder, "authority")), "-I", "me", "-n", "deploy", f"{key}.pub")
    subprocess.run(words, check=True, timeout=60)
    return key


def said_nothing(text: str) -> None:
    """Hear nothing."""
    raise AssertionError(text)


@pytest.mark.req("D-02")
@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_the_one_key_is_found_among_many_and_signs_though_its_file_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    wanted = make_key(tmp_path, "wanted", kind=kind)
    others = [make_key(tmp_path, f"other-{number}") for number in range(6)]
    with openssh_agent(*others, certified(tmp_path), wanted) as place:
        wanted.unlink()
        monkeypatch.setenv("SSH_AUTH_SOCK", place)
        key = signing_key(wanted, say=said_nothing)
        algorithm = "rsa-sha2-512" if kind == "rsa" else None
        signature = paramiko.Message(key.sign_ssh_data(b"what is signed", algorithm))
        pair = key_pair(wanted)
        public = paramiko.PKey.from_type_string(pair.kind, pair.blob)
        assert public.verify_ssh_sig(b"what is signed", signature)


@pytest.mark.req("D-02")
def test_an_agent_is_asked_before_anybody_for_a_passphrase(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = make_key(tmp_path, "key")
    with openssh_agent(key) as place:
        words = (OPENSSH.path, "-q", "-p", "-P", "", "-N", "some words", "-f", str(key))
        subprocess.run(words, check=True, timeout=60)
        monkeypatch.setenv("SSH_AUTH_SOCK", place)
        monkeypatch.setattr("getpass.getpass", said_nothing)
        assert signing_key(key, say=said_nothing).asbytes() == key_pair(key).blob


@pytest.fixture
def at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let somebody sit at a terminal, without an agent, who has typed nothing yet."""
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr(identity, "_opened", {})


@pytest.mark.req("D-02")
@pytest.mark.usefixtures("at_a_terminal")
def test_a_passphrase_may_be_mistyped_twice_and_is_asked_for_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, typed = make_key(tmp_path, "key", passphrase="some words"), iter(["wrong", "", "some words"])
    monkeypatch.setattr("getpass.getpass", lambda _: next(typed))
    assert signing_key(key, say=said_nothing).asbytes() == key_pair(key).blob
    assert signing_key(key, say=said_nothing).asbytes() == key_pair(key).blob


@pytest.mark.req("D-02")
@pytest.mark.usefixtures("at_a_terminal")
def test_a_passphrase_that_is_wrong_three_times_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, typed = make_key(tmp_path, "key", passphrase="some words"), iter(["one", "two", "three"])
    monkeypatch.setattr("getpass.getpass", lambda _: next(typed))
    with pytest.raises(PreflightError, match="not the passphrase") as refused:
        signing_key(key, say=said_nothing)
    assert refused.value.fix == f"ssh-add {key}"
    assert "one" not in str(refused.value).split()


@pytest.mark.req("D-02")
@pytest.mark.usefixtures("at_a_terminal")
def test_the_end_of_what_is_typed_ends_the_question(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def end(_: str) -> str:
        raise EOFError

    monkeypatch.setattr("getpass.getpass", end)
    with pytest.raises(PreflightError, match="not the passphrase"):
        signing_key(make_key(tmp_path, "key", passphrase="some words"), say=said_nothing)


@pytest.mark.req("D-02")
def test_a_certificate_beside_the_key_is_not_offered_in_its_place(tmp_path: Path) -> None:
    key = certified(tmp_path)
    assert key.with_name(f"{key.name}-cert.pub").is_file()
    assert signing_key(key, say=said_nothing).public_blob is None


@pytest.mark.req("D-02")
def test_without_agent_and_terminal_the_way_out_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    key = make_key(tmp_path, "key", passphrase="some words")
    with pytest.raises(PreflightError, match="nobody can be asked for it") as refused:
        signing_key(key, say=said_nothing)
    assert "there is no SSH agent" in refused.value.why
    assert refused.value.fix == f"ssh-add {key}"


@pytest.mark.req("D-02")
def test_an_agent_that_is_locked_or_lacks_the_key_is_no_way_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = make_key(tmp_path, "key")
    with openssh_agent(make_key(tmp_path, "other")) as place:
        key.unlink()
        monkeypatch.setenv("SSH_AUTH_SOCK", place)
        with pytest.raises(PreflightError, match="nothing here can sign") as refused:
            signing_key(key, say=said_nothing)
    assert "does not hold this key, or it is locked" in refused.value.why


@pytest.mark.req("D-02")
def test_a_key_on_hardware_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    token = Token()
    public = tmp_path / "token.pub"
    public.write_text(token.line + "\n", encoding="utf-8")
    with agent_that(token.answer, tmp_path) as place:
        monkeypatch.setenv("SSH_AUTH_SOCK", place)
        key = signing_key(public, say=said_nothing)
        assert (key.get_name(), key.asbytes()) == ("sk-ssh-ed25519@openssh.com", token.blob)
        assert paramiko.Message(key.sign_ssh_data(b"data")).get_text() == "sk-ssh-ed25519@openssh.com"


BLOB = b"\0\0\0\x0bssh-ed25519\0\0\0 " + b"k" * 32


def signs(request: bytes, *, answer: bytes | None) -> bytes | None:
    """List the key, and answer what is to be signed."""
    return answer if request[0] == 13 else listed(BLOB)


@pytest.mark.req("D-02")
@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda _: listed(), "does not hold this key"),
        (lambda _: bytes([5]), "does not list its keys"),
        (lambda _: None, "the SSH agent went away"),
        (lambda _: bytes([12, 0, 0, 0, 9]), "the SSH agent"),
        (hanging, "did not answer within 0.3 s"),
    ],
)
def test_an_agent_that_gives_no_key_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Answer, why: str
) -> None:
    monkeypatch.setattr(agent, "LIST_S", 0.3)
    with agent_that(answer, tmp_path) as place:
        monkeypatch.setenv("SSH_AUTH_SOCK", place)
        with pytest.raises(AgentError, match=why):
            key_in_agent(BLOB, say=said_nothing)


@pytest.mark.req("D-02")
@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (lambda request: signs(request, answer=bytes([5])), "the SSH agent refused to sign"),
        (lambda request: signs(request, answer=None), "the SSH agent went away"),
        (
            lambda request: hanging(request) if request[0] == 13 else listed(BLOB),
            "the SSH agent did not sign within 0.3 s",
        ),
    ],
)
def test_an_agent_that_does_not_sign_is_said_and_who_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Answer, failure: str
) -> None:
    monkeypatch.setattr(agent, "SIGN_S", 0.3)
    monkeypatch.setattr(agent, "TOLD_AFTER_S", 0.1)
    said: list[str] = []
    with agent_that(answer, tmp_path) as place:
        monkeypatch.setenv("SSH_AUTH_SOCK", place)
        key = key_in_agent(BLOB, say=said.append)
        with pytest.raises((paramiko.SSHException, OSError)):
            key.sign_ssh_data(b"data")
    assert failure_of(key) == failure
    assert ("waiting for the SSH agent to sign" in "".join(said)) == ("within" in failure)
    assert SIGN_S == 90
