"""How is the real stack of this checkout brought up on the tests' droplet, without the operator's side?"""

from __future__ import annotations

import os
from pathlib import Path

import dotenv
import pytest
import trustme

from ops.release.build import droplet_release
from tests.rehearsal.compose.compose_fixtures import Small
from tests.rehearsal.compose.engine_host import EngineHost, outcome

CHECKOUT = Path(__file__).resolve().parents[3]
SECRETS = (
    "POSTGRES_PASSWORD",
    "POSTGRES_API_PASSWORD",
    "REDIS_PASSWORD",
    "DJANGO_SECRET_KEY",
    "TOKEN_SECRET_KEY",
    "DJANGO_ADMIN_PASSWORD",
    "OPERATOR_PASSWORD",
)
CANARY = "canary0of0the0hardening"


def real_stack() -> Small:
    """Make the release of this checkout, with a canary in each secret."""
    settings = dotenv.dotenv_values(CHECKOUT / ".env.example", interpolate=False)
    environment = {key: value or "" for key, value in settings.items()}
    environment |= {key: f"{CANARY}{key.replace('_', '0')}" for key in SECRETS}
    environment |= {"EXPOSE_FLOWER": "true", "PATH": os.environ["PATH"], "WEBSITE_DOMAIN": "slipway.localhost"}
    release = droplet_release(CHECKOUT, environment, release_id="real")
    files = {digest: path for service in release.services for path, digest in service.image.files.items()}
    return Small(release, {digest: (CHECKOUT / path).read_bytes() for digest, path in files.items()})


@pytest.fixture(scope="session")
def real_host(real_engine_host: EngineHost) -> EngineHost:
    """Hold the real stack up, secrets and all."""
    small = real_stack()
    certificate = trustme.CA().issue_cert("slipway.localhost")
    chain = b"".join(blob.bytes() for blob in certificate.cert_chain_pems)
    pairs = {"data/tls/cert.pem": chain, "data/tls/key.pem": certificate.private_key_pem.bytes()}
    real_engine_host.put(pairs)
    end = outcome(real_engine_host.deploy(small))
    assert (end["outcome"], end["error"]) == ("success", None)
    return real_engine_host
