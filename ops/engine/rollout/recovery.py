"""The way back to the live release, after a crash or a failed deploy."""

from __future__ import annotations

from ops.engine import service_roles
from ops.engine.errors import CancelledError, EngineError
from ops.engine.model import Release, Replica
from ops.engine.rollout import serving, steps
from ops.engine.rollout.context import Engine, Goal
from ops.engine.rollout.replicas import stop_replicas
from ops.engine.rollout.routes import render_routes


def recover(engine: Engine, live: Release | None, *, known: tuple[Release, ...]) -> bool:
    """Remove what an interrupted run left: routes first, then replicas that the live release does not ask for."""
    engine.runtime.prepare()
    observed = engine.runtime.observe()
    if live is None:
        return _stop_everything(engine, known, step="recover")
    goal = Goal(release=live, others=known)
    stand_ins = serving.find_stand_ins(engine, live)
    is_restored = _restore_routes(engine, goal, stand_ins)
    needed = {replica.name for replica in stand_ins} if is_restored else _routed_names(observed, (live, *known))
    orphans = [replica for replica in service_roles.obsolete(observed, live) if replica.name not in needed]
    if orphans:
        engine.say("recover")(f"an interrupted run left {', '.join(sorted(r.name for r in orphans))}")
        steps.drain(engine, goal)
        stop_replicas(engine, goal, orphans, step="recover")
    return bool(orphans)


def undo(engine: Engine, live: Release | None, *, known: tuple[Release, ...]) -> bool:
    """Bring everything back to the live release; without one, stop all that was started."""
    if live is None:
        _stop_everything(engine, known, step="undo")
        return True
    goal = Goal(release=live, others=known)
    steps.data(engine, goal)
    steps.gate(engine, steps.start(engine, goal))
    steps.edge(engine, goal, beside_old=False)
    steps.switch(engine, goal, beside_old=False)
    steps.drain(engine, goal)
    steps.stop(engine, goal)
    steps.background(engine, goal)
    steps.refresh(engine, goal)
    return True


def _stop_everything(engine: Engine, known: tuple[Release, ...], *, step: str) -> bool:
    observed = engine.runtime.observe()
    for group in service_roles.stopping_order(observed, known):
        stop_replicas(engine, Goal(release=known[0], others=known[1:]), group, step=step)
    return bool(observed)


def _routed_names(observed: service_roles.Replicas, releases: tuple[Release, ...]) -> set[str]:
    routed = {service.name for release in releases for service in release.services if service.route}
    return {replica.name for replica in observed if replica.service in routed}


def _restore_routes(engine: Engine, goal: Goal, stand_ins: list[Replica]) -> bool:
    """Route to the live release and the stand-ins, and tell whether nobody is sent elsewhere any more."""
    live = goal.release
    if serving.is_edge_answering(engine, live):
        serving.prove(engine, goal, step="recover")
        try:
            serving.route_to(engine, live, serving.servers_for(engine, live, stand_ins=stand_ins))
        except CancelledError:
            raise
        except EngineError as error:  # it is served as well as it can be, and the deploy to come may put it right
            engine.say("recover")(f"the routes of the live release: {error.why}")
            return False
    else:  # nobody is served, so nothing has to be confirmed
        engine.runtime.write_routes(render_routes(live, serving.servers_for(engine, live)))
    return True
