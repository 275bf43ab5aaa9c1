from __future__ import annotations

import pytest
from cryptography import x509

from ops.errors import HostError
from rehearsal.droplet.machine import Machine
from rehearsal.world import ZONE, World
from tests.rehearsal.conftest import CERTIFICATE_HOURS, NewDroplet

CLIENT = """#cloud-config
package_update: true
packages: [dehydrated]
runcmd:
  - mkdir -p /srv/.well-known/acme-challenge
  - systemd-run --unit=answers python3 -m http.server 80 --directory /srv
"""
ORDER_TIMEOUT_S = 120
NAME = f"acme.{ZONE}"


@pytest.fixture
def client(world: World, new_droplet: NewDroplet) -> Machine:
    machine = new_droplet("client", user_data=CLIENT)
    machine.run("cloud-init", "status", "--wait", timeout_s=ORDER_TIMEOUT_S)
    lines = (
        f"CA={world.environment['ACME_CA_SERVER']}",
        "CURL_OPTS='--cacert /srv/ca.pem'",
        "WELLKNOWN=/srv/.well-known/acme-challenge",
    )
    authority = world.parts.acme.https_ca.read_bytes()
    machine.run("sh", "-c", "cat > /srv/ca.pem", stdin=authority)
    machine.run("sh", "-c", "cat > /srv/config", stdin="\n".join(lines).encode())
    return machine


def order(machine: Machine) -> None:
    command = ("dehydrated", "--config", "/srv/config", "--out", "/srv/certs", "--cron", "--accept-terms", "-d", NAME)
    machine.run(*command, timeout_s=ORDER_TIMEOUT_S)


def test_a_name_that_points_here_gets_a_certificate_of_the_stated_length(world: World, client: Machine) -> None:
    record = world.parts.cloud.account.add_record(ZONE, {"type": "A", "name": "acme", "data": client.address})
    try:
        order(client)
    finally:
        del world.parts.cloud.account.domains[ZONE][record["id"]]
    leaf = x509.load_pem_x509_certificate(client.run("cat", f"/srv/certs/{NAME}/cert.pem").encode())
    root, intermediate = x509.load_pem_x509_certificates(world.parts.acme.root.read_bytes())
    leaf.verify_directly_issued_by(intermediate)
    intermediate.verify_directly_issued_by(root)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    hours = (leaf.not_valid_after_utc - leaf.not_valid_before_utc).total_seconds() / 3600
    assert (names.get_values_for_type(x509.DNSName), round(hours)) == ([NAME], CERTIFICATE_HOURS)


def test_a_name_that_points_elsewhere_gets_none(world: World, client: Machine) -> None:
    record = world.parts.cloud.account.add_record(ZONE, {"type": "A", "name": "acme", "data": world.parts.acme.address})
    try:
        with pytest.raises(HostError, match="failed"):
            order(client)
    finally:
        del world.parts.cloud.account.domains[ZONE][record["id"]]
    assert client.run("sh", "-c", f"ls /srv/certs/{NAME}/cert.pem 2>/dev/null || echo none") == "none"
