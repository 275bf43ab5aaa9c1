from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Response, sync_playwright

from tests.components import CHROMIUM
from tests.integration.edge.edge_browser import PROTOCOL, flags_for
from tests.integration.edge.edge_echo import echo_services
from tests.integration.edge.edge_fixtures import DOMAIN, HEADERS, Edge, edge

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def running(local_env: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """Run Traefik before echo services, when there is a browser to visit them."""
    with echo_services() as servers, edge(local_env, tmp_path_factory.mktemp("edge"), servers) as started:
        yield started


@pytest.fixture(scope="module")
def browser(running: Edge) -> Iterator[Browser]:
    """Start a browser that asks over QUIC alone, at the port that is advertised: without an answer, nothing loads."""
    advertised = re.match(r'h3=":(\d+)"', running.ask("/").headers["alt-svc"])
    assert advertised is not None
    flags = (*flags_for(running), f"--origin-to-force-quic-on={DOMAIN}:{advertised[1]}")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM.path, args=list(flags))
        yield started
        started.close()


def visit(browser: Browser, running: Edge, path: str) -> tuple[Response, str]:
    """Open a page; return the answer and the protocol that carried it."""
    page = browser.new_context().new_page()
    answer = page.goto(f"https://{DOMAIN}:{running.https_port}{path}", timeout=15_000)
    assert answer is not None
    return answer, page.evaluate(PROTOCOL)


@pytest.mark.req("A-15")
@pytest.mark.parametrize(
    ("path", "service"), [("/", "react-app"), ("/api/health", "api"), ("/static/a", "nginx-static")]
)
def test_http_3_is_answered_by_the_same_services(running: Edge, browser: Browser, path: str, service: str) -> None:
    answer, protocol = visit(browser, running, path)
    assert (protocol, answer.status, answer.json()["service"]) == ("h3", 200, service)


@pytest.mark.req("A-17")
def test_http_3_carries_the_same_security_headers(running: Edge, browser: Browser) -> None:
    answer, protocol = visit(browser, running, "/missing")
    sent = answer.all_headers()
    assert (protocol, answer.status) == ("h3", 404)
    assert {name: sent.get(name) for name in HEADERS} == HEADERS
    assert "default-src 'none'" in sent["content-security-policy"]
    assert "server" not in sent
