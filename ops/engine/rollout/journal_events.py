"""What a run writes of itself into the journal. Every step, its outcome and the end of the run are in the journal."""

from __future__ import annotations

import errno
import traceback
from collections.abc import Callable
from typing import Any, Literal, TypeVar

from ops import screen
from ops.engine.errors import EngineError
from ops.engine.host.journal import Journal
from ops.engine.model import Release
from ops.engine.rollout.context import Engine
from ops.engine.rollout.plan import Change

T = TypeVar("T")
Outcome = Literal["success", "rolled_back", "failed"]
Result = tuple[Outcome, EngineError | None]


def run_step(engine: Engine, name: str, action: Callable[[], T]) -> T:
    """Do one step between its two journal entries; an action that returns something empty had nothing to do."""
    engine.waiter.check()
    began = engine.waiter.now()
    engine.journal.write("step_started", step=name)
    try:
        result = action()
    except Exception:
        _end_step(engine, name, "failed", began)
        raise
    _end_step(engine, name, "ok" if result else "skipped", began)
    return result


def tell_plan(journal: Journal, changes: tuple[Change, ...], *, live: Release | None) -> None:
    """Put a plan in the journal, with the release that is live until then."""
    journal.write("plan", changes=[change.as_json() for change in changes], live=live.id if live else None)


def finish(engine: Engine, outcome: Outcome, *, changed: list[str], error: EngineError | None = None) -> Result:
    """End the run in the journal."""
    engine.journal.forgive()
    engine.journal.write("run_finished", outcome=outcome, changed=changed, error=error_as_json(error))
    return outcome, error


def error_as_json(error: EngineError | None) -> dict[str, Any] | None:
    """Return what an operator is told about an error."""
    return {key: getattr(error, key) for key in ("what", "why", "fix", "family")} if error else None


def as_engine_error(error: Exception) -> EngineError:
    """Translate whatever stopped a run into what, why and fix; an unforeseen one leaves its trace on stderr."""
    if isinstance(error, EngineError):
        return error
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        why = f"no space is left on the disk of the host: {error}"
        return EngineError("the disk is full", why=why, fix="free some space there, then invoke deploy", family="host")
    screen.talk("".join(traceback.format_exception(error)))
    why = f"{type(error).__name__}: {error}"
    family = "host" if isinstance(error, OSError) else "release"
    return EngineError("the engine met an error it did not foresee", why=why, fix="invoke deploy", family=family)


def _end_step(engine: Engine, name: str, outcome: str, began: float) -> None:
    engine.journal.write("step_finished", step=name, outcome=outcome, seconds=round(engine.waiter.now() - began, 3))
