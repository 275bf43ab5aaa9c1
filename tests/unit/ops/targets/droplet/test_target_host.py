"""Is a host looked at before a deploy or an update changes it, and by a plan?"""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from ops.commands.output import Talk
from ops.errors import HostError
from ops.settings import KEYS, Settings
from ops.ssh import Remote, errors
from ops.targets import Request
from ops.targets.droplet.host import Hello, RemoteHost
from ops.targets.droplet.survey import read_survey
from ops.targets.droplet.target import DropletTarget
from tests.unit.ops.targets.droplet.remote_fixtures import FakeRemote, Script

HELD = """[sockets]
tcp LISTEN 0 511 0.0.0.0:80 0.0.0.0:* users:(("nginx",pid=812,fd=6))
[groups]
[daemon.json]"""


def target(root: Path) -> DropletTarget:
    """Return a target whose host is there already, so that no cloud is asked."""
    values = MappingProxyType({**{key.name: key.default for key in KEYS}, "WEBSITE_DOMAIN": "app.example.org"})
    settings = Settings(target="droplet", values=values, extra=MappingProxyType({}))
    return DropletTarget(root, settings, address="203.0.113.7")


def reached(mine: DropletTarget, remote: FakeRemote, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the target find this host at the other end."""

    def connect(*_: object, **__: Any) -> None:
        mine._host = RemoteHost(remote, checkout=mine.root, say=lambda _: None)  # noqa: SLF001 - as a connection does

    monkeypatch.setattr(mine, "_connect", connect)


def test_a_plan_shows_what_was_found_on_the_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = target(tmp_path)
    reached(mine, FakeRemote(journals=[[*HELD.splitlines()]]), monkeypatch)
    assert mine.seen_on_host() is None, "nobody has looked yet"
    mine.outer_changes(Request(mode="plan", target="droplet"), Talk(mine.redactor))
    seen = mine.seen_on_host()
    assert seen is not None
    assert [one["holder"] for one in seen["ports"]] == ["nginx (pid 812)"]


def test_a_plan_looks_as_root_at_a_host_that_knows_nobody_else_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, users = target(tmp_path), list[str]()

    def connect(remote: Remote, **_: object) -> None:
        users.append(remote.login.user)
        if remote.login.user != "root":
            raise errors.denied(remote.login)

    monkeypatch.setattr(Remote, "connect", connect)
    monkeypatch.setattr("ops.targets.droplet.target.survey_host", lambda *_, **__: read_survey(HELD))
    monkeypatch.setattr(RemoteHost, "hello", lambda _: Hello())
    change, _ = mine.outer_changes(Request(mode="plan", target="droplet"), Talk(mine.redactor))
    assert (users, change["action"]) == (["deploy", "root"], "update")


@pytest.mark.parametrize("mode", ["update", "full"])
def test_a_host_where_a_release_cannot_run_is_refused_before_anything_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    mine = target(tmp_path)
    first_boot: Script = ["bootstrap="]
    remote = FakeRemote(journals=[*([first_boot] if mode == "full" else []), [*HELD.splitlines()]])
    reached(mine, remote, monkeypatch)
    monkeypatch.setattr("ops.targets.droplet.target.check_key", lambda _: "ssh-ed25519 AAAA")
    with pytest.raises(HostError, match="in the way of a deploy") as refused:
        mine.make_ready(Request(mode=mode, target="droplet"), Talk(mine.redactor))
    assert "port 80/tcp is held by nginx" in refused.value.why
    assert remote.sent.keys() <= {"hello", "lines"}
    assert remote.journals == []
