"""Is a release that runs, but cannot be reached from here, told from one that does not run?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ops.commands.verify import verify
from ops.redact import Redactor
from ops.runs.artifacts import create_run_folder
from ops.targets.local.host import LocalHost
from ops.verification import port_scan
from ops.verification.looks import Verified
from ops.verification.observations import Site
from ops.verification.verdict import conclusion, why_partial
from tests.stack import DOMAIN, ROOT, Stack

ELSEWHERE = "127.0.0.2"  # the stack listens on 127.0.0.1 alone: from here it looks as behind a firewall


class PublishingHost(LocalHost):
    """A host that is really here, with Traefik's ports published as on a droplet."""

    def __init__(self, stack: Stack, site: Site) -> None:
        cache = {"SLIPWAY_CACHE_DIR": stack.environment["LOCAL_CACHE_DIR"]}
        super().__init__(stack.state, environment={**stack.environment, **cache})
        self._site = site

    def examine(self) -> dict[str, Any]:
        """Return what is really seen, but for the ports."""
        ports = ((self._site.http_port, "tcp"), (self._site.https_port, "tcp"), (self._site.https_port, "udp"))
        listeners = [{"address": "::", "port": port, "protocol": kind, "owner": "traefik"} for port, kind in ports]
        return {**super().examine(), "listeners": listeners}


def look(stack: Stack, folder: Path, *, exposed: tuple[str, ...] = ()) -> tuple[Verified, Site]:
    """Verify the stack as a droplet at an address where nothing answers."""
    site = Site(
        domain=DOMAIN,
        address=ELSEWHERE,
        https_port=stack.https_port,
        http_port=stack.http_port,
        ca_file=str(stack.ca_file),
        exposed=exposed,
        target="droplet",
        loopback_only=False,
    )
    run = create_run_folder(folder, redactor=Redactor({}))
    return verify(PublishingHost(stack, site), site, run, checkout=ROOT), site


@pytest.mark.req("A-07")
def test_a_healthy_release_behind_a_network_that_blocks_is_partial(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(port_scan, "SUSPECTS", ())  # this machine's own ports are not what is looked at
    verified, site = look(stack, tmp_path)
    held = {check.id for check in verified.checks if check.ok}
    assert held >= {"services-healthy", "published-ports", "staging-resolver", "celery-ping", "task-from-django"}
    assert "home-page" not in held
    assert conclusion(verified.checks, verified.seen, site) == "partial"
    assert ELSEWHERE in why_partial(verified.seen, site)


@pytest.mark.req("A-07")
def test_a_release_that_lacks_a_service_is_not_excused_by_a_network(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(port_scan, "SUSPECTS", ())
    verified, site = look(stack, tmp_path, exposed=("flower",))
    assert conclusion(verified.checks, verified.seen, site) == "failed"
