"""What does a droplet's target say of its site, and of what would change on its host?"""

from __future__ import annotations

import contextlib
import dataclasses
import time
from pathlib import Path
from types import MappingProxyType
from typing import Any
from unittest.mock import MagicMock, Mock

import pytest

from ops.commands.output import Talk
from ops.errors import PreflightError
from ops.settings import KEYS, Settings
from ops.targets import Request
from ops.targets.droplet.bootstrap import bootstrap_script, bootstrap_version
from ops.targets.droplet.host import RemoteHost
from ops.targets.droplet.target import DropletTarget
from tests.unit.ops.targets.droplet.remote_fixtures import HELLO, FakeRemote

ADDRESS = "203.0.113.7"


def target(root: Path, **stated: str) -> DropletTarget:
    """Return a target whose host is there already, so that no cloud is asked."""
    canaries = {key.name: f"canary-{key.name.lower()}-0123456789" for key in KEYS if key.secret}
    values = {**{key.name: key.default for key in KEYS}, **canaries, "WEBSITE_DOMAIN": "app.example.org", **stated}
    settings = Settings(target="droplet", values=MappingProxyType(values), extra=MappingProxyType({}))
    return DropletTarget(root, settings, address=ADDRESS)


@pytest.mark.req("A-16")
def test_the_site_is_verified_with_the_authority_of_a_private_acme_server(tmp_path: Path) -> None:
    assert target(tmp_path, ACME_ROOT_PATH="~/ca.pem").site.ca_file == str(Path.home() / "ca.pem")
    assert target(tmp_path).site.ca_file == ""


@pytest.mark.req("A-14")
def test_the_site_is_asked_at_the_droplets_address_for_what_the_settings_expose(tmp_path: Path) -> None:
    stated = {"SSH_PORT": "2222", "RATE_LIMIT_API_BURST": "7", "EXPOSE_FLOWER": "true", "EXPOSE_GRAPHQL": "true"}
    site = target(tmp_path, ENVIRONMENT="staging", **stated).site
    seen = dataclasses.asdict(site)
    assert {name: seen[name] for name in ("domain", "address", "ssh_port", "rate_limit_burst", "environment")} == {
        "domain": "app.example.org",
        "address": ADDRESS,
        "ssh_port": 2222,
        "rate_limit_burst": 7,
        "environment": "staging",
    }
    assert (site.exposed, site.graphql, site.target, site.loopback_only) == (("flower",), True, "droplet", False)


@pytest.mark.req("A-28")
@pytest.mark.parametrize(
    ("is_prepared", "action", "why"),
    [(True, "keep", "it is prepared"), (False, "update", "its preparation is missing or of another version")],
)
def test_a_plan_says_whether_the_host_would_be_prepared_anew(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    is_prepared: bool,  # noqa: FBT001 - of a table
    action: str,
    why: str,
) -> None:
    mine = target(tmp_path)
    version = bootstrap_version(bootstrap_script(mine.settings)) if is_prepared else "of another checkout"
    remote = FakeRemote(answers={"hello": {**HELLO, "bootstrap": version}}, journals=[[]])

    def connect(*_: object, **__: Any) -> None:
        mine._host = RemoteHost(remote, checkout=tmp_path, say=lambda _: None)  # noqa: SLF001 - as a connection does

    monkeypatch.setattr(mine, "_connect", connect)
    changes = mine.outer_changes(Request(mode="plan", target="droplet"), Talk(mine.redactor))
    assert changes[0] == {"kind": "host", "service": f"host {ADDRESS}", "action": action, "why": why}


