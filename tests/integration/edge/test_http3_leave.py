"""Why does a Traefik from which another one takes over offer no HTTP/3?"""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.components import CHROMIUM
from tests.integration.edge.edge_browser import PROTOCOL, flags_for
from tests.integration.edge.edge_echo import Echo, echo_services
from tests.integration.edge.edge_fixtures import DOMAIN, edge, wait_for

pytestmark = pytest.mark.browser


@pytest.mark.req("B-05")
@pytest.mark.parametrize(("protocol", "outcome"), [("h3", "cut"), ("h2", "whole")])
def test_traefik_cuts_an_answer_over_http_3_when_it_goes_so_what_takes_over_from_it_offers_none(
    local_env: Path, tmp_path: Path, protocol: str, outcome: str
) -> None:
    """While this holds, HTTP/3 is off unless a droplet's HTTP3 asks for it: docs/decisions/0036."""
    with echo_services() as servers, edge(local_env, tmp_path, servers) as leaving, sync_playwright() as playwright:
        origin = f"{DOMAIN}:{leaving.https_port}"
        quic = (f"--origin-to-force-quic-on={origin}",) if protocol == "h3" else ("--disable-quic",)
        started = playwright.chromium.launch(
            executable_path=CHROMIUM.path,
            args=[*(flag for flag in flags_for(leaving) if flag != "--enable-quic" or protocol == "h3"), *quic],
        )
        page = started.new_context().new_page()
        page.goto(f"https://{origin}/", timeout=15_000)
        assert page.evaluate(PROTOCOL) == protocol
        page.evaluate("() => { window.slow = fetch('/slow').then(a => a.text()).then(() => 'whole', () => 'cut') }")
        wait_for("the service to be asked", lambda: any(path == "/slow" for _, _, path in Echo.seen))
        Echo.seen.clear()
        os.kill(leaving.pid, signal.SIGTERM)
        assert page.evaluate("() => window.slow") == outcome
        started.close()
