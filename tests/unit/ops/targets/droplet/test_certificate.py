from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from ops.errors import PreflightError
from ops.targets.droplet.certificate import read_tls_files

NOW = datetime.now(UTC)


def pair(folder: Path, *names: str) -> tuple[Path, Path]:
    """Write a certificate for these names and its key."""
    issued = trustme.CA().issue_cert(*names)
    certificate, key = folder / f"{names[0]}.pem", folder / f"{names[0]}.key"
    certificate.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    key.write_bytes(issued.private_key_pem.bytes())
    return certificate, key


@pytest.mark.req("A-16")
@pytest.mark.parametrize("name", ["app.example.org", "*.example.org"])
def test_a_pair_for_the_domain_is_returned_as_it_is(tmp_path: Path, name: str) -> None:
    certificate, key = pair(tmp_path, name)
    assert read_tls_files(certificate, key, domain="app.example.org", now=NOW) == (
        certificate.read_bytes(),
        key.read_bytes(),
    )


@pytest.mark.req("A-16")
@pytest.mark.parametrize(
    ("domain", "later", "fault"),
    [
        ("other.example.org", timedelta(), "is not for other.example.org"),
        ("deep.app.example.org", timedelta(), "is not for"),
        ("app.example.org", timedelta(days=365 * 1000), "not valid today"),
        ("app.example.org", timedelta(days=-365 * 100), "not valid yet"),
    ],
)
def test_a_certificate_that_browsers_would_refuse_is_refused(
    tmp_path: Path, domain: str, later: timedelta, fault: str
) -> None:
    certificate, key = pair(tmp_path, "app.example.org")
    with pytest.raises(PreflightError, match=fault):
        read_tls_files(certificate, key, domain=domain, now=NOW + later)


@pytest.mark.req("A-16")
def test_files_that_are_no_pair_are_refused(tmp_path: Path) -> None:
    certificate, key = pair(tmp_path, "app.example.org")
    _, other = pair(tmp_path, "other.example.org")
    with pytest.raises(PreflightError, match="do not belong together"):
        read_tls_files(certificate, other, domain="app.example.org", now=NOW)
    with pytest.raises(PreflightError, match="cannot be read"):
        read_tls_files(key, certificate, domain="app.example.org", now=NOW)
    with pytest.raises(PreflightError, match="TLS_CERT_PATH cannot be read"):
        read_tls_files(tmp_path / "none.pem", key, domain="app.example.org", now=NOW)


@pytest.mark.req("A-16")
def test_a_certificate_of_the_future_names_the_clock_that_may_be_wrong(tmp_path: Path) -> None:
    begins = NOW.replace(microsecond=0)
    issued = trustme.CA().issue_cert("app.example.org", not_before=begins)
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    certificate.write_bytes(issued.cert_chain_pems[0].bytes())
    key.write_bytes(issued.private_key_pem.bytes())
    with pytest.raises(PreflightError, match="not valid yet") as refused:
        read_tls_files(certificate, key, domain="app.example.org", now=begins - timedelta(hours=1))
    assert f"by the clock of this machine it is {begins - timedelta(hours=1):%Y-%m-%d %H:%M}" in refused.value.why
    assert "set the clock" in refused.value.fix
