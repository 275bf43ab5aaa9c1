"""The address that the operator has, as the cloud sees it."""

from __future__ import annotations

import ipaddress

from ops.redact import first_words
from ops.settings import Settings
from ops.verification import prober

LIMIT_S = 5.0
FLAG = "--allow ADDRESS"
_OK = 200


def operator_address(settings: Settings) -> tuple[str, str]:
    """Return (address, warning): OPERATOR_ADDRESS, or what ADDRESS_LOOKUP_URL answers; one of the two is empty."""
    stated = settings.OPERATOR_ADDRESS
    if stated:
        return stated, ""
    url = settings.ADDRESS_LOOKUP_URL
    with prober(address="", limit_s=LIMIT_S) as asked:
        answer = asked.get(url)
    if answer.error or answer.status != _OK:
        return "", _warning(url, answer.error or f"it answered {answer.status}")
    said = answer.body_head.strip()
    try:
        address = ipaddress.ip_address(said)
    except ValueError:
        return "", _warning(url, f"its answer is no IP address: `{first_words(said, 40)}`")
    if address.is_unspecified or address.is_multicast:
        return "", _warning(url, f"its answer is nobody's address: `{address}`")
    return str(address), ""


def _warning(url: str, wrong: str) -> str:
    return (
        f"your public address could not be found out ({url}: {wrong}), so the SSH allowlist is left as it is;"
        f" pass {FLAG}, or set OPERATOR_ADDRESS in .env"
    )
