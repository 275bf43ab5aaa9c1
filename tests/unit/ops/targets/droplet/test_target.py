"""What does a droplet's target say of its site, and of what would change on its host?"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from ops.commands.output import Talk
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
    assert changes == [{"kind": "host", "service": f"host {ADDRESS}", "action": action, "why": why}]
