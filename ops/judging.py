"""Does what runs now keep its promises, and what does the run conclude from it?"""

from __future__ import annotations

import contextlib

from ops.errors import VerificationError
from ops.runs import QUIET, Run, changes_from, failure_of
from ops.targets import Target
from ops.verification import await_certificate, stepping_back
from ops.verify import conclusion, verify, why_partial

CERTIFICATE = "certificate"  # the check that tells whether the site shows the right one


def has_changed(current: Run) -> bool:
    """Tell whether the run planned to change anything."""
    return any(change.action not in QUIET for change in changes_from(current.events))


def judge_release(current: Run, target: Target) -> None:
    """Look at what the engine has just released; raises VerificationError when a check fails."""
    current.is_released = True
    is_new = has_changed(current)
    if is_new:
        await_certificate(target.host, target.site, say=current.say)
    judge(current, target, may_order=not is_new)


def judge(current: Run, target: Target, *, may_order: bool = False) -> None:
    """Look and judge; `may_order` has a certificate ordered that nobody waited for, and looks again."""
    with current.step("verify"):
        look(current, target)
        lacks = may_order and any(one.id == CERTIFICATE and not one.ok for one in current.checks)
        if lacks and await_certificate(target.host, target.site, say=current.say):
            look(current, target)
        concluded = conclusion(current.checks, current.seen, target.site)
        if concluded == "partial" and current.is_released:
            current.outcome = "partial"
            current.warn(why_partial(current.seen, target.site))
            return
        failure = failure_of(current.checks)
        if failure:
            raise VerificationError(failure.what, why=failure.why, fix=failure.fix)


def look(current: Run, target: Target) -> None:
    """Gather the evidence of what runs, and check it."""
    with stepping_back() if target.site.loopback_only else contextlib.nullcontext():
        verified = verify(target.host, target.site, current.folder, checkout=target.root, events=current.events)
    current.checks, current.seen = verified.checks, verified.seen
