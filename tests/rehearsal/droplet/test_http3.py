"""Does the droplet answer over QUIC, through Docker's published UDP port and the cloud's firewall?"""

from __future__ import annotations

import base64
import hashlib
import socket
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, Response, sync_playwright

from tests.components import CHROMIUM
from tests.rehearsal.droplet.droplet_stack import Rehearsed

PROTOCOL = "performance.getEntriesByType('navigation')[0].nextHopProtocol"

pytestmark = [pytest.mark.engine, pytest.mark.browser]


def key_digest(stack: Rehearsed, domain: str) -> str:
    """Return what Chromium calls the key of the site's certificate: our authority would not count over QUIC."""
    context = ssl.create_default_context(cafile=stack.environment["ACME_ROOT_PATH"])
    with (
        socket.create_connection((stack.machine.address, 443), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=domain) as secured,
    ):
        shown = secured.getpeercert(binary_form=True)
    assert shown is not None
    key = x509.load_der_x509_certificate(shown).public_key()
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(spki).digest()).decode()


def visit(page: Page, url: str) -> Response | None:
    """Open a page; again when a network of this machine came or went meanwhile, on which Chromium drops everything."""
    for _ in range(20):
        try:
            return page.goto(url, timeout=15_000)
        except PlaywrightError as error:
            if "ERR_NETWORK_CHANGED" not in str(error):
                raise
    raise AssertionError(f"the networks of this machine changed at each of 20 visits to {url}")


@pytest.mark.req("A-15")
def test_the_droplet_answers_over_http_3_when_it_is_asked_for(deployed: Rehearsed) -> None:
    domain = deployed.environment["WEBSITE_DOMAIN"]
    flags = [
        *("--no-sandbox", "--disable-gpu", "--enable-quic"),
        f"--host-resolver-rules=MAP {domain} {deployed.machine.address}",
        f"--ignore-certificate-errors-spki-list={key_digest(deployed, domain)}",
        f"--origin-to-force-quic-on={domain}:443",  # without an answer over UDP, nothing loads
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM.path, args=flags)
        page = browser.new_context().new_page()
        answer = visit(page, f"https://{domain}/api/health")
        assert answer is not None
        assert (answer.status, page.evaluate(PROTOCOL)) == (200, "h3")
        browser.close()
