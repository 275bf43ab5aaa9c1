"""Certificates that browsers trust: from the production directory, and only what the staging one has given before."""

from __future__ import annotations

import dataclasses
import socket
import ssl
from collections.abc import Iterator

import pytest
from cryptography import x509

from rehearsal.acme import Pebble
from rehearsal.checkout import write_settings
from rehearsal.world import DOMAIN, World
from tests.rehearsal.droplet.droplet_stack import Rehearsed, make_checkout, wait_until

ORDER = "POST /order-plz"
FLOWER = f"flower.{DOMAIN}"
SETTINGS = {"ENVIRONMENT": "production", "ACME_DIRECTORY": "production"}


@pytest.fixture(scope="module")
def production(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsed]:  # noqa: ARG001 - its skip counts
    """Return a checkout whose file asks for the production directory, in a world that has one; nothing is deployed."""
    folder = tmp_path_factory.mktemp("trusted")
    with World(folder / "world", engine_there=True, production_acme=True) as opened:
        stack = make_checkout(folder / "checkout", opened)
        authority = directory(stack).root
        kept = {
            name: value for name, value in stack.environment.items() if name not in {*opened.environment, *SETTINGS}
        }
        write_settings(stack.root, {**opened.environment, **SETTINGS})
        yield dataclasses.replace(stack, environment={**kept, "SSL_CERT_FILE": str(authority)})


def directory(stack: Rehearsed) -> Pebble:
    """Return what plays the production directory."""
    found = stack.world.parts.production
    assert found
    return found


def orders(stack: Rehearsed) -> int:
    return directory(stack).asked().count(ORDER)


def certificates(stack: Rehearsed) -> int:
    """Return how many certificates the production directory gave away."""
    return sum(line.startswith("POST /certZ/") for line in directory(stack).asked())


def signer(stack: Rehearsed, host: str = DOMAIN) -> str:
    """Return which of the two directories signed what the site shows."""
    blind = ssl._create_unverified_context()  # noqa: S323, SLF001 - who signed it is the question
    with (
        socket.create_connection((stack.machine.address, 443), timeout=10) as plain,
        blind.wrap_socket(plain, server_hostname=host) as secured,
    ):
        shown = x509.load_der_x509_certificate(secured.getpeercert(binary_form=True) or b"")
    roots = {"production": directory(stack).root, "staging": stack.world.parts.acme.root}
    names = {
        name: {one.subject for one in x509.load_pem_x509_certificates(root.read_bytes())}
        for name, root in roots.items()
    }
    return next((name for name, known in names.items() if shown.issuer in known), shown.issuer.rfc4514_string())


def asked_for_more(stack: Rehearsed, word: str) -> tuple[int, str]:
    """Expose Flower, whose name has no certificate yet, and type a word; return its exit code and what it said."""
    operators = {"EXPOSE_FLOWER": "true", "OPERATOR_NETWORKS": stack.world.parts.network.gateway}
    settings = {**stack.world.environment, **SETTINGS, **operators}
    write_settings(stack.root, settings)
    done = stack.invoke(word, timeout_s=600)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.req("A-16", "B-11")
def test_a_site_gets_trusted_certificates_and_asks_for_none_in_vain(production: Rehearsed) -> None:
    done = production.deploy()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "a dry run of the order" in done.stdout + done.stderr
    assert signer(production) == "production"
    assert ORDER in directory(production).asked()

    wait_until(lambda: certificates(production) == orders(production), what="the order for www to end")
    asked = directory(production).asked()
    code, said = asked_for_more(production, "update")  # which makes no record for the new name
    assert (code, "the dry run at the staging directory brought no certificate" in said) == (4, True), said
    assert directory(production).asked() == asked
    assert signer(production) == "production"

    directory(production).limit(is_limited=True)
    code, said = asked_for_more(production, "deploy")
    directory(production).limit(is_limited=False)
    assert (code, "too many certificates" in said) == (8, True), said
    assert signer(production) == "production"

    code, said = asked_for_more(production, "deploy")
    assert code == 0, said
    assert (signer(production), signer(production, FLOWER)) == ("production", "production")
