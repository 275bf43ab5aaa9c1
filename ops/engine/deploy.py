"""What happens in a deploy, in order?

    recover → plan → build → data → migrate → start new beside old → gate → edge → worker and beat
            → switch → commit → drain old → stop old → prune

Before the commit any error, and any cancel, brings the old release back; after it the run goes forward only.
Worker and beat are replaced before the switch: a failing one is still undone, and no new web process sends a task
that an old worker would not know.
"""

from __future__ import annotations

from ops.engine import steps
from ops.engine.context import Engine, Goal
from ops.engine.errors import EngineError
from ops.engine.model import Release
from ops.engine.narrate import Result, as_engine_error, finish, run_step, tell_plan
from ops.engine.plan import changed_services, make_plan
from ops.engine.recovery import recover, undo


def deploy(engine: Engine, release: Release) -> Result:
    """Bring a release up beside the live one, switch to it and take the old one away, or undo all of it."""
    changed: list[str] = []
    try:
        live, known = engine.store.live(), (release, *engine.store.kept_releases())
    except EngineError as error:
        return finish(engine, "failed", changed=changed, error=error)
    goal = Goal(release=release, others=known)
    try:
        run_step(engine, "recover", lambda: recover(engine, live, known=known))
        changed = run_step(engine, "plan", lambda: _plan(engine, release, live))
        if changed:
            _bring_up(engine, goal)
    except Exception as error:  # noqa: BLE001 - whatever went wrong, the old release has to serve
        return _give_up(engine.shielded(), live, known=known, changed=changed, error=as_engine_error(error))
    return _clean_up(engine.shielded(), goal, changed)


def _plan(engine: Engine, release: Release, live: Release | None) -> list[str]:
    observed = engine.runtime.observe()
    changes = make_plan(release, live=live, state=engine.store.read(), observed=observed)
    tell_plan(engine.journal, changes)
    return changed_services(changes)


def _bring_up(engine: Engine, goal: Goal) -> None:
    engine.store.save_release(goal.release)
    run_step(engine, "build", lambda: steps.build(engine, goal))
    run_step(engine, "data", lambda: steps.data(engine, goal))
    run_step(engine, "migrate", lambda: steps.migrate(engine, goal))
    started = run_step(engine, "start", lambda: steps.start(engine, goal))
    run_step(engine, "gate", lambda: steps.gate(engine, started))
    run_step(engine, "edge", lambda: steps.edge(engine, goal))
    run_step(engine, "replace", lambda: steps.background(engine, goal))
    run_step(engine, "switch", lambda: steps.switch(engine, goal, beside_old=True))
    steps.commit(engine, goal)


def _clean_up(engine: Engine, goal: Goal, changed: list[str]) -> Result:
    first: EngineError | None = None
    after = {"drain": steps.drain, "stop": steps.stop, "prune": steps.prune} if changed else {}
    for name, step in after.items():
        try:
            run_step(engine, name, lambda step=step: step(engine, goal))  # type: ignore[misc]
        except Exception as error:  # noqa: BLE001 - the release is live; the other steps are still worth doing
            first = first or as_engine_error(error)
    return finish(engine, "failed" if first else "success", changed=changed, error=first)


def _give_up(
    engine: Engine, live: Release | None, *, known: tuple[Release, ...], changed: list[str], error: EngineError
) -> Result:
    engine.say("undo")(error.what)
    try:
        run_step(engine, "undo", lambda: undo(engine, live, known=known))
    except Exception as second:  # noqa: BLE001 - the operator has to hear of both
        error.why = f"{error.why}; and the undo stopped: {as_engine_error(second).what}"
        error.fix = f"run the same command again: it finishes the undo; then {error.fix}"
        return finish(engine, "failed", changed=changed, error=error)
    return finish(engine, "rolled_back" if live else "failed", changed=changed, error=error)
