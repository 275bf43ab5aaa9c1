"""The watch over a new release, now that it has visitors.

While it is watched the old release still runs, and answers where the new one fails what may be asked again. So exactly
those requests are held against the new one that the old one could answer; an outage that both have is not its fault.
What may not be asked again (a POST) is an error for who sent it, and counts too, unless the old one fails what it is
asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ops.engine import service_roles
from ops.engine.errors import EngineError
from ops.engine.model import Replica, Service
from ops.engine.rollout.context import Engine, Goal
from ops.engine.rollout.gate import failing, is_ready_now
from ops.engine.rollout.metrics import Counts, Traffic, read_traffic
from ops.engine.rollout.routes import NEW, OLD

LOOK_EVERY_S = 0.2
UNREADY_IN_A_ROW = 3
LEAST_BLAMED = 3  # requests, and
LEAST_SHARE = 0.02  # of those that the new release was given

Watched = Sequence[tuple[Service, Replica]]


def watch(engine: Engine, goal: Goal, started: Watched) -> bool:
    """Look at what was started for as long as the release asks; `EngineError` at the first thing that is wrong."""
    if not started or goal.release.watch_s <= 0:
        return False
    until, before = engine.waiter.now() + goal.release.watch_s, _traffic(engine, goal)
    pids = {replica.name: replica.pid for replica in engine.runtime.observe()}
    unready: dict[str, int] = {}
    while engine.waiter.now() < until:
        engine.waiter.pause(min(LOOK_EVERY_S, until - engine.waiter.now()))
        _look_at_processes(engine, started, pids)
        _look_at_readiness(engine, started, unready)
        now = _traffic(engine, goal)
        for service, replica in started:
            given, blamed = counted(service.name, now, before)
            if blamed >= LEAST_BLAMED and blamed >= LEAST_SHARE * given:
                # One that ended is the better reason, and is noticed a moment after its connections broke.
                engine.waiter.pause(LOOK_EVERY_S)
                _look_at_processes(engine, started, pids)
                what = f"of {given} requests it failed {blamed} that the release before answered, or would have"
                raise _unwell(engine, replica, what)
    engine.say("watch")(_summary(started, _traffic(engine, goal), before))
    return True


def counted(service: str, now: Traffic, before: Traffic) -> tuple[int, int]:
    """Return how many requests the new release of a service was to answer, and how many of them are held against it.

    Those are what the old one had to answer, and could, and what failed and could be asked of nobody else: of these as
    great a share as the old one could answer of all that it was asked.
    """
    none = Counts()
    new, old = (now.get(name, none).since(before.get(name, none)) for name in (service + NEW, service + OLD))
    answered_instead = old.answered - old.errors
    failed_for_good = max(0, new.failed_writes - old.writes)
    share = answered_instead / old.answered if old.answered else 1.0
    past_it = max(0, old.answered - new.errors)  # while it was out
    return new.answered + past_it, answered_instead + round(failed_for_good * share)


def _look_at_processes(engine: Engine, started: Watched, pids: Mapping[str, int]) -> None:
    observed = {replica.name: replica for replica in engine.runtime.observe()}
    for _, replica in started:
        now = observed.get(replica.name)
        if now is None or not service_roles.is_present(now):
            raise _unwell(engine, replica, "its process ended after it had been ready")
        # The pid too: a new process counts itself as a restart only when it has come to run.
        if now.restarts > replica.restarts or now.pid != pids.get(replica.name):
            raise _unwell(engine, replica, "its process ended after it had been ready, and was started again")


def _look_at_readiness(engine: Engine, started: Watched, unready: dict[str, int]) -> None:
    for service, replica in started:
        if service.route is None:  # its health check is a process of its own, and it passed a moment ago
            continue
        said = is_ready_now(engine.runtime, engine.fetch, service, replica)
        unready[replica.name] = 0 if said.is_ready else unready.get(replica.name, 0) + 1
        if unready[replica.name] >= UNREADY_IN_A_ROW:
            raise _unwell(engine, replica, f"it is no longer ready: {said.detail}")


def _unwell(engine: Engine, replica: Replica, reason: str) -> EngineError:
    return failing(engine, replica, what=f"the new release of {replica.service} is not well", reason=reason)


def _traffic(engine: Engine, goal: Goal) -> Traffic:
    return read_traffic(engine.runtime.edge_url(goal.release.edge), engine.fetch)


def _summary(started: Watched, now: Traffic, before: Traffic) -> str:
    names = sorted({service.name for service, _ in started if service.route})
    told = [f"{name} answered {counted(name, now, before)[0]} requests" for name in names]
    return ", ".join(told) or "all of it keeps running"
