"""Does what runs keep its promises? Observe, check, and say so; nothing on the host is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ops.verification.checks import RULES, Check, answer_of, artifacts_complete, check, evaluate, failed
from ops.verification.checks.certificate import issuer_of
from ops.verification.observations import Answer, Certificate, Observations, ObservedHost, Ran, ServiceState, Site
from ops.verification.priority import stepping_back
from ops.verification.reorder_certificate import await_certificate
from ops.verification.verdict import conclusion, why_partial

if TYPE_CHECKING:
    from ops.verification.collect import collect_observations
    from ops.verification.http import prober

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
    "evaluate",
    "failed",
    "issuer_of",
    "prober",
    "stepping_back",
    "why_partial",
]


def __getattr__(name: str) -> Any:
    """Load what asks over HTTP on first use: httpx takes long to come, and the engine need not wait for it."""
    if name == "collect_observations":
        from ops.verification.collect import collect_observations  # noqa: PLC0415 - see above

        return collect_observations
    if name == "prober":
        from ops.verification.http import prober  # noqa: PLC0415 - see above

        return prober
    raise AttributeError(name)
