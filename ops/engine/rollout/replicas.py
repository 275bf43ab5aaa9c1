"""Starts, replaces and stops the replicas of a service. Each function may be repeated."""

from __future__ import annotations

from collections.abc import Sequence

from ops.engine import service_roles
from ops.engine.errors import CancelledError, EngineError
from ops.engine.model import Replica, Service
from ops.engine.parallel import each
from ops.engine.rollout.context import Engine, Goal
from ops.engine.rollout.gate import gate, gate_all

Started = list[tuple[Service, Replica]]


def start_missing(engine: Engine, services: Sequence[Service], *, step: str) -> Started:
    """Start the replicas that should run and do not, all at the same time; return them."""
    observed = {replica.name: replica for replica in engine.runtime.observe()}
    missing = [
        (service, name)
        for service in services
        for name in service_roles.replica_names(service)
        if not (name in observed and service_roles.is_present(observed[name]))
    ]

    def start(wanted: tuple[Service, str]) -> tuple[Service, Replica]:
        service, name = wanted
        if name in observed:  # a dead one of the same name: the runtime forgets it first
            engine.runtime.stop(name, signal=service.stop_signal, grace_s=service.stop_grace_s)
        engine.say(step)(f"starting {name}")
        return service, engine.runtime.start(service, name)

    return each(missing, start, workers=engine.workers)


def replace_service(
    engine: Engine, goal: Goal, service: Service, *, step: str, within_s: float | None = None
) -> Started | None:
    """Stop what is old of a service, then start what is new; return what was started, None when nothing was to do.

    `within_s`: how long what is new may take to be ready, where somebody waits for it.
    """
    stopped = stop_obsolete(engine, goal, [service], step=step)
    started = start_missing(engine, [service], step=step)
    gate_all(engine, started, step=step, within_s=within_s)
    return started if stopped or started else None


def overlap_service(engine: Engine, goal: Goal, service: Service, *, step: str) -> Started | None:
    """Start what is new of a service beside what is old, and stop the old once the new is well.

    Return what was started, None when nothing was to do.
    """
    old = _obsolete(engine, goal, [service])
    if old:
        _prove(engine, goal, service, step=step)
    started = start_missing(engine, [service], step=step)
    gate_all(engine, started, step=step)
    stop_replicas(engine, goal, old, step=step)
    return started if old or started else None


def _prove(engine: Engine, goal: Goal, service: Service, *, step: str) -> None:
    """Gate what runs already, because the old ones are stopped on the strength of it; stop what does not pass.

    A run that was cut may have started it; nobody has seen it well.
    """
    for replica in service_roles.present(engine.runtime.observe(), service_roles.replica_names(service)):
        try:
            gate(engine, service, replica, step=step)
        except CancelledError:
            raise
        except EngineError as error:
            engine.say(step)(f"{replica.name} starts anew: {error.what}")
            stop_replicas(engine, goal, [replica], step=step)


def stop_obsolete(engine: Engine, goal: Goal, services: Sequence[Service], *, step: str) -> bool:
    """Stop replicas of these services that the goal does not ask for."""
    old = _obsolete(engine, goal, services)
    stop_replicas(engine, goal, old, step=step)
    return bool(old)


def _obsolete(engine: Engine, goal: Goal, services: Sequence[Service]) -> list[Replica]:
    names = {service.name for service in services}
    return [r for r in service_roles.obsolete(engine.runtime.observe(), goal.release) if r.service in names]


def stop_replicas(engine: Engine, goal: Goal, replicas: Sequence[Replica], *, step: str) -> None:
    """Stop replicas with the signal and grace time of the service they were started from."""

    def stop(replica: Replica) -> None:
        service = service_roles.find_service(replica, goal.releases)
        signal, grace_s = (service.stop_signal, service.stop_grace_s) if service else ("TERM", 10.0)
        engine.say(step)(f"stopping {replica.name}")
        engine.runtime.stop(replica.name, signal=signal, grace_s=grace_s)

    each(replicas, stop, workers=engine.workers)
