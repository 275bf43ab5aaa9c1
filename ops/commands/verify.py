"""Does what runs now keep its promises, and what does the run conclude from it?"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from ops.errors import VerificationError
from ops.runs import NAMES, Run, RunFolder, evidence_of, failure_of
from ops.targets import Target
from ops.verification import (
    LIMIT_S,
    PATIENCE_S,
    RULES,
    Burst,
    Check,
    ObservedHost,
    Site,
    Verified,
    artifacts_complete,
    await_certificate,
    check,
    collect_observations,
    conclusion,
    evaluate,
    is_unseen,
    look_until_it_stands,
    slow,
    stepping_back,
    why_partial,
)

CERTIFICATE = "certificate"  # the check that tells whether the site shows the right one


def verify(
    host: ObservedHost,
    site: Site,
    folder: RunFolder,
    *,
    checkout: Path,
    events: Iterable[Mapping[str, Any]] = (),
    limit_s: float = LIMIT_S,
    burst: Burst | None = None,
) -> Verified:
    """Look at the stack once, write the artifacts into the run's folder, and judge. `events` is the run's journal."""
    journal = tuple(events)
    migrated = any(event["event"] == "job" and event["name"] == "migrate" for event in journal)
    looked = collect_observations(host, site, with_migrations=not migrated, limit_s=limit_s, burst=burst)
    seen = folder.redacted(looked)
    evidence = evidence_of(seen, templates=templates(checkout), events=journal)
    for name, text in evidence.texts.items():
        folder.write(name, text)
    for name, why in evidence.missing.items():
        folder.omit(name, why)
    return Verified(checks=(*evaluate(seen, site, RULES), *_folder_checks(folder, site)), seen=seen)


def judged(host: ObservedHost, site: Site, *, say: Callable[[str], None], most_wait_s: float | None = None) -> Verified:
    """Look at the stack until what was seen stands, and judge, with nothing written down."""

    def look(*, limit_s: float, burst: Burst | None) -> Verified:
        seen = collect_observations(host, site, with_migrations=False, limit_s=limit_s, burst=burst)
        return Verified(checks=evaluate(seen, site, RULES), seen=seen)

    patience = {} if most_wait_s is None else {"most_wait_s": most_wait_s}
    return look_until_it_stands(look, host, site, say=say, **patience)


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


def judge_release(current: Run, target: Target) -> None:
    """Look at what the engine has just released; raises VerificationError when a check fails."""
    current.is_released = True
    is_new = current.has_released
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
        _warn_of_slow(current)
        if conclusion(current.checks, current.seen, target.site) == "partial":
            current.outcome = "partial"
            current.warn(why_partial(current.seen, target.site))
            return
        failure = failure_of(current.checks)
        if failure and is_unseen(current.seen, target.site):
            raise _unseen(current, target)
        if failure:
            raise VerificationError(failure.what, why=failure.why, fix=failure.fix)


def look(current: Run, target: Target) -> None:
    """Gather the evidence of what runs until it stands, and check it."""

    def once(*, limit_s: float, burst: Burst | None) -> Verified:
        told: dict[str, Any] = {"checkout": target.root, "events": current.events}
        return verify(target.host, target.site, current.folder, **told, limit_s=limit_s, burst=burst)

    with stepping_back() if target.site.loopback_only else contextlib.nullcontext():
        verified = look_until_it_stands(once, target.host, target.site, say=current.progress("verify"))
    current.checks, current.seen = verified.checks, verified.seen


def _unseen(current: Run, target: Target) -> VerificationError:
    released = "what was released was left as it is" if current.has_released else "nothing was changed"
    return VerificationError(
        "neither the site nor its host answers",
        why=f"{current.seen.problems['host']}; nothing can be told of what runs there, so {released}",
        fix=target.site.word("verify"),
    )


def _warn_of_slow(current: Run) -> None:
    late = [f"`{one.id}` {one.seconds:.1f} s" for one in slow(current.checks)]
    if late:
        limits = f"{LIMIT_S:g} s is expected, {PATIENCE_S:g} s the limit"
        current.warn(f"slow, asked twice: {', '.join(late)} ({limits}); host or network are busy")
