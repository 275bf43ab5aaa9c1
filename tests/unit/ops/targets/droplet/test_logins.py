"""Are log-ins closed only after somebody came in by a connection of its own, and opened again when nobody does?"""

from __future__ import annotations

import base64
import dataclasses
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ops.errors import HostError
from ops.ssh.connection import CommandResult, Remote
from ops.ssh.errors import DeniedError, Login, denied, refused
from ops.targets.droplet import logins
from ops.targets.droplet.bootstrap import log_in
from ops.targets.droplet.logins import close_logins, confirm_logins

DOOR = Login(address="203.0.113.7", port=22, user="ops", key=Path("key"), known_hosts=Path("kh"), alias="host")
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFFWfJ1I8QGnmGD2UFKN8FwYsQaCSKS+L4ZvSdoQ2b2V me@laptop"
SCRIPT = "version=v1\n"
SAID = "User ops from 198.51.100.9 not allowed because not listed in AllowUsers"
EXPLAINED = f"said={SAID}\naccount=ops\nuid=1001\npassword=L\nsshd=allowusers root\n"


class House:
    """A host of which a test says who comes in at which attempt; it notes what is done there, and by whom."""

    def __init__(self, **refusals: Callable[[int], bool]) -> None:
        self.refusals = refusals
        self.attempts: dict[str, int] = {}
        self.done: list[str] = []
        self.answers = {"id": "0\n"}
        self.failing: dict[str, str] = {}
        self.refused_with: Callable[[Login], HostError] = denied

    def open(self, login: Login, **_: Any) -> Remote:
        """Return a connection to it, as `Remote` would."""
        return Knock(self, login)


class Knock(Remote):
    """One connection to the house."""

    def __init__(self, house: House, login: Login) -> None:
        super().__init__(login)
        self.house = house

    def connect(self, *, patience_s: float = 0.0) -> None:
        """Come in, unless the test says that this attempt fails."""
        assert patience_s < logins.CONFIRM_S
        user = self.login.user
        attempt = self.house.attempts[user] = self.house.attempts.get(user, 0) + 1
        refuses = self.house.refusals.get(user)
        if refuses is not None and refuses(attempt):
            raise self.house.refused_with(self.login)
        self.house.done.append(f"{user} in")

    def run(self, command: Any, **more: Any) -> CommandResult:
        """Note which function of the bootstrap is asked for, and answer as the test wants."""
        words = command[4:] if command[:2] == ("sh", "-c") and len(command) > 3 else command
        name = str(words[0])
        assert more.get("sudo") or name == "sh"
        if name != "sh":
            self.house.done.append(f"{self.login.user}: {shlex.join(word for word in words if word)}")
        failure = self.house.failing.get(name, "")
        output = self.house.answers.get(name, "198.51.100.9\n" if name == "sh" else "")
        return CommandResult(exit_code=1 if failure else 0, output=output, errors=failure)

    def close(self) -> None:
        """Leave."""


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> Callable[..., House]:
    def build(**refusals: Callable[[int], bool]) -> House:
        built = House(**refusals)
        monkeypatch.setattr(logins, "Remote", built.open)
        return built

    return build


def after(first: int) -> Callable[[int], bool]:
    """Refuse every attempt after the first ones."""
    return lambda attempt: attempt > first


def say(_: str) -> None:
    """Hear nothing."""


@pytest.mark.req("D-01")
def test_log_ins_are_closed_between_two_connections_that_come_in_and_become_root(house: Callable[..., House]) -> None:
    here = house()
    close_logins(here.open(DOOR), SCRIPT, say=say)
    assert here.done == [
        *("ops in", "ops: id -u", "ops: close_logins 60"),
        *("ops in", "ops: id -u", "ops: confirm_logins"),
    ]


@pytest.mark.req("D-01", "A-07")
def test_nothing_is_closed_when_a_second_connection_is_denied_and_sshds_reason_is_told(
    house: Callable[..., House],
) -> None:
    here = house(ops=after(0))
    here.answers["explain_login"] = EXPLAINED
    with pytest.raises(HostError, match="does not let `ops` in") as stopped:
        close_logins(here.open(DOOR), SCRIPT, say=say, public_key=KEY)
    assert stopped.value.why == f"sshd said: {SAID}; for `ops` it holds: allowusers root. No log-in was closed"
    assert "sshd -T -C user=ops" in stopped.value.fix
    assert here.done == ["ops: explain_login 198.51.100.9"]


@pytest.mark.req("D-01")
@pytest.mark.parametrize(
    ("said", "fails", "told"),
    [
        ("", "sudo: a password is required\n", "a password is required"),
        ("This account is currently not available.\n", "", "This account is currently not available."),  # and ends well
        ("", "", "said nothing"),
    ],
)
def test_nothing_is_closed_when_the_second_connection_does_not_become_root(
    house: Callable[..., House], said: str, fails: str, told: str
) -> None:
    here = house()
    here.answers["id"] = said
    here.failing["id"] = fails
    with pytest.raises(HostError, match="cannot use sudo") as stopped:
        close_logins(here.open(DOOR), SCRIPT, say=say)
    assert told in stopped.value.why
    assert stopped.value.why.endswith("No log-in was closed")
    assert not [word for word in here.done if "close" in word]


