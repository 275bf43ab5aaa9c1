"""Whether the run succeeded, failed, or cannot be told from here.

Pure. Nothing unseen is ever success: what could not be looked at makes a run `partial` when all the rest holds, and
when the release has been seen at all, from here or by its own host.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from ops.verification.checks.check import Check, failed
from ops.verification.observations import Observations, Site

Conclusion = Literal["success", "partial", "failed"]
# Judged by what the engine says of its host; a set of files that lacks only these is not the release's fault.
OF_THE_HOST = frozenset({"services-healthy", "published-ports", "staging-resolver", "artifacts-complete"})
OF_COMMANDS = frozenset({"celery-ping", "task-from-django", "django-check-deploy", "schema-compat-check"})
ALWAYS_KNOWN = frozenset({"no-secret", "ports-from-outside"})  # found is found, whatever else could not be seen


def conclusion(checks: Iterable[Check], seen: Observations, site: Site) -> Conclusion:
    """Conclude from the checks: all hold, or those that fail could not be looked at (A-07), or something is wrong."""
    broken = {one.id for one in failed(checks)}
    if not broken:
        return "success"
    if site.loopback_only:  # there is no network in between that could be to blame
        return "failed"
    here, host = is_reached(seen, site), "host" not in seen.problems
    if not (here or host):
        return "failed"
    unknown = {one for one in broken if _is_unknown(one, seen, here=here, host=host)}
    return "failed" if broken - unknown else "partial"


def why_partial(seen: Observations, site: Site) -> str:
    """Say what could not be looked at, for the warning of a run that is `partial`."""
    if not is_reached(seen, site):
        where = f"{site.address or site.domain} answers neither on {site.https_port} nor on {site.http_port}"
        return f"the release runs and its host says that it is healthy, but from here {where}: a network may block it"
    why = seen.problems.get("host") or next((ran.error for ran in seen.commands.values() if ran.error), "no answer")
    return f"the site answers, but its host could not be asked ({why})"


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
