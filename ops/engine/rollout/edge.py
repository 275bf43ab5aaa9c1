"""One Traefik takes over from another, and no visitor notices.

    start beside the old one → ready → has every route → asked as visitors will ask it → visitors are sent to it
        → the old one asks its visitors to connect anew → they have gone → it stops

The new one has a folder of routes and an internal port of its own, so that what is said to one reaches no other. It
gets nobody before it has shown that it answers as well as the old one. The undo is the same, towards the old one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ops.engine import service_roles
from ops.engine.http import Response
from ops.engine.model import Replica, Service
from ops.engine.rollout.certificates import await_order, orders_beside
from ops.engine.rollout.context import Engine, Goal
from ops.engine.rollout.gate import failing, gate_all
from ops.engine.rollout.replicas import Started, start_missing, stop_replicas
from ops.engine.rollout.routes import confirm_routes, render_routes
from ops.engine.rollout.serving import servers_for
from ops.engine.runtime import Doors

LEAST_LEAVE_S = 0.3  # until a Traefik has read that it shall say farewell
LEAVE_S = 5.0  # whoever asks nothing in that time is told by the end of an idle connection
TRIAL_S = 3.0  # a server that is busy may fail once
NOT_FOUND, FAILED = 400, 500
_OPEN = re.compile(r'^traefik_open_connections\{entrypoint="(?P<entry>[^"]+)"[^}]*\} (?P<count>\S+)$', re.MULTILINE)


def can_overlap(goal: Goal, wanted: Service, observed: Sequence[Replica]) -> bool:
    """Tell whether this one can take over from each Traefik that runs."""
    running = [r for r in observed if r.service == wanted.name and service_roles.is_present(r)]
    return all(service_roles.takes_over(service_roles.find_service(r, goal.releases), wanted) for r in running)


def take_over(engine: Engine, doors: Doors, goal: Goal, service: Service, *, beside_old: bool) -> Started:
    """Bring this Traefik up beside the one that serves, send visitors to it, and let the other one go.

    Return it when it has them since now.
    """
    name, turned = service_roles.replica_names(service)[0], False
    if doors.serving() != name or not _is_running(engine, name):
        idle = [replica for replica in _others(engine, goal, service) if replica.name != doors.serving()]
        leave(engine, doors, goal, idle, step="edge")  # of a run that was cut: there are sockets for two
        _come_up(engine, doors, goal, service, name, beside_old=beside_old)
        engine.say("edge")(f"{name} gets the visitors from now on")
        doors.turn_to(name)
        turned = True
    started = [(service, replica) for replica in engine.runtime.observe() if turned and replica.name == name]
    leave(engine, doors, goal, _others(engine, goal, service), step="edge")
    return started


def _others(engine: Engine, goal: Goal, service: Service) -> list[Replica]:
    return [r for r in service_roles.obsolete(engine.runtime.observe(), goal.release) if r.service == service.name]


def _come_up(engine: Engine, doors: Doors, goal: Goal, service: Service, name: str, *, beside_old: bool) -> None:
    """Start it with its routes, and wait until it has them all and has answered as visitors will ask it."""
    if not _is_running(engine, name):
        stop_replicas(engine, goal, [r for r in engine.runtime.observe() if r.name == name], step="edge")
    files = render_routes(goal.release, servers_for(engine, goal.release, beside_old=beside_old))
    doors.write_routes(name, files)
    with orders_beside(engine, doors, service, name):
        started = start_missing(engine, [service], step="edge")
        gate_all(engine, started, step="edge")
        confirm_routes(doors.url(name), files, fetch=engine.fetch, waiter=engine.waiter)
        for _, replica in started:
            await_order(engine, doors, service, replica)
    _try(engine, doors, goal, service, name)


def _is_running(engine: Engine, name: str) -> bool:
    return bool(service_roles.present(engine.runtime.observe(), [name]))


def _try(engine: Engine, doors: Doors, goal: Goal, service: Service, name: str) -> None:
    """Ask the new one as visitors will; what the old one answers better is held against it."""
    host = next((s.route.host for s in goal.release.services if s.route), "")
    old, worse = doors.serving(), ""
    for path in service.trials if old not in {"", name} and _is_running(engine, old) else ():

        def is_as_good(path: str = path) -> bool:
            nonlocal worse
            new = doors.ask(name, path, host=host)
            before = doors.ask(old, path, host=host) if new and not new.is_good else None
            worse = _difference(path, new, before) if new and before else ""
            return not worse

        if not engine.waiter.until(is_as_good, timeout_s=TRIAL_S):
            replica = next(replica for replica in engine.runtime.observe() if replica.name == name)
            raise failing(engine, replica, what="the new Traefik does not answer as the old one does", reason=worse)
        engine.say("edge")(f"{name} answers {path} as well as {old}")


def _rank(answer: Response) -> int:
    """Return how bad an answer is: none is worst, then a failure, then one that does not know the path."""
    if not answer.status:
        return 3
    return 2 if answer.status >= FAILED else 1 if answer.status >= NOT_FOUND else 0


def _difference(path: str, new: Response, before: Response) -> str:
    """Say what is worse about the new answer; empty when nothing is."""
    if _rank(new) <= _rank(before):
        return ""
    said = f"{path} answered {new.status}" if new.status else f"{path}: {new.body.decode('utf-8', 'replace')[:200]}"
    return f"{said}, where the old one answers {before.status}"


def leave(engine: Engine, doors: Doors, goal: Goal, replicas: Sequence[Replica], *, step: str) -> None:
    """Let these ask their visitors to connect anew, wait until they did, and stop them."""
    going = [replica for replica in replicas if service_roles.is_present(replica) and doors.url(replica.name)]
    for replica in going:
        doors.say_farewell(replica.name)
    began = engine.waiter.now()
    if going:
        engine.waiter.pause(LEAST_LEAVE_S)
        engine.waiter.until(lambda: not any(_visitors(engine, doors, one) for one in going), timeout_s=LEAVE_S)
        engine.say(step)(f"visitors have left the old Traefik after {engine.waiter.now() - began:.1f} s")
    stop_replicas(engine, goal, replicas, step=step)


def _visitors(engine: Engine, doors: Doors, replica: Replica) -> int:
    """Return how many connections one still has, and how many wait for it; its own entry point does not count."""
    text = engine.fetch(f"{doors.url(replica.name)}/metrics").body.decode("utf-8", "replace")
    counts = [int(float(found["count"])) for found in _OPEN.finditer(text) if found["entry"] != "internal"]
    return sum(counts) + doors.waiting(replica.name)
