"""Is an `authorized_keys` file read as OpenSSH reads it, and is a key added without spoiling another one?"""

from __future__ import annotations

import base64
import hashlib
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.ssh import keys_in, same_key, text_to_append


def key(kind: str, seed: str, comment: str = "") -> str:
    """Return a public key's line; the same for the same seed."""
    parts = [kind.encode(), hashlib.sha256(seed.encode()).digest()]
    blob = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return " ".join(filter(None, (kind, base64.b64encode(blob).decode(), comment)))


MINE = key("ssh-ed25519", "mine", "me@laptop")
BARE = MINE.rpartition(" ")[0]
BOB = key("ssh-ed25519", "bob", "bob@work")
ECDSA = (
    "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBA"
    "eJmmUp2ag1VLhtIEThAB6CZZEwUZ+OR+CLHpAJwnD0nxA5hpkr5Ha6z9I0l+Ym26h0hZMXbwDV+5sS/YVmlPA="
)
FILES = {
    "empty": "",
    "one without an end": BOB,
    "one with an end": f"{BOB}\n",
    "Windows": f"# ours\r\n{BOB}\r\n\r\n{key('ssh-ed25519', 'eve')}\r\n",
    "comments and blanks": f"\n  # {MINE}\n\t\n   {BOB}  \n#{MINE}\n",
    "options": f'from="10.0.0.0/8,!10.0.0.1",no-pty,command="echo \\"a b, c\\"  d" {BOB}\n',
    "a key of ours within a command": f'command="echo {BARE}" {BOB}\n',
    "glued by an earlier version": f"{BOB}{MINE}\n",
    "torn": f"{BOB}\nssh-ed25519 AAAAC3Nza\nssh-ed25519\n",
    "no key": "hello, world\nno-pty\n",
    "another kind than it says": f"{BOB.replace('ssh-ed25519', 'ssh-rsa')}\n",
    "a byte order mark": f"\ufeff{BOB}\n{key('ssh-ed25519', 'eve')}\n",
}
SOME = {"ours": MINE, "ours with another comment": f"{BARE} of yesterday", "ours without one": BARE}


@pytest.mark.openssh
@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_a_file_holds_the_keys_that_openssh_sees_in_it(tmp_path: Path, text: str) -> None:
    file = tmp_path / "authorized_keys"
    file.write_bytes(text.encode())
    words = ("ssh-keygen", "-l", "-E", "sha256", "-f", str(file))
    done = subprocess.run(words, capture_output=True, check=False, timeout=30)
    seen = [line.split()[1].decode() for line in done.stdout.split(b"\n") if line.strip()]
    blobs = [base64.b64decode(one.blob) for one in keys_in(text)]
    prints = [base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=") for blob in blobs]
    assert [f"SHA256:{one}" for one in prints] == seen


@pytest.mark.parametrize("line", SOME.values(), ids=SOME)
@pytest.mark.parametrize("options", ["", "restrict ", 'from="10.0.0.1",command="a \\"b\\" c" '])
@pytest.mark.parametrize("ends", ["", "\n", "\r\n"], ids=repr)
def test_a_key_that_is_there_is_not_added_whatever_its_comment_and_options(line: str, options: str, ends: str) -> None:
    text = f"{BOB}\n  {options}{line}{ends}"
    assert text_to_append(text, MINE) == ""
    found = same_key(text, MINE)
    assert found is not None
    assert bool(found.options) == bool(options)


@pytest.mark.req("D-01")
@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_a_key_that_is_not_there_gets_a_line_of_its_own_and_the_others_stay(text: str) -> None:
    added = text + text_to_append(text, MINE)
    assert added.startswith(text)
    assert keys_in(added)[:-1] == keys_in(text)
    assert keys_in(added)[-1].blob == MINE.split()[1]
    assert added.endswith(f"\n{MINE}\n") or added == f"{MINE}\n"


def test_an_authority_of_certificates_is_no_key_to_log_in_with() -> None:
    assert text_to_append(f"cert-authority {MINE}\n", MINE) == f"{MINE}\n"


def test_options_are_told_apart_as_they_are_quoted() -> None:
    [found] = keys_in(FILES["options"])
    assert found.options == ('from="10.0.0.0/8,!10.0.0.1"', "no-pty", 'command="echo \\"a b, c\\"  d"')
    assert found.comment == "bob@work"


def test_kinds_other_than_ours_are_keys_too() -> None:
    assert [one.kind for one in keys_in(f"{ECDSA} admin\n")] == ["ecdsa-sha2-nistp256"]


@given(st.lists(st.one_of(st.text(max_size=60), st.sampled_from([BOB, MINE, "", "\r", "# x", "no-pty"])), max_size=6))
def test_whatever_stands_there_afterwards_the_key_does_once_and_nothing_is_lost(lines: list[str]) -> None:
    text = "\n".join(lines)
    once = text + text_to_append(text, MINE)
    assert once.startswith(text)
    assert same_key(once, MINE)
    assert text_to_append(once, MINE) == ""
