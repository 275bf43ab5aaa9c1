"""Is a certificate of Let's Encrypt's staging directory told from any other, although nobody trusts its root?"""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from ops.verification.http import prober
from ops.verification.shown_certificate import covers, is_trusted_by_browsers, read_certificate, staging_fault
from tests.unit.ops.verification.https_server import DOMAIN, Handler, serve

NOW = datetime.now(UTC)
STAGING = "(STAGING) Let's Encrypt"


def answer_of(*, issuer: str = STAGING, name: str = DOMAIN, asked: str = DOMAIN, **dates: Any) -> tuple[int, str]:
    """Ask a real server that shows such a certificate; return the status and the error."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA(organization_name=issuer).issue_cert(name, **dates).configure_cert(context)
    handler = type("Fresh", (Handler,), {"seen": [], "left": {"limited": 0}})
    with serve(handler, context) as port, prober(address="127.0.0.1", staging=True) as asking:
        seen = asking.get(f"https://{asked}:{port}/")
    return seen.status, seen.error


@pytest.mark.req("A-16")
def test_a_staging_certificate_is_taken_although_nobody_trusts_its_root() -> None:
    assert answer_of() == (200, "")
    assert answer_of(name=f"*.{DOMAIN}", asked=f"www.{DOMAIN}") == (200, "")


@pytest.mark.req("A-16")
@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"issuer": "Let's Encrypt"}, "issued by Let's Encrypt"),
        ({"name": "other.localhost"}, "is for other.localhost, not for slipway.localhost"),
        ({"not_before": NOW - timedelta(days=9), "not_after": NOW - timedelta(days=1)}, "valid from"),
        ({"not_before": NOW + timedelta(days=1), "not_after": NOW + timedelta(days=9)}, "valid from"),
    ],
)
def test_any_other_certificate_is_an_error(changed: dict[str, Any], said: str) -> None:
    status, error = answer_of(**changed)
    assert status == 0
    assert said in error


@pytest.fixture
def shown() -> bytes:
    issued = trustme.CA(organization_name=STAGING).issue_cert(DOMAIN)
    return ssl.PEM_cert_to_DER_cert(issued.cert_chain_pems[0].bytes().decode())


def test_a_certificate_is_read_with_names_dates_and_issuer(shown: bytes) -> None:
    read = read_certificate(shown, "TLSv1.3")
    assert read.names == (DOMAIN,)
    assert STAGING in read.issuer
    assert read.not_before < NOW + timedelta(minutes=5) < read.not_after
    assert staging_fault(read, DOMAIN, now=NOW) == ""
    assert staging_fault(None, DOMAIN, now=NOW) == "the server showed no certificate"


@pytest.mark.parametrize(
    ("names", "host", "expected"),
    [
        (("a.example",), "a.example", True),
        (("*.example",), "a.example", True),
        (("*.example",), "b.a.example", False),
        (("*.example",), "example", False),
        ((), "example", False),
    ],
)
def test_a_wildcard_covers_one_label(names: tuple[str, ...], host: str, *, expected: bool) -> None:
    assert covers(names, host) is expected


@pytest.mark.req("A-16")
def test_a_certificate_is_trusted_when_a_list_of_authorities_knows_its_signer_and_its_name(tmp_path: Path) -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(DOMAIN).configure_cert(context)
    known = tmp_path / "known.pem"
    authority.cert_pem.write_to_path(str(known))
    handler = type("Fresh", (Handler,), {"seen": [], "left": {"limited": 0}})
    with serve(handler, context) as port:
        assert is_trusted_by_browsers("127.0.0.1", port, DOMAIN, authorities=str(known))
        assert not is_trusted_by_browsers("127.0.0.1", port, "other.localhost", authorities=str(known))
        assert not is_trusted_by_browsers("127.0.0.1", port, DOMAIN)  # Mozilla's list does not know it
    assert not is_trusted_by_browsers("127.0.0.1", port, DOMAIN, authorities=str(known))  # nobody answers
