"""The check of the site's certificate: its name, how long it lasts, its authority."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from ops.verification.checks.check import Check, answer_of, check
from ops.verification.observations import Answer, Certificate, Issuer, Observations, Site

ROUTES = ("home", "api-health", "static-file", "deep-link")  # the first that showed one counts
LEAST_LEFT = timedelta(days=7)
LETS_ENCRYPT, STAGING_MARK = "Let's Encrypt", "(STAGING)"
DEFAULT = "TRAEFIK DEFAULT CERT"
UNKNOWN = "unable to get local issuer certificate"  # OpenSSL's words for an authority that is not known here
SIGNERS = {
    "local": "this checkout's own authority",
    "staging": "Let's Encrypt's staging directory",
    "production": "Let's Encrypt's production directory",
    "private": "the private ACME server",
    "files": "the authority of the operator's own files",
}


def certificate(seen: Observations, site: Site) -> Iterator[Check]:
    """Judge names, dates and issuer; that the chain leads to the right authority, the connection itself has shown."""
    answers = [answer_of(seen, name) for name in ROUTES]
    answer = next((one for one in answers if one.certificate), answers[0])
    shown = answer.certificate
    yield check(
        "certificate",
        f"The certificate is good, and from {SIGNERS[site.issuer]}",
        _faults(shown, site, seen, seen.at) if shown and seen.at else [_why_none(answer)],
        detail=f"for {', '.join(shown.names)}, by {shown.issuer}, until {shown.not_after:%Y-%m-%d %H:%M}"
        if shown
        else "",
        seconds=answer.seconds,
        hint=_hint(answer, site),
    )


def _hint(answer: Answer, site: Site) -> str:
    if UNKNOWN in answer.error and not site.ca_file:
        return "set ACME_ROOT_PATH in .env to the authority's certificate (PEM)"
    return site.word("deploy") if answer.certificate and site.issuer in {"local", "files"} else site.logs("traefik")


def issuer_of(*, use_tls: str, ca_server: str, is_production: bool) -> Issuer:
    """Return who signs, from USE_TLS and ACME_CA_SERVER of a droplet, and whether the production directory is asked."""
    if use_tls == "files":
        return "files"
    if is_production:
        return "production"
    return "staging" if (urlsplit(ca_server).hostname or "").endswith(".letsencrypt.org") else "private"


def _faults(shown: Certificate, site: Site, seen: Observations, now: datetime) -> list[str]:
    names = f"*.{site.domain.partition('.')[2]}", site.domain
    faults = [] if set(names) & set(shown.names) else [f"it is for {', '.join(shown.names)}, not for {site.domain}"]
    return [*faults, _date_fault(shown, now), _issuer_fault(shown, site.issuer, is_trusted=seen.is_trusted)]


def _date_fault(shown: Certificate, now: datetime) -> str:
    left, lifetime = shown.not_after - now, shown.not_after - shown.not_before
    if now < shown.not_before:
        return f"it is valid from {shown.not_before:%Y-%m-%d %H:%M} on only"
    if left <= timedelta(0):
        return f"it ended on {shown.not_after:%Y-%m-%d %H:%M}"
    if left < LEAST_LEFT < lifetime:
        return f"it ends on {shown.not_after:%Y-%m-%d %H:%M}, and was not renewed"
    return ""


def _issuer_fault(shown: Certificate, issuer: Issuer, *, is_trusted: bool) -> str:
    is_staging = STAGING_MARK in shown.issuer
    if DEFAULT in shown.subject + shown.issuer:
        return "Traefik made it up itself, because it has no other"
    if issuer == "production":
        return f"it is issued by {shown.issuer}, of the staging directory" if is_staging else ""
    if issuer != "files" and LETS_ENCRYPT in shown.issuer and not is_staging:
        return f"it is issued by {shown.issuer}, Let's Encrypt's production directory"
    if issuer in {"staging", "private"} and is_trusted:
        return f"it is issued by {shown.issuer}, whom browsers trust, and ACME_DIRECTORY=production is not asked for"
    return f"it is issued by {shown.issuer}" if issuer == "staging" and not is_staging else ""


def _why_none(answer: Answer) -> str:
    return answer.error or "no answer came over HTTPS"
