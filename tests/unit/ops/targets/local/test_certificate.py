import datetime as dt
import os
import socket
import ssl
import stat
import threading
from pathlib import Path

import pytest

from ops.errors import PreflightError
from ops.targets.local.certificate import LocalTls, ensure_local_tls

NOW = dt.datetime.now(dt.UTC)
DOMAIN = "slipway.localhost"


def content(tls: LocalTls) -> list[bytes]:
    return [path.read_bytes() for path in (tls.ca, tls.cert, tls.key)]


def shake_hands(tls: LocalTls, name: str) -> None:
    """Serve the certificate on one end of a socket pair, and verify it as `name` on the other."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tls.cert, tls.key)
    client = ssl.create_default_context(cafile=tls.ca)
    ours, theirs = socket.socketpair()
    thread = threading.Thread(target=lambda: server.wrap_socket(theirs, server_side=True).close())
    thread.start()
    try:
        client.wrap_socket(ours, server_hostname=name).close()
    finally:
        ours.close()
        thread.join(timeout=10)


@pytest.mark.parametrize("name", [DOMAIN, f"admin.{DOMAIN}", "localhost", "127.0.0.1"])
def test_the_certificate_verifies_against_the_authority_under_every_name(tmp_path: Path, name: str) -> None:
    tls = ensure_local_tls(tmp_path / "data" / "tls", domain=DOMAIN, now=NOW)

    assert tls.renewed
    assert stat.S_IMODE(tls.key.stat().st_mode) == 0o600
    assert sorted(path.name for path in tls.ca.parent.iterdir()) == ["ca.pem", "cert.pem", "key.pem"]
    shake_hands(tls, name)


def test_the_second_time_changes_nothing(tmp_path: Path) -> None:
    first = ensure_local_tls(tmp_path, domain=DOMAIN, now=NOW)
    before = content(first)

    second = ensure_local_tls(tmp_path, domain=DOMAIN, now=NOW + dt.timedelta(days=334))

    assert not second.renewed
    assert content(second) == before


@pytest.mark.req("B-11")
def test_a_certificate_with_less_than_30_days_left_is_renewed_with_a_new_authority(tmp_path: Path) -> None:
    before = content(ensure_local_tls(tmp_path, domain=DOMAIN, now=NOW))

    tls = ensure_local_tls(tmp_path, domain=DOMAIN, now=NOW + dt.timedelta(days=336))

    assert tls.renewed
    assert all(old != new for old, new in zip(before, content(tls), strict=True))


def test_another_domain_renews_the_certificate(tmp_path: Path) -> None:
    ensure_local_tls(tmp_path, domain=DOMAIN, now=NOW)

    tls = ensure_local_tls(tmp_path, domain="other.localhost", now=NOW)

    assert tls.renewed
    shake_hands(tls, "other.localhost")


@pytest.mark.parametrize("name", ["ca.pem", "cert.pem", "key.pem"])
@pytest.mark.parametrize("fault", ["missing", "torn", "of another run"])
def test_files_that_a_crash_left_in_disorder_are_made_anew(tmp_path: Path, name: str, fault: str) -> None:
    other = ensure_local_tls(tmp_path / "other", domain=DOMAIN, now=NOW).ca.parent / name
    path = ensure_local_tls(tmp_path / "tls", domain=DOMAIN, now=NOW).ca.parent / name
    if fault == "missing":
        path.unlink()
    else:
        path.write_bytes(other.read_bytes() if fault == "of another run" else path.read_bytes()[:100])

    tls = ensure_local_tls(tmp_path / "tls", domain=DOMAIN, now=NOW)

    assert tls.renewed
    shake_hands(tls, DOMAIN)


def test_a_key_that_others_may_read_is_replaced(tmp_path: Path) -> None:
    tls = ensure_local_tls(tmp_path, domain=DOMAIN, now=NOW)
    tls.key.chmod(0o644)

    assert ensure_local_tls(tmp_path, domain=DOMAIN, now=NOW).renewed


def test_a_full_disk_is_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)

    with pytest.raises(PreflightError, match="could not be written"):
        ensure_local_tls(tmp_path, domain=DOMAIN, now=NOW)
    assert list(tmp_path.iterdir()) == []
