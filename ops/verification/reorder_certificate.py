"""Waits for the site's certificate, and has it ordered again.

Traefik orders a certificate when its routes change, and never again when that order failed: a name that was a few
seconds late in DNS would leave the site without one. So after a release somebody has to look, and ask again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from ops.errors import OpsError
from ops.verification.observations import Site

if TYPE_CHECKING:
    from ops.verification.http import Prober

PATIENCE_S = 90.0
ORDER_EVERY_S = 15.0
LOOK_EVERY_S = 0.5
ORDERED = {"staging", "production", "private"}  # by ACME; files are just there
TRUSTED_EVERY_S = 60.0  # a failed order at the production directory counts: five in an hour, and it takes no more


class Host(Protocol):
    """Where Traefik runs."""

    def engine(self, verb: str, *words: str) -> Any:
        """Run an engine command; raises OpsError."""


def await_certificate(
    host: Host,
    site: Site,
    *,
    say: Callable[[str], None],
    patience_s: float = PATIENCE_S,
    every_s: float = ORDER_EVERY_S,
) -> bool:
    """Wait until the site shows a certificate that holds, ordering it again meanwhile; tell whether it came.

    Gives up at once on a site that cannot be reached from here at all: what it shows is then for nobody to see.
    """
    if site.issuer not in ORDERED:
        return True
    from ops.verification.http import prober  # noqa: PLC0415 - httpx takes long to come, and the engine need not wait for it

    began = last_order = time.monotonic()
    with prober(address=site.address, ca_file=site.ca_file, staging=site.is_untrusted_staging) as asking:
        while not _is_shown(asking, site):
            if not _is_reachable(asking, site) or time.monotonic() - began > patience_s:
                return False
            if last_order == began:
                say("waiting for the certificate")
            if time.monotonic() - last_order > (every_s if site.issuer != "production" else TRUSTED_EVERY_S):
                last_order = time.monotonic()
                _order(host, say)
            time.sleep(LOOK_EVERY_S)  # between two looks; the deadline is above
    return True


def _is_shown(asking: Prober, site: Site) -> bool:
    return not asking.get(f"{site.https}/").error


def _is_reachable(asking: Prober, site: Site) -> bool:
    return not asking.ask("GET", f"{site.https}/", any_certificate=True).error


def _order(host: Host, say: Callable[[str], None]) -> None:
    say("ordering the certificate again")
    try:
        host.engine("order-certificate")
    except OpsError as error:
        say(f"{error.what}: {error.why}")
