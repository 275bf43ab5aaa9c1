"""A check: what was seen held against what the requirements promise.

Pure: observations in, checks out. A-14 line by line. A check that took longer than `LIMIT_S` is `slow`, and one that
took longer than `PATIENCE_S` has failed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ops.environments import addressed
from ops.verification.observations import LIMIT_S, PATIENCE_S, Answer, Observations, Site


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that had to hold: `detail` is the fact that was seen, `hint` the command to type when it does not.

    One that holds may be `slow`: nothing is wrong but the time that it took.
    """

    id: str
    title: str
    ok: bool
    detail: str
    seconds: float = 0.0
    hint: str = ""
    slow: bool = False


Rule = Callable[[Observations, Site], Iterable[Check]]


def evaluate(seen: Observations, site: Site, rules: Iterable[Rule]) -> tuple[Check, ...]:
    """Apply the rules in their order, and the time limits to every check."""
    return tuple(_in_time(check, site) for rule in rules for check in rule(seen, site))


def check(
    id: str,  # noqa: A002 - the name of the field that it fills
    title: str,
    faults: Iterable[str],
    *,
    detail: str,
    seconds: float = 0.0,
    hint: str = "",
) -> Check:
    """Make a check that holds when there are no faults; the faults are its detail otherwise."""
    found = [fault for fault in faults if fault]
    text = "; ".join(found) or detail
    return Check(id=id, title=title, ok=not found, detail=text, seconds=seconds, hint=addressed(hint) if found else "")


def answer_of(seen: Observations, route: str) -> Answer:
    """Return what a route answered, or an answer that says that nobody asked."""
    return seen.answers.get(route) or Answer(url=route, error="not asked")


def failed(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Return the checks that do not hold."""
    return tuple(one for one in checks if not one.ok)


def slow(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Return the checks that hold, but took long."""
    return tuple(one for one in checks if one.slow)


def artifacts_complete(missing: dict[str, str], site: Site, *, total: int) -> Check:
    """Judge the artifact folder: every name of A-11 is there, or it says why not."""
    return check(
        "artifacts-complete",
        "The artifact set is complete",
        (f"`{name}`: {why}" for name, why in sorted(missing.items())),
        detail=f"{total} files",
        hint=site.word("verify"),
    )


def _in_time(one: Check, site: Site) -> Check:
    if one.seconds <= LIMIT_S:
        return one
    if one.seconds <= PATIENCE_S:
        return dataclasses.replace(one, slow=one.ok)
    late = f"took {one.seconds:.1f} s, {PATIENCE_S:g} s is the limit"
    detail = late if one.ok else f"{one.detail}; {late}"
    return dataclasses.replace(one, ok=False, detail=detail, hint=one.hint or site.word("status"))
