"""Is a certificate refused that is for another name, too old, or from somewhere else?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from ops.verification.checks.certificate import issuer_of
from ops.verification.checks.check import Check
from ops.verification.observations import Issuer
from tests.unit.ops.runs.evidence_fixtures import CERTIFICATE, DROPLET, STARTED, judged, on_droplet

STAGING = "(STAGING) Let's Encrypt, (STAGING) Puzzling Parsnip E7"
PRODUCTION = "US, Let's Encrypt, E8"


def judge(kind: str, **changed: Any) -> Check:
    """Judge a droplet whose certificate differs in this."""
    seen = on_droplet()
    shown = replace(CERTIFICATE, **changed)
    answers = {name: replace(one, certificate=shown) for name, one in seen.answers.items()}
    return judged(replace(seen, answers=answers), replace(DROPLET, issuer=cast("Issuer", kind)))["certificate"]


@pytest.mark.req("A-16")
@pytest.mark.parametrize(
    ("issuer", "changed"),
    [
        ("private", {"issuer": "Pebble Intermediate CA 1a2b3c"}),
        ("staging", {"issuer": STAGING}),
        ("production", {"issuer": PRODUCTION}),
        ("files", {"issuer": PRODUCTION}),
        ("local", {}),
        ("private", {"names": ("*.localhost",)}),
        ("private", {"not_before": STARTED - timedelta(hours=1), "not_after": STARTED + timedelta(hours=5)}),
        ("private", {"not_after": STARTED + timedelta(days=8)}),
    ],
)
def test_the_right_certificate_passes(issuer: str, changed: dict[str, Any]) -> None:
    check = judge(issuer, **changed)
    assert check.ok, check.detail


@pytest.mark.req("A-16", "B-11")
@pytest.mark.parametrize(
    ("issuer", "changed", "said"),
    [
        ("staging", {"issuer": PRODUCTION}, "production directory"),
        ("private", {"issuer": PRODUCTION}, "production directory"),
        ("production", {"issuer": STAGING}, "of the staging directory"),
        ("staging", {"issuer": "Somebody, Somebody's CA"}, "it is issued by Somebody, Somebody's CA"),
        ("files", {"issuer": "TRAEFIK DEFAULT CERT"}, "Traefik made it up itself"),
        ("private", {"names": ("other.localhost",)}, "not for slipway.localhost"),
        ("private", {"not_after": STARTED - timedelta(minutes=1)}, "it ended on 2026-11-21 02:59"),
        ("private", {"not_before": STARTED + timedelta(minutes=1)}, "it is valid from 2026-11-21 03:01 on only"),
        ("private", {"not_after": STARTED + timedelta(days=6)}, "it ends on 2026-11-27 03:00, and was not renewed"),
    ],
)
def test_any_other_certificate_fails_with_the_reason(issuer: str, changed: dict[str, Any], said: str) -> None:
    check = judge(issuer, **{"not_before": STARTED - timedelta(days=84), **changed})
    assert not check.ok
    assert said in check.detail
    assert check.hint


@pytest.mark.req("A-16")
@pytest.mark.parametrize(("issuer", "is_good"), [("staging", False), ("private", False), ("files", True)])
def test_an_ordered_certificate_that_browsers_trust_fails_where_nobody_asked_for_one(
    issuer: Issuer, *, is_good: bool
) -> None:
    seen = on_droplet()
    shown = replace(CERTIFICATE, issuer=STAGING if issuer == "staging" else "US, Somebody Trust Services, WE1")
    answers = {name: replace(one, certificate=shown) for name, one in seen.answers.items()}
    check = judged(replace(seen, answers=answers, is_trusted=True), replace(DROPLET, issuer=issuer))["certificate"]
    assert (check.ok, "whom browsers trust" in check.detail) == (is_good, not is_good)


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        ("refused", "invoke logs --service traefik"),
        (
            "unable to get local issuer certificate (_ssl.c:1006)",
            "set ACME_ROOT_PATH in .env to the authority's certificate",
        ),
    ],
)
def test_without_a_certificate_the_reason_of_the_connection_is_told(error: str, hint: str) -> None:
    seen = on_droplet()
    answers = {name: replace(one, certificate=None, status=0, error=error) for name, one in seen.answers.items()}
    check = next(iter(judged(replace(seen, answers=answers), DROPLET).values()))  # told first, it explains the others
    assert (check.id, check.detail) == ("certificate", error)
    assert check.hint.startswith(hint)


@pytest.mark.req("A-16")
@pytest.mark.parametrize(
    ("use_tls", "ca_server", "expected"),
    [
        ("acme", "https://acme-staging-v02.api.letsencrypt.org/directory", "staging"),
        ("acme", "https://pebble.example:14000/dir", "private"),
        ("acme", "https://letsencrypt.org.example/dir", "private"),
        ("files", "https://acme-staging-v02.api.letsencrypt.org/directory", "files"),
    ],
)
def test_who_signs_follows_from_the_settings(use_tls: str, ca_server: str, expected: str) -> None:
    assert issuer_of(use_tls=use_tls, ca_server=ca_server, is_production=False) == expected


@pytest.mark.req("A-16")
@pytest.mark.parametrize(("use_tls", "expected"), [("acme", "production"), ("files", "files")])
def test_the_production_directory_signs_where_it_was_asked_for(use_tls: str, expected: str) -> None:
    found = issuer_of(use_tls=use_tls, ca_server="https://pebble.example:14000/dir", is_production=True)
    assert found == expected
