"""Releases that cannot be gone back to: a migration was allowed that their code cannot live with.

Remembered on the host before that migration runs. Whoever puts the database back as it was can go back again: the check
of the live release then says that the migration is pending.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from ops.engine import service_roles
from ops.engine.errors import EngineError, RefusedError
from ops.engine.model import Release
from ops.engine.rollout.context import Engine
from ops.engine.rollout.database.migration import GUIDE, read_pending


def inherited(goal: Release, live: Release | None, barred: Mapping[str, dict[str, str]]) -> dict[str, str]:
    """Return what bars a release that only goes on with the code of a live one which is barred itself."""
    is_same_code = live is not None and _schema_code(goal) == _schema_code(live)
    return dict(barred.get(live.id, {})) if live and is_same_code else {}


def refuse_return(engine: Engine, goal: Release, live: Release | None) -> None:
    """Raise `RefusedError` (preflight) when the code of a release cannot live with the schema that is there."""
    state = engine.store.read()
    why = state.barred.get(goal.id)
    if not why:
        return
    if live and why.keys() <= _pending_of(engine, live):  # the database is as it was before them
        engine.store.write(dataclasses.replace(state, barred={k: v for k, v in state.barred.items() if k != goal.id}))
        return
    raise RefusedError(
        f"`{goal.id}` could not live with the schema, and nothing was changed",
        why=f"allowed with --allow-breaking-migration, and unknown to its code:\n  {told(why)}\n"
        "  Go forward: put it right in the code, and deploy that. Or put the database back as it was before, as"
        f" {GUIDE} shows, and then go back.",
        fix="invoke deploy",
        family="preflight",
    )


def add_what_stays(engine: Engine, live: Release | None, error: EngineError) -> None:
    """Tell of a release that was brought back because the next one failed: what was migrated is not undone."""
    why = engine.store.read().barred.get(live.id) if live else None
    if live and why:
        error.why = f"{error.why}; and `{live.id}`, which serves again, may fail on what was migrated:\n  {told(why)}"


def told(why: Mapping[str, str]) -> str:
    """Say which migrations did what."""
    return "\n  ".join(f"{migration} {what}" for migration, what in sorted(why.items()))


def _pending_of(engine: Engine, live: Release) -> set[str]:
    names: set[str] = set()
    for job in service_roles.jobs(live):
        if job.check:
            try:
                names |= set(read_pending(engine, job).pending)
            except EngineError as error:
                engine.say("plan")(f"{error.what}: {error.why}")
    return names


def _schema_code(release: Release) -> list[str]:
    return [job.image.id for job in service_roles.jobs(release) if job.touches == "schema"]
