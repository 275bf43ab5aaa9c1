"""Does what runs keep its promises? Observe, check, and say so; nothing on the host is changed."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from ops.verification.checks import RULES, Check, answer_of, artifacts_complete, check, evaluate, failed, slow
from ops.verification.checks.certificate import issuer_of
from ops.verification.looks import Verified, look_until_it_stands
from ops.verification.observations import (
    LIMIT_S,
    PATIENCE_S,
    Answer,
    Burst,
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
from ops.verification.verdict import (
    Verdict,
    conclusion,
    is_comparable,
    is_unseen,
    known_faults,
    verdict_on,
    why_partial,
)

if TYPE_CHECKING:
    from ops.verification.http import Prober

__all__ = [
    "LIMIT_S",
    "PATIENCE_S",
    "RULES",
    "Answer",
    "Burst",
    "Certificate",
    "Check",
    "Observations",
    "ObservedHost",
    "Ran",
    "ServiceState",
    "Site",
    "Verdict",
    "Verified",
    "answer_of",
    "artifacts_complete",
    "await_certificate",
    "check",
    "collect_observations",
    "conclusion",
    "covers",
    "evaluate",
    "failed",
    "is_comparable",
    "is_unseen",
    "issuer_of",
    "known_faults",
    "look_until_it_stands",
    "prober",
    "slow",
    "stepping_back",
    "verdict_on",
    "why_partial",
]


def collect_observations(
    host: ObservedHost, site: Site, *, with_migrations: bool, limit_s: float = LIMIT_S, burst: Burst | None = None
) -> Observations:
    """Look at everything once, each for so long; never raises for what it finds.

    `with_migrations` asks Django which migrations are applied, for a run whose own migrate job did not tell. `burst` is
    one that was made already, and is not made again.
    """
    from ops.verification import collect  # noqa: PLC0415 - httpx takes long to come, and the engine need not wait for it

    return collect.collect_observations(host, site, with_migrations=with_migrations, limit_s=limit_s, burst=burst)


def prober(
    *, address: str, ca_file: str = "", limit_s: float = LIMIT_S, staging: bool = False
) -> AbstractContextManager[Prober]:
    """Return what asks one address for any name."""
    from ops.verification import http  # noqa: PLC0415 - the same

    return http.prober(address=address, ca_file=ca_file, limit_s=limit_s, staging=staging)
