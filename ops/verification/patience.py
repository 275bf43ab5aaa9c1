"""What is worth another look, and what is waited for before it.

Pure. A failure is what failed in two looks one after the other, the second with longer limits: an answer that was late,
a replica that starts, a host that restarts are none.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import Literal

from ops.verification.checks.check import Check, failed, slow
from ops.verification.observations import Observations, ServiceState, Site
from ops.verification.verdict import conclusion, is_unseen

Waits = Literal["", "replicas", "host"]
WAIT_S: dict[Waits, float] = {"": 0.0, "replicas": 90.0, "host": 180.0}  # how long each is waited for, in all
MOST_LOOKS = 6
YOUNG_S = 90.0  # a replica may take so long until it is well
FRESH_HOST_S = 180.0  # and a host that was restarted, until all of them run again


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """Why a look does not stand yet, and what is waited for before the next one."""

    why: str
    waits_for: Waits = ""


def doubt_about(
    checks: Iterable[Check],
    seen: Observations,
    site: Site,
    *,
    failed_before: frozenset[str] | None,
    is_first: bool = False,
    waited_out: Container[Waits] = (),
) -> Doubt | None:
    """Return why it has to be looked again; None when what was seen stands.

    `failed_before` are the checks that failed in the look before this one, None when there was none that counts;
    `waited_out` is what was waited for long enough.
    """
    known = tuple(checks)
    broken = frozenset(one.id for one in failed(known))
    if not broken:
        late = slow(known) if is_first else ()
        return Doubt(why=f"{_ids(one.id for one in late)} took long: asking again, with more time") if late else None
    wait = _what_comes_by_itself(seen, site)
    if wait and wait.waits_for not in waited_out:
        return wait
    is_cut = "host" in seen.problems
    if conclusion(known, seen, site) == "partial" and not is_cut:
        return None  # a network between here and there does not go away by asking
    if failed_before is not None and broken <= failed_before:
        return None
    return Doubt(why=f"{_ids(sorted(broken))} failed: asking again, with more time")


def _what_comes_by_itself(seen: Observations, site: Site) -> Doubt | None:
    """Return what need only be waited for: a host that restarts, replicas that start."""
    if is_unseen(seen, site):
        return Doubt(why="neither the site nor its host answers: it may be restarting", waits_for="host")
    starting = [one for one in seen.services if is_starting(one, seen)]
    if not starting:
        return None
    return Doubt(why=f"still starting: {_ids(one.replica for one in starting)}", waits_for="replicas")


def is_starting(one: ServiceState, seen: Observations) -> bool:
    """Tell whether a replica that is not well may be so soon."""
    if one.healthy:
        return False
    if one.state == "starting" or seen.host_uptime < FRESH_HOST_S:
        return True
    age_s = seen.host_time - one.started_at
    return one.state == "running" and bool(one.started_at) and age_s < YOUNG_S


def _ids(names: Iterable[str]) -> str:
    known = tuple(names)
    more = f" and {len(known) - 3} more" if len(known) > 3 else ""  # noqa: PLR2004 - as many as one line takes
    return ", ".join(f"`{name}`" for name in known[:3]) + more
