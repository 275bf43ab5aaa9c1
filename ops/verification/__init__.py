"""Does what runs keep its promises? Observe, check, and say so; nothing on the host is changed."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from ops.verification.checks import RULES, Check, answer_of, artifacts_complete, check, evaluate, failed
from ops.verification.checks.certificate import issuer_of
from ops.verification.observations import (
    LIMIT_S,
    Answer,
    Certificate,
    Observations,
    ObservedHost,
    Ran,
    ServiceState,
    Site,
)
from ops.verification.priority import stepping_back
from ops.verification.reorder_certificate import await_certificate
from ops.verification.shown_certificate import covers
from ops.verification.verdict import conclusion, why_partial

if TYPE_CHECKING:
    from ops.verification.http import Prober

__all__ = [
    "RULES",
    "Answer",
    "Certificate",
    "Check",
    "Observations",
    "ObservedHost",
    "Ran",
    "ServiceState",
    "Site",
    "answer_of",
    "artifacts_complete",
    "await_certificate",
    "check",
    "collect_observations",
    "conclusion",
    "covers",
    "evaluate",
    "failed",
    "issuer_of",
    "prober",
    "stepping_back",
    "why_partial",
]


def collect_observations(host: ObservedHost, site: Site, *, with_migrations: bool) -> Observations:
    """Look at everything once; never raises for what it finds.

    `with_migrations` asks Django which migrations are applied, for a run whose own migrate job did not tell.
    """
    from ops.verification import collect  # noqa: PLC0415 - httpx takes long to come, and the engine need not wait for it

    return collect.collect_observations(host, site, with_migrations=with_migrations)


def prober(
    *, address: str, ca_file: str = "", limit_s: float = LIMIT_S, staging: bool = False
) -> AbstractContextManager[Prober]:
    """Return what asks one address for any name."""
    from ops.verification import http  # noqa: PLC0415 - the same

    return http.prober(address=address, ca_file=ca_file, limit_s=limit_s, staging=staging)
