"""What do the certificates' tests stand on: a real ACME server of their own, and a DNS server that it asks?"""

from __future__ import annotations

import contextlib
import json
import socketserver
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import httpx
import trustme

from tests.components import PEBBLE
from tests.integration.edge.edge_fixtures import process, wait_for
from tests.ports import free_ports


@dataclass(frozen=True, kw_only=True)
class Acme:
    """An ACME server on loopback: where it answers, who signed its own HTTPS, and who signs its certificates."""

    directory: str
    authority: Path  # PEM, of its own HTTPS
    management: str
    log: Path
    edge_ports: list[int]  # for the Traefik that uses it, taken together with its own so that none meets another

    def root(self) -> str:
        """Return the authority of the certificates that it issues, PEM; a new one for each start."""
        trust = ssl.create_default_context(cafile=str(self.authority))
        with httpx.Client(verify=trust) as client:
            return client.get(f"{self.management}/roots/0").text

    def settings(self) -> dict[str, str]:
        """Return what Traefik must know to use this server alone."""
        return {
            "USE_TLS": "acme",
            "ACME_CA_SERVER": self.directory,
            "ACME_EMAIL": "ops@example.com",
            "ACME_CERTIFICATE_HOURS": "1",
            "LEGO_CA_CERTIFICATES": str(self.authority),
        }


def plan_acme(folder: Path) -> Acme:
    """Choose ports and make the certificate for a server that `serve_acme` starts."""
    folder.mkdir()
    authority = trustme.CA(organization_name="HTTPS of the ACME server")
    issued = authority.issue_cert("127.0.0.1")
    authority.cert_pem.write_to_path(folder / "authority.pem")
    issued.private_key_and_cert_chain_pem.write_to_path(folder / "own.pem")
    api, management, *others = free_ports(5)
    return Acme(
        directory=f"https://127.0.0.1:{api}/dir",
        authority=folder / "authority.pem",
        management=f"https://127.0.0.1:{management}",
        log=folder / "pebble.log",
        edge_ports=others,
    )


@contextlib.contextmanager
def serve_acme(acme: Acme, *, names: set[str], valid_s: int) -> Iterator[None]:
    """Run Pebble: it validates at Traefik's HTTP port, resolves these names to loopback, and signs for that long."""
    own = str(acme.log.with_name("own.pem"))
    config = {
        "listenAddress": acme.directory.removeprefix("https://").removesuffix("/dir"),
        "managementListenAddress": acme.management.removeprefix("https://"),
        "certificate": own,
        "privateKey": own,
        "httpPort": acme.edge_ports[0],
        "tlsPort": acme.edge_ports[1],
        "certificateValidityPeriod": valid_s,
    }
    file = acme.log.with_name("pebble.json")
    file.write_text(json.dumps({"pebble": config}))
    with dns_server(names) as resolver:
        command = (PEBBLE.path, "-config", str(file), "-dnsserver", resolver)
        with process(command, {"PEBBLE_VA_NOSLEEP": "1"}, acme.log):
            wait_for("the ACME server", lambda: acme.root().startswith("-----BEGIN"))
            yield


@contextlib.contextmanager
def dns_server(names: set[str]) -> Iterator[str]:
    """Answer that these names stand for 127.0.0.1, and that no others exist; yield `host:port`."""

    class Answer(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            packet, out = self.request
            out.sendto(answer(packet, names), self.client_address)

    with socketserver.ThreadingUDPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def answer(packet: bytes, names: set[str]) -> bytes:
    """Return the answer to one DNS question."""
    asked = dns.message.from_wire(packet)
    question = asked.question[0]
    told = dns.message.make_response(asked, recursion_available=True)
    if question.name.to_text(omit_final_dot=True).lower() not in names:
        told.set_rcode(dns.rcode.NXDOMAIN)
    elif question.rdtype == dns.rdatatype.A:
        told.answer.append(dns.rrset.from_text(question.name, 1, "IN", "A", "127.0.0.1"))
    return told.to_wire()
