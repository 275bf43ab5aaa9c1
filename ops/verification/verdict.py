"""Whether the run succeeded, failed, or cannot be told from here; and whether what it released is to blame.

Pure. Nothing unseen is ever success: what could not be looked at makes a run `partial` when all the rest holds, and
when the release has been seen at all, from here or by its own host. A release is to blame for what fails now and did
not fail on the release before, asked the same just before anything was changed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from ops.verification.checks.check import Check, answer_of, failed
from ops.verification.observations import Observations, Site

Conclusion = Literal["success", "partial", "failed"]
# Judged by what the engine says of its host; a set of files that lacks only these is not the release's fault.
OF_THE_HOST = frozenset(
    {
        *("services-healthy", "published-ports", "staging-resolver", "artifacts-complete"),
        *("rate-limit", "headers-rate-limited"),
    }
)
OF_COMMANDS = frozenset({"celery-ping", "task-from-django", "django-check-deploy", "schema-compat-check"})
ALWAYS_KNOWN = frozenset({"no-secret", "ports-from-outside"})  # found is found, whatever else could not be seen
OF_THIS_SIDE = frozenset({"artifacts-complete", "no-secret"})  # of the files here: another release changes nothing
OF_SETTINGS = {"graphql": "graphql@file", "admin": "admin@file", "flower": "flower@file"}  # what each adds a router for


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What is to be done about checks that fail: `new` ones are this release's, `old` ones failed before it too."""

    undo: bool
    new: frozenset[str] = frozenset()
    old: frozenset[str] = frozenset()

    @property
    def lies_elsewhere(self) -> bool:
        """Tell whether all that fails failed before as well."""
        return bool(self.old) and not self.new


def verdict_on(
    checks: Iterable[Check], seen: Observations, site: Site, *, before: frozenset[str] | None, is_released: bool
) -> Verdict:
    """Say whether to undo what was released in this run, and what of it is to blame.

    `before` are the checks that failed on the release before, None when nobody could ask it the same.
    """
    known = known_faults(checks, seen, site) - OF_THIS_SIDE
    new = known - (before or frozenset())
    return Verdict(undo=is_released and bool(new), new=new, old=known - new)


def known_faults(checks: Iterable[Check], seen: Observations, site: Site) -> frozenset[str]:
    """Return the checks that fail and were really looked at."""
    broken = frozenset(one.id for one in failed(checks))
    if site.loopback_only:  # there is no network in between that could be to blame
        return broken
    here, host = is_reached(seen, site), "host" not in seen.problems
    return frozenset(one for one in broken if not _is_unknown(one, seen, here=here, host=host))


def conclusion(checks: Iterable[Check], seen: Observations, site: Site) -> Conclusion:
    """Conclude from the checks: all hold, or those that fail could not be looked at (A-07), or something is wrong."""
    known = tuple(checks)
    broken = frozenset(one.id for one in failed(known))
    if not broken:
        return "success"
    if site.loopback_only:
        return "failed"
    here, host = is_reached(seen, site), "host" not in seen.problems
    if not (here or host):
        return "failed"
    unknown = broken - known_faults(known, seen, site)
    return "failed" if broken - unknown else "partial"


def is_comparable(before: Observations, site: Site) -> bool:
    """Tell whether the release before was asked what it should answer, by what its Traefik served.

    Settings that changed with the release change the questions: another name, another port, GraphQL in public.
    """
    try:
        routers: dict[str, Any] = json.loads(answer_of(before, "rawdata").body_head)["routers"]
    except (ValueError, KeyError, TypeError):
        return True  # Traefik did not say; what it fails now it failed then
    wanted = {*site.exposed, *(["graphql"] if site.graphql else [])}
    is_same = all((router in routers) == (name in wanted) for name, router in OF_SETTINGS.items())
    ports = {one.port for one in before.listeners if one.owner == "traefik"}
    is_there = not ports or {site.https_port, site.http_port} <= ports
    return is_same and is_there and any(f"`{site.domain}`" in str(one.get("rule")) for one in routers.values())


def why_partial(seen: Observations, site: Site) -> str:
    """Say what could not be looked at, for the warning of a run that is `partial`."""
    if not is_reached(seen, site):
        where = f"{site.address or site.domain} answers neither on {site.https_port} nor on {site.http_port}"
        return f"the release runs and its host says that it is healthy, but from here {where}: a network may block it"
    why = seen.problems.get("host") or next((ran.error for ran in seen.commands.values() if ran.error), "no answer")
    return f"the site answers, but its host could not be asked ({why})"


def is_unseen(seen: Observations, site: Site) -> bool:
    """Tell whether neither the site takes connections from here, nor its host could be asked."""
    return not site.loopback_only and "host" in seen.problems and not is_reached(seen, site)


def is_reached(seen: Observations, site: Site) -> bool:
    """Tell whether the site takes connections from here; a refused certificate is an answer too."""
    web = {site.http_port, site.https_port}
    is_open = any(one.is_open for one in seen.outside if one.port in web)
    return is_open or any(answer.status for name, answer in seen.answers.items() if name != "rawdata")


def _is_unknown(check_id: str, seen: Observations, *, here: bool, host: bool) -> bool:
    if check_id in ALWAYS_KNOWN:
        return False
    if check_id in OF_COMMANDS:
        return bool(seen.commands[check_id].error) if check_id in seen.commands else not host
    if check_id in OF_THE_HOST:
        return not host
    return not here
