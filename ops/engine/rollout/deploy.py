"""What happens in a deploy, in order?

    recover → plan → build → compare → (certificate) → data → migrate → start new beside old → gate → worker and beat
            → edge → switch → watch → commit → settle → drain old → stop old → prune

Before the commit any error, any cancel, and a new release that is not well bring the old one back, which still runs;
after it the run goes forward only. Worker and beat are replaced before any visitor gets to a new web process, an edge
that comes up anew sends them there too: so a failing one is still undone, and no new web process sends a task that an
old worker would not know. A release that comes back is the older one: there the web processes go first.
"""

from __future__ import annotations

import dataclasses
import functools

from ops.engine.errors import EngineError, RefusedError
from ops.engine.model import Release
from ops.engine.rollout import serving, steps
from ops.engine.rollout.certificates import try_order
from ops.engine.rollout.comparison import compare
from ops.engine.rollout.context import Engine, Goal, Order
from ops.engine.rollout.jobs import due_dry_run
from ops.engine.rollout.journal_events import Result, as_engine_error, finish, run_step, tell_plan
from ops.engine.rollout.networks import in_place, refuse_other_volumes
from ops.engine.rollout.no_return import add_what_stays, refuse_return
from ops.engine.rollout.plan import changed_services, make_plan, refuse_interruption
from ops.engine.rollout.recovery import recover, undo
from ops.engine.rollout.watch import watch


def deploy(engine: Engine, release: Release, order: Order | None = None) -> Result:
    """Bring a release up beside the live one, switch to it and take the old one away, or undo all of it."""
    order, changed = order or Order(), list[str]()
    try:
        live, kept, state = engine.store.live(), engine.store.kept_releases(), engine.store.read()
    except EngineError as error:
        return finish(engine, "failed", changed=changed, error=error)
    wanted = release.with_counts(state.scale if order.scale is None else order.scale)
    wanted = wanted if order.is_return else in_place(wanted, live)
    goal, was_watched = Goal(release=wanted, others=(wanted, *kept), order=order), False
    try:
        run_step(engine, "recover", lambda: recover(engine, live, known=goal.others))
        changed = run_step(engine, "plan", lambda: _plan(engine, goal, live))
        if changed or order.is_return:
            was_watched = _bring_up(engine, goal, live)
    except RefusedError as refused:
        return finish(engine, "failed", changed=[], error=refused)
    except Exception as error:  # noqa: BLE001 - whatever went wrong, the old release has to serve
        return _give_up(engine.shielded(), live, known=goal.others, changed=changed, error=as_engine_error(error))
    return _clean_up(engine.shielded(), goal, changed, was_watched=was_watched)


def _plan(engine: Engine, goal: Goal, live: Release | None) -> list[str]:
    state, observed, order = engine.store.read(), engine.runtime.observe(), goal.order
    changes = make_plan(goal.release, live=live, state=state, observed=observed, is_return=order.is_return)
    tell_plan(engine.journal, changes, live=live)
    refuse_other_volumes(goal.release, live)
    if not order.allow_interruption:
        refuse_interruption(changes)
    if order.is_return:
        refuse_return(engine, goal.release, live)
    changed = changed_services(changes)
    if not changed and order.scale is not None:  # as many run as are asked for, and it stays so from now on
        engine.store.write(dataclasses.replace(state, scale=dict(order.scale)))
    return changed


def _bring_up(engine: Engine, goal: Goal, live: Release | None) -> bool:
    """Make the goal the live release; tell whether it was watched while the old one had no visitors of its own."""
    engine.store.save_release(goal.release)
    run_step(engine, "build", lambda: steps.build(engine, goal))
    if live and goal.order.comparison:
        run_step(engine, "compare", lambda: compare(engine, goal.order.comparison))
    if dry_run := due_dry_run(engine, goal):
        run_step(engine, "certificate", lambda: try_order(engine, dry_run))
    run_step(engine, "data", lambda: steps.data(engine, goal))
    run_step(engine, "migrate", lambda: steps.migrate(engine, goal))
    started = run_step(engine, "start", lambda: steps.start(engine, goal))
    run_step(engine, "gate", lambda: steps.gate(engine, started))
    replaced = [] if goal.order.is_return else run_step(engine, "replace", lambda: steps.background(engine, goal))
    edges = run_step(engine, "edge", lambda: steps.edge(engine, goal, beside_old=goal.release.watch_s > 0))
    serving.refuse_gaps(engine, goal)
    run_step(engine, "switch", lambda: steps.switch(engine, goal, beside_old=goal.release.watch_s > 0))
    if goal.order.is_return:  # visitors come first: a worker may take its time to finish what it does
        replaced = run_step(engine, "replace", lambda: steps.background(engine, goal))
    fresh = [*started, *(edges if engine.runtime.doors else ()), *replaced] if live else []
    was_watched = run_step(engine, "watch", lambda: watch(engine, goal, fresh))
    steps.commit(engine, goal)
    return was_watched


def _clean_up(engine: Engine, goal: Goal, changed: list[str], *, was_watched: bool) -> Result:
    first, may_stop = None, True
    after = {
        "settle": steps.settle,
        "refresh": steps.refresh,
        "drain": functools.partial(steps.drain, settle_s=0.0) if was_watched else steps.drain,
        "stop": steps.stop,
        "prune": steps.prune,
    }
    for name, step in after.items() if changed or steps.has_leftovers(engine, goal) else ():
        if not may_stop and name != "refresh":
            continue  # an old replica that may still have visitors goes on running: the next run stops it
        try:
            run_step(engine, name, lambda step=step: step(engine, goal))  # type: ignore[misc]
        except Exception as error:  # noqa: BLE001 - the release is live, whatever is left to do
            first, may_stop = first or as_engine_error(error), may_stop and name == "refresh"
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
    add_what_stays(engine, live, error)
    return finish(engine, "rolled_back" if live else "failed", changed=changed, error=error)