class Warned:
    """Hears warnings alone."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def warn(self, text: str) -> None:
        """Note a warning."""
        self.texts.append(text)


@pytest.mark.parametrize(
    ("ahead_s", "told"),
    [
        (3600, "1 h 00 min behind the host's"),
        (-3600, "1 h 00 min ahead of the host's"),
        (90, "1 min 30 s behind the host's"),
        (50, ""),
        (-50, ""),
    ],
)
def test_clocks_that_differ_by_more_than_a_minute_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ahead_s: float, told: str
) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_000_000.0)
    mine, warned = target(tmp_path), Warned()
    newer = {"format": "99", "engine": "of a newer Slipway"}  # of which `logs` has to be had all the same
    remote = FakeRemote(answers={"hello": {**HELLO, **newer, "now": 1_000_000.0 + ahead_s}})
    monkeypatch.setattr(mine, "_connect", lambda *_, **__: None)
    monkeypatch.setattr("ops.targets.droplet.target.check_key", lambda _: "")
    mine._host = RemoteHost(remote, checkout=tmp_path, say=lambda _: None)  # noqa: SLF001 - as a connection does
    heard: Any = warned
    mine.reach(heard)
    assert [told in text and "timedatectl" in text for text in warned.texts] == ([True] if told else [])


def test_a_slow_answer_is_no_difference_of_clocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([1000.0, 1300.0])
    monkeypatch.setattr(time, "time", lambda: next(times))
    remote = FakeRemote(answers={"hello": {**HELLO, "now": 1010.0}})
    assert RemoteHost(remote, checkout=tmp_path).hello().ahead_s == 0.0


@pytest.mark.req("A-07")
def test_a_checkout_that_cannot_be_released_is_refused_before_a_droplet_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    class Cloud:
        def check(self) -> None:
            asked.append("check")

        def ensure(self, **_: Any) -> None:
            asked.append("ensure")

    mine = DropletTarget(tmp_path, target(tmp_path).settings)
    refusal = PreflightError("the submodule `api/lib` is not checked out", why="", fix="")
    monkeypatch.setattr(mine, "_open_cloud", Cloud)
    monkeypatch.setattr(mine, "_release", Mock(side_effect=refusal))
    monkeypatch.setattr("ops.targets.droplet.target.check_key", lambda _: "")
    heard: Any = MagicMock()
    with pytest.raises(PreflightError, match="api/lib"):
        mine.make_ready(Request(mode="full", target="droplet", skip_allowlist=True), heard)
    assert asked == ["check"]


PRINTED = """\
common=passwordauthentication yes
account=root
uid=0
password=P
sshd=permitrootlogin yes
sshd=passwordauthentication yes
account=deploy
uid=1000
password=P
"""
LOGINS = [
    ({}, {}, "keep", "as the host has them"),
    ({}, {"made_here": True}, "keep", "as the host has them"),
    ({}, {"logins": "closed"}, "keep", "turned off"),
    ({"close_logins": True}, {"logins": "closed"}, "keep", "turned off"),
    ({"close_logins": True}, {}, "update", "no log-in any more for root (password)"),
    ({"cloud": True}, {}, "keep", "as the host has them"),  # somebody made a droplet with our name and our tag
    ({"cloud": True}, {"made_here": True}, "update", "no log-in any more for root (password)"),
    ({"cloud": True}, {"made_here": True, "logins": "closed"}, "keep", "turned off"),
]


@pytest.mark.req("D-01", "A-28")
@pytest.mark.parametrize(("asked", "seen", "action", "why"), LOGINS)
def test_a_plan_says_whose_log_ins_a_deploy_would_close(
    tmp_path: Path, asked: dict[str, Any], seen: dict[str, Any], action: str, why: str
) -> None:
    mine, remote = reached(tmp_path, **seen)
    if asked.pop("cloud", False):
        mine._address = ""  # noqa: SLF001 - as one that the cloud has
    change = mine._plan_of_logins(Request(mode="plan", target="droplet", **asked))  # noqa: SLF001 - without a cloud
    assert (change[0], why in change[1]) == (action, True)
    assert not [line for line in remote.commands if "close_logins" in line]


@pytest.mark.req("D-01")
@pytest.mark.parametrize(
    ("asked", "seen", "expected"),
    [
        ({}, {}, ""),
        ({"close_logins": True}, {}, "closed"),
        ({"close_logins": True}, {"logins": "closed"}, ""),
        ({}, {"made_here": True, "logins": "unconfirmed"}, "confirmed"),
        ({}, {"logins": "unconfirmed"}, ""),  # an earlier run was cut: nobody asks for it now
        ({"close_logins": True}, {"logins": "unconfirmed"}, "confirmed"),
    ],
)
def test_log_ins_of_a_host_that_was_there_before_are_closed_only_when_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any], seen: dict[str, Any], expected: str
) -> None:
    mine, _ = reached(tmp_path, **seen)
    done: list[str] = []
    monkeypatch.setattr("ops.targets.droplet.target.close_logins", lambda *_, **__: done.append("closed"))
    monkeypatch.setattr("ops.targets.droplet.target.confirm_logins", lambda *_, **__: done.append("confirmed"))
    told = Heard()
    mine._close_logins(Request(mode="full", target="droplet", **asked), "key", told)  # noqa: SLF001 - without a connection
    assert "".join(done) == expected
    assert told.changes == ([("SSH log-ins", "close")] if expected == "closed" else [])


class Heard:
    """Hears what a target tells of changes."""

    def __init__(self) -> None:
        self.changes: list[tuple[str, str]] = []

    def step(self, _: str) -> contextlib.AbstractContextManager[None]:
        """Time nothing."""
        return contextlib.nullcontext()

    def say(self, _: str) -> None:
        """Show nothing."""

    def warn(self, _: str) -> None:
        """Show nothing."""

    def changed(self, what: str, action: str, why: str) -> None:
        """Note it."""
        assert why
        self.changes.append((what, action))


def reached(root: Path, **seen: Any) -> tuple[DropletTarget, FakeRemote]:
    """Return a target whose host was reached, and what it is asked."""
    mine = target(root)
    remote = FakeRemote(answers={"hello": {**HELLO, **seen}, "look_at_logins": PRINTED})
    mine._host = RemoteHost(remote, checkout=root)  # noqa: SLF001 - as a connection does
    return mine, remote
