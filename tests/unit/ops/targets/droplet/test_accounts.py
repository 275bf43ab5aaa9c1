"""Who would be locked out of a host, and why does sshd let somebody not in?"""

from __future__ import annotations

import base64
from typing import Any

import pytest

from ops.targets.droplet.accounts import Account, Accounts, is_let_in, locked_out, read_accounts, reasons

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFFWfJ1I8QGnmGD2UFKN8FwYsQaCSKS+L4ZvSdoQ2b2V bob@work"
LIMITED = f'from="198.51.100.1" {KEY}'
COMMON = {"permitrootlogin": ("yes",), "passwordauthentication": ("yes",), "kbdinteractiveauthentication": ("no",)}
PRINTED = f"""\
common=permitrootlogin without-password
common=passwordauthentication yes
elsewhere=sss
account=root
uid=0
groups=root
password=L
sshd=permitrootlogin without-password
sshd=passwordauthentication yes
sshd=allowusers root
sshd=allowusers admin
file=/srv/authorized keys {base64.b64encode(f"{KEY}{chr(10)}# none".encode()).decode()}
file=/etc/ssh/keys/root{" "}
account=bob
uid=1001
groups=bob sudo
password=P
sshd=passwordauthentication no
"""


def account(name: str = "bob", *, keys: str = "", **more: Any) -> Account:
    """Return an account for which sshd does what it does for all, unless the test says otherwise."""
    sshd = {**COMMON, **more.pop("sshd", {})}
    return Account(name=name, files={"authorized_keys": keys}, sshd=sshd, **more)


def told(*each: Account, **more: Any) -> tuple[str, ...]:
    return locked_out(Accounts(each=each, common=COMMON, **more), but="ops")


ROOT: dict[str, Any] = {"name": "root", "uid": 0, "keys": KEY}
LOSSES = {
    "root by its key": (account(**ROOT), "root (key)"),
    "root by several": (account("root", uid=0, keys=f"{KEY}\n{LIMITED}"), "root (2 keys)"),
    "root by key and password": (account(**ROOT, shadow="P"), "root (key and password)"),
    "another one that is root": (account("toor", uid=0, keys=KEY), "toor (key)"),
    "root that is out already": (account(**ROOT, shadow="P", sshd={"permitrootlogin": ("no",)}), ""),
    "root without any way": (account("root", uid=0), ""),
    "root by keys that a program knows": (
        account("root", uid=0, sshd={"authorizedkeyscommand": ("/usr/bin/keys",)}),
        "root (key)",
    ),
    "root by certificates": (account("root", uid=0, sshd={"trustedusercakeys": ("/etc/ssh/ca",)}), "root (key)"),
    "a user by password": (account(shadow="P"), "bob (password)"),
    "a user by password and key": (account(shadow="P", keys=KEY), "bob (password; its key still works)"),
    "a user by key alone": (account(keys=KEY), ""),
    "a user whose password is locked": (account(shadow="L"), ""),
    "an empty password": (account(shadow="NP"), ""),
    "an empty password that counts": (account(shadow="NP", sshd={"permitemptypasswords": ("yes",)}), "bob (password)"),
    "a password where none counts": (account(shadow="P", sshd={"passwordauthentication": ("no",)}), ""),
    "a password that PAM asks for": (
        account(shadow="P", sshd={"passwordauthentication": ("no",), "kbdinteractiveauthentication": ("yes",)}),
        "",  # said for this account alone, by a Match block: that stays
    ),
    "key and password, both wanted": (
        account(shadow="P", keys=KEY, sshd={"authenticationmethods": ("publickey,password",)}),
        "bob (key and password)",
    ),
    "key and code, or key and key": (
        account(
            keys=KEY, sshd={"authenticationmethods": ("publickey,keyboard-interactive:pam", "publickey,publickey")}
        ),
        "",
    ),
    "one that sshd does not let in": (account(shadow="P", sshd={"allowusers": ("root", "admin")}), ""),
    "the user that deploys": (account("ops", shadow="P", keys=KEY), ""),
}


