"""The way back to the live release, after a crash or a failed deploy."""

from __future__ import annotations

import dataclasses

from ops.engine import service_roles
from ops.engine.errors import CancelledError, EngineError
from ops.engine.model import Release, Replica
from ops.engine.rollout import serving, steps
from ops.engine.rollout.context import Engine, Goal
from ops.engine.rollout.gate import gate_all
from ops.engine.rollout.replicas import start_missing, stop_replicas
from ops.engine.rollout.routes import render_routes


def recover(engine: Engine, live: Release | None, *, known: tuple[Release, ...]) -> bool:
    """Remove what an interrupted run left: routes first, then replicas that the live release does not ask for."""
    engine.runtime.prepare()
    observed = engine.runtime.observe()
    if live is None:
        return _stop_everything(engine, known, step="recover")
    goal = Goal(release=live, others=known)
    _restore_data(engine, goal)
    if serving.is_edge_answering(engine, live):
        serving.prove(engine, goal, step="recover")  # one that does not pass is gone, and another may stand in for it
    stand_ins = serving.find_stand_ins(engine, live)
    is_restored = _restore_routes(engine, goal, stand_ins)
    needed = {replica.name for replica in stand_ins} if is_restored else _routed_names(observed, (live, *known))
    needed |= _databases(observed, live)
    needed |= _serving_edge(engine)
    needed |= {replica.name for replica in serving.find_background_stand_ins(observed, live)}
    orphans = [replica for replica in service_roles.obsolete(observed, live) if replica.name not in needed]
    if orphans:
        engine.say("recover")(f"an interrupted run left {', '.join(sorted(r.name for r in orphans))}")
        steps.drain(engine, goal)
        stop_replicas(engine, goal, steps.part_from_edges(engine, goal, orphans, step="recover"), step="recover")
    return bool(orphans)


def undo(engine: Engine, live: Release | None, *, known: tuple[Release, ...]) -> bool:
    """Bring everything back to the live release; without one, stop all that was started."""
    if live is None:
        _stop_everything(engine, known, step="undo")
        return True
    goal = Goal(release=live, others=known)
    steps.data(engine, goal, is_undo=True)
    steps.gate(engine, steps.start(engine, goal))
    steps.edge(engine, goal, beside_old=False)
    steps.switch(engine, goal, beside_old=False)
    steps.drain(engine, goal)
    steps.background(engine, goal)  # from now on nobody sends a task that its worker does not know
    steps.stop(engine, goal)
    steps.refresh(engine, goal)
    return True


def _serving_edge(engine: Engine) -> set[str]:
    """Name the Traefik that has the visitors, whosever it is: the deploy to come lets another one take over."""
    return {engine.runtime.doors.serving()} if engine.runtime.doors else set()


def _stop_everything(engine: Engine, known: tuple[Release, ...], *, step: str) -> bool:
    observed = engine.runtime.observe()
    for group in service_roles.stopping_order(observed, known):
        stop_replicas(engine, Goal(release=known[0], others=known[1:]), group, step=step)
    if observed and known:  # a network of a first release that failed may be described in another way by the next
        engine.runtime.leave(dataclasses.replace(known[0], project={}))
    return bool(observed)


def _restore_data(engine: Engine, goal: Goal) -> None:
    """Start what holds the data again where a run that was cut had stopped it under those who need it.

    Nobody could be judged without it; where it does not start, the deploy to come may put it right.
    """
    there = {replica.service for replica in engine.runtime.observe() if service_roles.is_present(replica)}
    missing = [service for service in service_roles.data_services(goal.release) if service.name not in there]
    if not missing or not any(service.name in there for service in service_roles.rolling_services(goal.release)):
        return
    try:
        gate_all(engine, start_missing(engine, missing, step="recover"), step="recover")
    except CancelledError:
        raise
    except EngineError as error:
        engine.say("recover")(f"{error.what}: {error.why}")


def _databases(observed: service_roles.Replicas, live: Release) -> set[str]:
    """Name what holds the data in place of the live release's own: it serves, until the step `data` replaces it."""
    data = service_roles.data_services(live)
    away = {s.name for s in data if not service_roles.present(observed, service_roles.replica_names(s))}
    return {replica.name for replica in observed if replica.service in away and service_roles.is_present(replica)}


def _routed_names(observed: service_roles.Replicas, releases: tuple[Release, ...]) -> set[str]:
    routed = {service.name for release in releases for service in release.services if service.route}
    return {replica.name for replica in observed if replica.service in routed}


def _restore_routes(engine: Engine, goal: Goal, stand_ins: list[Replica]) -> bool:
    """Route to the live release and the stand-ins, and tell whether nobody is sent elsewhere any more."""
    live = goal.release
    if serving.is_edge_answering(engine, live):
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
