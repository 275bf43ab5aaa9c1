"""How does Chromium find the website, trust its key, and tell by which protocol it came?"""

from __future__ import annotations

import base64
import hashlib
import ssl

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.integration.edge.edge_fixtures import DOMAIN, Edge

PROTOCOL = "performance.getEntriesByType('navigation')[0].nextHopProtocol"


def flags_for(running: Edge) -> tuple[str, ...]:
    """Return what makes Chromium find the website and trust its key; our authority would not count over QUIC."""
    served = ssl.get_server_certificate(("127.0.0.1", running.https_port))
    key = x509.load_pem_x509_certificate(served.encode()).public_key()
    digest = hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    return (
        "--no-sandbox",
        "--disable-gpu",
        "--enable-quic",
        f"--host-resolver-rules=MAP {DOMAIN} 127.0.0.1",
        f"--ignore-certificate-errors-spki-list={base64.b64encode(digest).decode()}",
    )
