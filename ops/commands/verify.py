"""Does what runs now keep its promises, and what does the run conclude from it?"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.errors import VerificationError
from ops.runs import NAMES, QUIET, Run, RunFolder, changes_from, evidence_of, failure_of
from ops.targets import Target
from ops.verification import (
    RULES,
    Check,
    Observations,
    ObservedHost,
    Site,
    artifacts_complete,
    await_certificate,
    check,
    collect_observations,
    conclusion,
    evaluate,
    stepping_back,
    why_partial,
)

CERTIFICATE = "certificate"  # the check that tells whether the site shows the right one


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What a verification found, for the report."""

    checks: tuple[Check, ...]
    seen: Observations


def verify(
    host: ObservedHost, site: Site, folder: RunFolder, *, checkout: Path, events: Iterable[Mapping[str, Any]] = ()
) -> Verified:
    """Look at the stack, write the artifacts into the run's folder, and judge. `events` is the run's journal."""
    journal = tuple(events)
    migrated = any(event["event"] == "job" and event["name"] == "migrate" for event in journal)
    seen = folder.redacted(collect_observations(host, site, with_migrations=not migrated))
    evidence = evidence_of(seen, templates=templates(checkout), events=journal)
    for name, text in evidence.texts.items():
        folder.write(name, text)
    for name, why in evidence.missing.items():
        folder.omit(name, why)
    return Verified(checks=(*evaluate(seen, site, RULES), *_folder_checks(folder, site)), seen=seen)


def judged(host: ObservedHost, site: Site) -> Verified:
    """Look at the stack and judge, with nothing written down."""
    seen = collect_observations(host, site, with_migrations=False)
    return Verified(checks=evaluate(seen, site, RULES), seen=seen)


def note_unverified(folder: RunFolder, why: str, *, checkout: Path) -> None:
    """Write down what a run that ended before verification can still show, and why the rest is missing."""
    for name, text in templates(checkout).items():
        folder.write(name, text)
    for name in folder.absent():
        folder.omit(name, why)


def templates(checkout: Path) -> dict[str, str]:
    """Return Traefik's two templates of the checkout by their artifact names; what is not there is left out."""
    static = checkout / "traefik" / "traefik.yml.template"
    dynamic = sorted((checkout / "traefik" / "dynamic").glob("*.yml"))
    found = {"traefik-static.template.yml": static.read_text(encoding="utf-8")} if static.is_file() else {}
    if dynamic:
        joined = (f"# {path.name}\n{path.read_text(encoding='utf-8')}" for path in dynamic)
        found["traefik-dynamic.template.yml"] = "---\n".join(joined)
    return found


def _folder_checks(folder: RunFolder, site: Site) -> tuple[Check, Check]:
    leaked = folder.quarantine()
    no_secret = check(
        "no-secret",
        "No secret is in any artifact",
        (f"`{name}` held one and was removed" for name in leaked),
        detail="every file was scanned in every encoding",
        hint=site.word("deploy"),
    )
    return artifacts_complete(folder.absent(), site, total=len(NAMES)), no_secret


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
