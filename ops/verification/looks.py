"""Looks at a stack until what was seen stands: again at what was late, and after what starts or restarts."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ops.errors import OpsError
from ops.verification.checks.check import Check, failed
from ops.verification.observations import LIMIT_S, PATIENCE_S, Burst, Observations, ObservedHost, Site
from ops.verification.patience import MOST_LOOKS, WAIT_S, Doubt, Waits, doubt_about

BETWEEN_S = 1.0
EVERY_S = 2.0
TOLD_EVERY_S = 15.0


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What a look has found: the checks, and what they were judged by."""

    checks: tuple[Check, ...]
    seen: Observations


class Look(Protocol):
    """Look once, each question for so long; `burst` is one that was made already."""

    def __call__(self, *, limit_s: float, burst: Burst | None) -> Verified:
        """Return what was found."""


def look_until_it_stands(
    look: Look,
    host: ObservedHost,
    site: Site,
    *,
    say: Callable[[str], None],
    most_wait_s: float = max(WAIT_S.values()),
) -> Verified:
    """Look until nothing is in doubt, some looks at most; `most_wait_s` is for what starts or restarts, in all."""
    failed_before: frozenset[str] | None = None
    burst: Burst | None = None
    left_s = {name: min(one, most_wait_s) for name, one in WAIT_S.items()}
    for number in range(1, MOST_LOOKS + 1):
        found = look(limit_s=LIMIT_S if number == 1 else PATIENCE_S, burst=burst)
        waited_out: set[Waits] = {name for name, seconds in left_s.items() if seconds <= 0}
        doubt = doubt_about(
            *(found.checks, found.seen, site),
            failed_before=failed_before,
            is_first=number == 1,
            waited_out=waited_out,
        )
        if doubt is None or number == MOST_LOOKS:
            break
        say(doubt.why)
        left_s[doubt.waits_for] -= _wait(doubt, host, limit_s=left_s[doubt.waits_for], say=say)
        # What failed while something was away or not yet there has not failed.
        failed_before = None if doubt.waits_for else frozenset(one.id for one in failed(found.checks))
        burst = found.seen.burst if found.seen.burst.refused and not found.seen.burst.others else None
    return found


def _wait(doubt: Doubt, host: ObservedHost, *, limit_s: float, say: Callable[[str], None]) -> float:
    """Wait until what is waited for is there, or the time is over, and return how long that was."""
    began = told = time.monotonic()
    time.sleep(BETWEEN_S)  # between two looks
    while doubt.waits_for and time.monotonic() - began < limit_s and not _is_up(host, doubt.waits_for):
        if time.monotonic() - told > TOLD_EVERY_S:
            told = time.monotonic()
            say(f"{doubt.why}, for {told - began:.0f} s; waiting for {limit_s:.0f} s at most")
        time.sleep(EVERY_S)  # between two questions; the limit is above
    return time.monotonic() - began


def _is_up(host: ObservedHost, waits_for: Waits) -> bool:
    try:
        rows = host.engine("status")["services"]
    except (OpsError, KeyError, TypeError):
        return False
    return waits_for == "host" or all(row["healthy"] for row in rows)
