"""Which promises are checked? Each check is a pure function of what was observed."""

from __future__ import annotations

from ops.verification.checks import certificate, ports, stack, web
from ops.verification.checks.check import Check, answer_of, artifacts_complete, check, evaluate, failed, slow

__all__ = ["RULES", "Check", "answer_of", "artifacts_complete", "check", "evaluate", "failed", "slow"]

RULES = (  # the first one that fails is what the operator is told: what explains the others goes before them
    certificate.certificate,
    web.pages,
    web.health,
    web.redirect,
    web.security_headers,
    ports.ports,
    stack.services,
    stack.resolver,
    web.rate_limit,
    web.private,
    web.graphql,
    stack.django,
    stack.celery,
)