@pytest.mark.req("D-01")
@pytest.mark.parametrize(("one", "expected"), LOSSES.values(), ids=LOSSES)
def test_who_would_lose_which_way_in_is_named(one: Account, expected: str) -> None:
    assert told(one) == ((expected,) if expected else ())


def test_passwords_that_pam_asks_everybody_for_are_lost_too() -> None:
    asked = {"passwordauthentication": ("no",), "kbdinteractiveauthentication": ("yes",)}
    accounts = Accounts(each=(account(shadow="P", sshd=asked),), common={**COMMON, **asked})
    assert locked_out(accounts, but="ops") == ("bob (password)",)


def test_a_password_of_root_that_never_counted_is_not_called_lost() -> None:
    asked = {"permitrootlogin": ("prohibit-password",)}
    accounts = Accounts(each=(account(**ROOT, shadow="P", sshd=asked),), common={**COMMON, **asked})
    assert locked_out(accounts, but="ops") == ("root (key)",)


def test_accounts_of_a_directory_are_named_as_a_whole() -> None:
    assert told(elsewhere=("sss",)) == ("accounts of `sss` (passwords)",)
    quiet = {**COMMON, "passwordauthentication": ("no",)}
    assert locked_out(Accounts(common=quiet, elsewhere=("sss",)), but="ops") == ()


@pytest.mark.parametrize(
    ("lists", "expected"),
    [
        ({}, True),
        ({"allowusers": ("bob",)}, True),
        ({"allowusers": ("b*",)}, True),
        ({"allowusers": ("b?b@10.*",)}, True),
        ({"allowusers": ("bo",)}, False),
        ({"allowusers": ("b.b",)}, False),
        ({"denyusers": ("bob",), "allowusers": ("bob",)}, False),
        ({"denygroups": ("s*",)}, False),
        ({"allowgroups": ("sudo",)}, True),
        ({"allowgroups": ("admin",)}, False),
        ({"allowusers": ("bob",), "allowgroups": ("admin",)}, False),
    ],
    ids=str,
)
def test_sshds_lists_are_read_as_it_reads_them(lists: dict[str, tuple[str, ...]], expected: bool) -> None:  # noqa: FBT001 - a table
    assert is_let_in(account(groups=("bob", "sudo"), sshd=lists)) is expected


def test_what_a_host_prints_of_its_accounts_is_read() -> None:
    read = read_accounts(PRINTED)
    root, bob = read.each
    assert (read.elsewhere, read.common["permitrootlogin"]) == (("sss",), ("without-password",))
    assert (root.uid, root.shadow, root.sshd["allowusers"]) == (0, "L", ("root", "admin"))
    assert list(root.files) == ["/srv/authorized keys", "/etc/ssh/keys/root"]
    assert len(root.keys) == 1
    assert (bob.groups, bob.shadow, bob.keys) == (("bob", "sudo"), "P", ())
    assert locked_out(read, but="ops") == ("root (key)", "accounts of `sss` (passwords)")


@pytest.mark.req("A-07")
def test_what_sshd_said_and_what_holds_for_the_user_are_told() -> None:
    said = (
        "Accepted publickey for root from 198.51.100.9 port 50000 ssh2",
        "User bob from 198.51.100.9 not allowed because not listed in AllowUsers",
        "User bob from 198.51.100.9 not allowed because not listed in AllowUsers",
        "Connection closed by invalid user bob 198.51.100.9 port 50000 [preauth]",
    )
    usual = {"authenticationmethods": ("any",), "pubkeyauthentication": ("yes",), "pubkeyacceptedalgorithms": ("many",)}
    one = account(keys=LIMITED, sshd={**usual, "allowusers": ("root", "admin")})
    why = reasons(Accounts(each=(one,), said=said), "bob", KEY)
    assert why == (
        "sshd said: User bob from 198.51.100.9 not allowed because not listed in AllowUsers; "
        'for `bob` it holds: allowusers root admin; the key stands there with from="198.51.100.1"'
    )


def test_a_host_that_says_nothing_gives_no_reason() -> None:
    assert reasons(read_accounts(""), "bob", KEY) == ""