@pytest.mark.req("D-01")
@pytest.mark.parametrize(("how", "why"), [(denied, SAID), (refused, "refuses SSH")], ids=["denied", "refused"])
def test_what_was_closed_is_opened_at_once_when_nobody_comes_in_any_more(
    house: Callable[..., House], how: Callable[[Login], HostError], why: str
) -> None:
    here = house(ops=after(1))
    here.answers["explain_login"] = EXPLAINED
    here.refused_with = how
    with pytest.raises(HostError, match="closed and opened again") as stopped:
        close_logins(here.open(DOOR), SCRIPT, say=say)
    assert why in stopped.value.why
    assert here.done[-1] == "ops: take_back_logins"
    assert not [word for word in here.done if "confirm" in word]


def test_a_confirmation_that_comes_too_late_is_told_in_the_hosts_words(house: Callable[..., House]) -> None:
    here = house()
    here.failing["confirm_logins"] = "error: the log-ins were opened again\nwhy:   nobody\nfix:   do it again\n"
    with pytest.raises(HostError, match="closed and opened again") as stopped:
        confirm_logins(here.open(DOOR), SCRIPT, say=say)
    assert "the log-ins were opened again: nobody" in stopped.value.why
    assert stopped.value.fix == "do it again"


def keys(text: str, *, name: str = "ops") -> str:
    return f"account={name}\nuid=1001\nfile=/srv/ops/keys {base64.b64encode(text.encode()).decode()}\n"


@pytest.mark.req("D-01")
@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        (keys("ssh-ed25519 AAAA bob"), ["root: add_key /srv/ops/keys", f"\n{KEY}\n"]),
        (keys(""), ["root: add_key /srv/ops/keys", f"{KEY}\n"]),
        (keys(f"restrict {KEY}"), []),
        (keys("") + f"file=/etc/ssh/ops {base64.b64encode(KEY.encode()).decode()}\n", []),
    ],
    ids=["no end", "none yet", "limited by the host", "in a second file"],
)
def test_as_root_the_user_is_made_and_given_the_key_where_it_is_missing(
    house: Callable[..., House], printed: str, expected: list[str]
) -> None:
    here = house(ops=lambda attempt: attempt == 1)
    here.answers["look_at_logins"] = printed
    log_in(here.open(DOOR), SCRIPT, public_key=KEY, patience_s=0.0, say=say)
    added = [word for word in here.done if "add_key" in word]
    assert added == ([f"{expected[0]} {shlex.quote(expected[1])}"] if expected else [])
    assert here.done[:2] == ["root in", "root: make_user"]
    assert here.done[-2:] == ["ops in", "ops: id -u"]


@pytest.mark.req("D-01", "A-07")
def test_a_user_whom_sshd_does_not_let_in_is_told_before_the_host_is_changed(house: Callable[..., House]) -> None:
    here = house(ops=after(0))
    here.answers |= {"look_at_logins": keys(KEY), "explain_login": EXPLAINED}
    with pytest.raises(HostError, match="does not let `ops` in") as stopped:
        log_in(here.open(DOOR), SCRIPT, public_key=KEY, patience_s=0.0, say=say)
    assert SAID in stopped.value.why
    assert {re.split("[: ]+", word)[1] for word in here.done} == {"in", "make_user", "look_at_logins", "explain_login"}


@pytest.mark.req("D-01")
def test_no_user_is_made_on_a_host_that_something_is_in_the_way_of(house: Callable[..., House]) -> None:
    here = house(ops=after(0))

    def check(seen: Remote) -> None:
        raise HostError(f"seen as {seen.login.user}", why="w", fix="f")

    with pytest.raises(HostError, match="seen as root"):
        log_in(here.open(DOOR), SCRIPT, public_key=KEY, patience_s=0.0, say=say, check=check)
    assert here.done == ["root in"]


def test_a_user_for_whom_sshd_reads_no_keys_is_told(house: Callable[..., House]) -> None:
    here = house(ops=after(0))
    here.answers["look_at_logins"] = "account=ops\nuid=1001\n"
    with pytest.raises(HostError, match="cannot be given a key"):
        log_in(here.open(DOOR), SCRIPT, public_key=KEY, patience_s=0.0, say=say)


def test_a_host_that_knows_neither_user_says_so_of_the_one_that_was_asked_for(house: Callable[..., House]) -> None:
    here = house(ops=after(0), root=after(0))
    with pytest.raises(DeniedError, match="does not let `ops` in"):
        log_in(here.open(DOOR), SCRIPT, public_key=KEY, patience_s=0.0, say=say)
    assert here.done == []


def test_another_user_of_the_same_host_is_reached_with_the_same_pinned_key(house: Callable[..., House]) -> None:
    here = house()
    with logins.as_user(here.open(DOOR), "root", say) as root:
        assert root.login == dataclasses.replace(DOOR, user="root")
