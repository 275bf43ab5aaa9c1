from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.errors import PreflightError
from ops.ssh.private_key import check_key, key_file, key_pair
from tests.components import OPENSSH

Spoil = Callable[[Path], Path]


def make(folder: Path, name: str = "key", *, kind: str = "ed25519", passphrase: str = "") -> Path:
    path = folder / name
    words = (OPENSSH.path, "-q", "-t", kind, "-N", passphrase, "-C", "somebody at a laptop", "-f", str(path))
    subprocess.run(words, check=True, timeout=60)
    return path


def without_public(folder: Path) -> Path:
    key = make(folder)
    key.with_name("key.pub").unlink()
    return key


def with_another_public(folder: Path) -> Path:
    key = make(folder)
    key.with_name("key.pub").write_bytes(make(folder, "other").with_name("other.pub").read_bytes())
    return key


def torn(folder: Path) -> Path:
    key = make(folder)
    key.write_bytes(key.read_bytes()[:120])
    return key


def readable_by_others(folder: Path) -> Path:
    key = make(folder)
    key.chmod(0o644)
    return key


def not_a_key(folder: Path) -> Path:
    key = folder / "key"
    key.write_text("hello\n")
    key.chmod(0o600)
    return key


def no_public_half(folder: Path) -> Path:
    key = folder / "key.pub"
    key.write_text("ssh-ed25519 torn\n", encoding="utf-8")
    return key


def of_another_kind(folder: Path) -> Path:
    key = folder / "key.pub"
    key.write_text("ssh-dss AAAAB3NzaC1kc3M= old\n", encoding="utf-8")
    return key


@pytest.mark.req("A-07")
@pytest.mark.parametrize(
    ("spoil", "what", "fix"),
    [
        (lambda folder: folder / "nowhere", "there is no SSH key", "ssh-keygen -t ed25519"),
        (not_a_key, "SSH_KEY_PATH is not a private SSH key", "ssh-keygen -t ed25519"),
        pytest.param(torn, "SSH_KEY_PATH is not a private SSH key", "ssh-keygen -t ed25519", marks=pytest.mark.openssh),
        (no_public_half, "this is no public SSH key", "set SSH_KEY_PATH"),
        (of_another_kind, "this is no public SSH key", "set SSH_KEY_PATH"),
        pytest.param(
            without_public, "the public half of the SSH key is missing", "ssh-keygen -y -f", marks=pytest.mark.openssh
        ),
        pytest.param(
            with_another_public, "the two halves of the SSH key differ", "ssh-keygen -y -f", marks=pytest.mark.openssh
        ),
        pytest.param(
            readable_by_others,
            "others may read the SSH key",
            "chmod 600",
            marks=[
                pytest.mark.openssh,
                pytest.mark.skipif(os.name != "posix", reason="a mode means nothing here"),
            ],
        ),
    ],
)
def test_a_key_that_cannot_work_is_refused_before_any_connection(
    tmp_path: Path, spoil: Spoil, what: str, fix: str
) -> None:
    key = spoil(tmp_path)
    with pytest.raises(PreflightError) as refused:
        check_key(key)
    assert refused.value.what == what
    assert fix in refused.value.fix
    assert str(key) in refused.value.why


@pytest.mark.openssh
def test_a_usable_key_answers_with_its_public_half(tmp_path: Path) -> None:
    key = make(tmp_path)
    assert check_key(key) == key.with_name("key.pub").read_text().strip()


@pytest.mark.openssh
def test_the_fix_for_a_missing_public_half_makes_it(tmp_path: Path) -> None:
    key = without_public(tmp_path)
    with pytest.raises(PreflightError) as refused:
        check_key(key)
    subprocess.run(("sh", "-c", refused.value.fix), check=True, timeout=30)
    assert check_key(key).startswith("ssh-ed25519 ")


@pytest.mark.req("A-24")
def test_a_tilde_is_the_operators_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert key_file("~/.ssh/id_ed25519") == tmp_path / ".ssh" / "id_ed25519"


@pytest.mark.openssh
@pytest.mark.req("A-24")
def test_where_modes_mean_nothing_they_are_not_looked_at(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("ops.ssh.private_key.IS_POSIX", False)
    assert check_key(readable_by_others(tmp_path)).startswith("ssh-ed25519 ")


@pytest.mark.openssh
@pytest.mark.req("D-02")
@pytest.mark.parametrize("passphrase", ["", "some words"])
@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_keys_of_each_kind_are_taken_and_it_is_known_whether_they_want_a_passphrase(
    tmp_path: Path, kind: str, passphrase: str
) -> None:
    key = make(tmp_path, kind=kind, passphrase=passphrase)
    pair = key_pair(key)
    assert pair.line == key.with_name("key.pub").read_text().strip()
    assert (pair.file, pair.is_encrypted) == (key, passphrase != "")


@pytest.mark.openssh
@pytest.mark.req("D-02")
@pytest.mark.parametrize("passphrase", ["", "some words"])
def test_a_key_in_the_older_format_is_taken_with_its_public_half(tmp_path: Path, passphrase: str) -> None:
    key = make(tmp_path, kind="rsa")
    words = (OPENSSH.path, "-q", "-p", "-m", "PEM", "-P", "", "-N", passphrase, "-f", str(key))
    subprocess.run(words, check=True, timeout=60)
    assert "RSA PRIVATE KEY" in key.read_text(encoding="ascii")
    assert (key_pair(key).file, key_pair(key).is_encrypted) == (key, passphrase != "")


@pytest.mark.openssh
@pytest.mark.req("D-02")
@pytest.mark.parametrize("stated", ["key", "key.pub"])
def test_a_public_half_alone_is_enough_for_a_key_that_an_agent_has(tmp_path: Path, stated: str) -> None:
    key = make(tmp_path)
    key.unlink()
    pair = key_pair(tmp_path / stated)
    assert (pair.line, pair.file) == (key.with_name("key.pub").read_text().strip(), None)


@pytest.mark.openssh
@pytest.mark.req("D-02")
def test_a_key_in_a_format_that_is_not_read_is_told_how_it_becomes_one_that_is(tmp_path: Path) -> None:
    key = make(tmp_path, kind="rsa")
    words = (OPENSSH.path, "-q", "-p", "-m", "PKCS8", "-P", "", "-N", "", "-f", str(key))
    subprocess.run(words, check=True, timeout=60)
    with pytest.raises(PreflightError, match="in another format") as refused:
        key_pair(key)
    assert refused.value.fix == f"ssh-keygen -p -f {key}"
