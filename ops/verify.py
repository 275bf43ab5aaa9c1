"""Does the running stack keep its promises, and what proves it?

Gather, write down, judge. Nothing on the host is changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.runs import NAMES, RunFolder, evidence_of
from ops.verification import (
    RULES,
    Check,
    Observations,
    ObservedHost,
    Site,
    artifacts_complete,
    check,
    conclusion,
    evaluate,
    why_partial,
)

__all__ = ["RULES", "Verified", "conclusion", "judged", "note_unverified", "templates", "verify", "why_partial"]


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
    seen = _gather(host, site, with_migrations=not migrated)
    evidence = evidence_of(seen, templates=templates(checkout), events=journal)
    for name, text in evidence.texts.items():
        folder.write(name, text)
    for name, why in evidence.missing.items():
        folder.omit(name, why)
    return Verified(checks=(*evaluate(seen, site, RULES), *_folder_checks(folder, site)), seen=seen)


def judged(host: ObservedHost, site: Site) -> Verified:
    """Look at the stack and judge, with nothing written down."""
    seen = _gather(host, site, with_migrations=False)
    return Verified(checks=evaluate(seen, site, RULES), seen=seen)


def _gather(host: ObservedHost, site: Site, *, with_migrations: bool) -> Observations:
    from ops.verification import collect_observations  # noqa: PLC0415 - httpx takes long to come, and the engine need not wait for it

    return collect_observations(host, site, with_migrations=with_migrations)


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
