"""Are the operator's own certificate files served, and is a renewed one without a restart?"""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx
import pytest
import trustme

from tests.rehearsal.droplet.droplet_stack import Rehearsed

pytestmark = pytest.mark.engine


def write_pair(folder: Path, authority: trustme.CA, domain: str) -> dict[str, str]:
    """Write a fresh certificate and its key; return the settings that name them."""
    issued = authority.issue_cert(domain)
    certificate, key, root = folder / "cert.pem", folder / "key.pem", folder / "ca.pem"
    certificate.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    key.touch(mode=0o600)
    key.write_bytes(issued.private_key_pem.bytes())
    authority.cert_pem.write_to_path(str(root))
    paths = {"TLS_CERT_PATH": certificate, "TLS_KEY_PATH": key, "ACME_ROOT_PATH": root}
    return {"USE_TLS": "files", **{name: str(path) for name, path in paths.items()}}


def serial_shown(stack: Rehearsed, domain: str) -> str:
    """Return the serial number of the certificate that a visitor gets, who trusts the operator's authority alone."""
    trust = ssl.create_default_context(cafile=stack.environment["ACME_ROOT_PATH"])
    with httpx.Client(verify=trust, timeout=10) as client:
        url = f"https://{stack.machine.address}/"
        with client.stream("GET", url, headers={"Host": domain}, extensions={"sni_hostname": domain}) as answer:
            shown = answer.extensions["network_stream"].get_extra_info("ssl_object").getpeercert()
            return str(shown["serialNumber"])


@pytest.mark.req("A-16", "B-11")
def test_own_files_are_served_and_a_renewed_one_without_a_restart(deployed: Rehearsed, tmp_path: Path) -> None:
    domain, authority = deployed.environment["WEBSITE_DOMAIN"], trustme.CA()
    own = deployed.with_settings(**write_pair(tmp_path, authority, domain))
    done = own.deploy()
    assert done.returncode == 0, done.stdout + done.stderr
    first, traefik = serial_shown(own, domain), own.running("traefik")

    write_pair(tmp_path, authority, domain)
    renewed = own.invoke("update", timeout_s=300)
    assert renewed.returncode == 0, renewed.stdout + renewed.stderr
    assert serial_shown(own, domain) != first
    assert own.running("traefik") == traefik

    key = own.machine.run("stat", "-c", "%a %u", "/var/lib/slipway/data/tls/key.pem")
    assert key.strip() == "600 65532"
    back = deployed.deploy()
    assert back.returncode == 0, back.stdout + back.stderr
    assert deployed.ask("/").status_code == 200
