"""The steps of a deploy. Each tells whether there was anything to do, and may be repeated."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Iterator, Sequence

from ops.engine import service_roles
from ops.engine.errors import EngineError
from ops.engine.host.state import State
from ops.engine.model import Image, Release, Replica, Service
from ops.engine.parallel import each
from ops.engine.rollout.context import Engine, Goal
from ops.engine.rollout.database.fitness import refuse_misfit
from ops.engine.rollout.database.hold import hold_if_serving
from ops.engine.rollout.database.migration import run_schema_job
from ops.engine.rollout.edge import can_overlap, leave, take_over
from ops.engine.rollout.gate import gate_all
from ops.engine.rollout.jobs import due_jobs, forget_files, note_done, run_job
from ops.engine.rollout.no_return import inherited
from ops.engine.rollout.replicas import (
    Started,
    overlap_service,
    replace_service,
    start_missing,
    stop_obsolete,
    stop_replicas,
)
from ops.engine.rollout.routes import render_routes
from ops.engine.rollout.serving import prove, route_to, servers_for

SETTLE_S = 0.5  # requests that Traefik had accepted with the old routes reach their replica


def build(engine: Engine, goal: Goal) -> bool:
    """Build the images that are not there; images of different environments at the same time."""
    wanted = service_roles.images([goal.release]).values()
    missing = [image for image in wanted if not engine.runtime.has_image(image)]
    groups: dict[str, list[Image]] = {}
    for image in missing:
        groups.setdefault(image.env_id, []).append(image)

    def build_group(group: list[Image]) -> None:
        for image in group:
            engine.say("build")(f"building {image.id}")
            engine.runtime.build(image, goal.release, engine.say("build"))

    each(list(groups.values()), build_group, workers=min(2, engine.workers))
    engine.waiter.check()
    return bool(missing)


def data(engine: Engine, goal: Goal, *, is_undo: bool = False) -> bool:
    """Bring up what holds the data, before anything else needs it; what is replaced is held before."""
    done = False
    for service in service_roles.data_services(goal.release):
        outgoing = _outgoing(engine, goal, service)
        for old, _ in outgoing if not is_undo else ():
            refuse_misfit(engine, old, service, step="data")
        with _measured_absence(engine, goal, service):
            is_held = hold_if_serving(engine, outgoing, step="data", is_undo=is_undo)
            waited = [old.wait_s for old, _ in outgoing]  # by replicas that serve with the old one
            within_s = min(waited) if is_held and not is_undo else None  # then the old one serves on
            done |= replace_service(engine, goal, service, step="data", within_s=within_s) is not None
    return engine.runtime.join(goal.release) or done


def _outgoing(engine: Engine, goal: Goal, service: Service) -> list[tuple[Service, Replica]]:
    """Return the replicas of a service that are about to be replaced, each with what it was started from."""
    old = [r for r in service_roles.obsolete(engine.runtime.observe(), goal.release) if r.service == service.name]
    pairs = [(service_roles.find_service(r, goal.releases), r) for r in old if service_roles.is_present(r)]
    return [(known, replica) for known, replica in pairs if known]


def migrate(engine: Engine, goal: Goal) -> bool:
    """Run every job that this data has not seen, in order; the first that fails ends the deploy.

    A release that comes back finds its schema there, and its files are made again once it serves.
    """
    jobs = [] if goal.order.is_return else due_jobs(engine, goal)
    due = [job for job in jobs if job.touches != "certificates"]
    for job in due:
        engine.waiter.check()
        if job.touches == "schema" and job.check:
            order = goal.order
            run_schema_job(engine, goal, job, allow_breaking=order.allow_breaking_migration, skip_dump=order.skip_dump)
        else:
            forget_files(engine, job)
            run_job(engine, job)
        note_done(engine, job)
    return bool(due)


def refresh(engine: Engine, goal: Goal) -> bool:
    """Make the files of a release again that another one has made anew."""
    due = [job for job in due_jobs(engine, goal) if job.touches == "files"]
    for job in due:
        forget_files(engine, job)
        run_job(engine, job, step="refresh")
        note_done(engine, job)
    return bool(due)


def start(engine: Engine, goal: Goal) -> Started:
    """Start new replicas beside the old ones; what a run left that was cut has to be ready like a new one."""
    prove(engine, goal, step="start")
    return start_missing(engine, service_roles.rolling_services(goal.release), step="start")


def gate(engine: Engine, started: Started) -> bool:
    """Wait until every new replica is ready."""
    gate_all(engine, started, step="gate")
    return bool(started)


def edge(engine: Engine, goal: Goal, *, beside_old: bool) -> Started:
    """Start Traefik, or replace it when it changed; it finds its routes, those of `switch`, when it comes up."""
    observed, started = engine.runtime.observe(), Started()
    for service in service_roles.edge_services(goal.release):
        if engine.runtime.doors and service.sockets and can_overlap(goal, service, observed):
            started += take_over(engine, engine.runtime.doors, goal, service, beside_old=beside_old)
        elif not _is_whole(service, observed):
            started += _replace_edge(engine, goal, service, beside_old=beside_old)
    return started


def _replace_edge(engine: Engine, goal: Goal, service: Service, *, beside_old: bool) -> Started:
    """Stop the old Traefik and start the new one: nobody is served in between."""
    with _measured_absence(engine, goal, service):
        stop_obsolete(engine, goal, [service], step="edge")
        servers = servers_for(engine, goal.release, beside_old=beside_old)
        engine.runtime.write_routes(render_routes(goal.release, servers))
        started = replace_service(engine, goal, service, step="edge") or []
        if engine.runtime.doors and service.sockets:
            engine.runtime.doors.turn_to(service_roles.replica_names(service)[0])
    return started


def part_from_edges(engine: Engine, goal: Goal, replicas: Sequence[Replica], *, step: str) -> list[Replica]:
    """Let those Traefiks go whose visitors can go to another one; return the other replicas."""
    doors = engine.runtime.doors
    edges = [replica for replica in replicas if replica.service == service_roles.EDGE_SERVICE] if doors else []
    if doors and edges:
        leave(engine, doors, goal, edges, step=step)
    return [replica for replica in replicas if replica not in edges]


def _is_whole(service: Service, observed: service_roles.Replicas) -> bool:
    names = service_roles.replica_names(service)
    return len(service_roles.present(observed, names)) == len(names)


@contextlib.contextmanager
def _measured_absence(engine: Engine, goal: Goal, service: Service) -> Iterator[None]:
    """Remember for how long a service was away that cannot run twice and is replaced."""
    old = [r for r in service_roles.obsolete(engine.runtime.observe(), goal.release) if r.service == service.name]
    began = engine.waiter.now()
    yield
    if any(service_roles.is_present(replica) for replica in old):
        away_s = engine.waiter.now() - began
        engine.store.write(engine.store.read().with_interruption(service.name, away_s))


def background(engine: Engine, goal: Goal) -> Started:
    """Replace worker and beat: new ones begin, then the old ones take no more, and end what they have.

    It comes before new web processes serve, because an old worker would not know their tasks.
    """

    def replace(service: Service) -> Started | None:
        way = overlap_service if service.rollout == "overlap" else replace_service
        return way(engine, goal, service, step="replace")

    done = each(service_roles.background_services(goal.release), replace, workers=engine.workers)
    return [pair for some in done for pair in some or ()]


def switch(engine: Engine, goal: Goal, *, beside_old: bool) -> bool:
    """Route to the replicas of the goal; with `beside_old` the old ones answer where a new one fails."""
    route_to(engine, goal.release, servers_for(engine, goal.release, beside_old=beside_old))
    return True


def commit(engine: Engine, goal: Goal) -> None:
    """Make the goal the live release: before this a failed run is undone, after it the run goes forward."""
    now, order = engine.store.read(), goal.order
    replicas = {
        service.name: service_roles.replica_names(service) for service in service_roles.long_running(goal.release)
    }
    live = engine.store.live()
    past = order.past if order.past is not None else _past(now, goal, live)
    now = now.with_barred([goal.release.id], inherited(goal.release, live, now.barred))
    state = now.with_release(goal.release.id, replicas, past=past, since=engine.journal.time())
    state = state if order.scale is None else dataclasses.replace(state, scale=dict(order.scale))
    try:
        engine.store.write(state)
    except Exception:
        if engine.store.read() != state:  # otherwise it is written, and only the last flush failed
            raise


def _past(now: State, goal: Goal, live: Release | None) -> tuple[str, ...]:
    """Return what can be gone back to; a live release that was only put right is no other one."""
    return (live.id, *now.past) if live and not service_roles.is_same(live, goal.release) else now.past


def settle(engine: Engine, goal: Goal) -> bool:
    """Route to the replicas of the goal alone, now that they have proven themselves."""
    if not _orphans(engine, goal):
        return False
    return switch(engine, goal, beside_old=False)


def drain(engine: Engine, goal: Goal, *, settle_s: float = SETTLE_S) -> bool:
    """Wait until old replicas, which get no new requests, have answered those they have.

    `settle_s` is 0 where the routes have been without them for a while.
    """
    old = [r for r in service_roles.obsolete(engine.runtime.observe(), goal.release) if service_roles.is_present(r)]
    pairs = [(service, r) for r in old if (service := service_roles.find_service(r, goal.releases)) and service.route]
    if pairs:
        engine.waiter.pause(settle_s)
        each(pairs, lambda pair: _drain_one(engine, pair[0], pair[1]), workers=engine.workers)
    return bool(pairs)


def stop(engine: Engine, goal: Goal) -> bool:
    """Stop all that the goal does not ask for, and leave the networks that were theirs."""
    old = _orphans(engine, goal)
    stop_replicas(engine, goal, old, step="stop")
    return engine.runtime.leave(goal.release) or bool(old)


def prune(engine: Engine, goal: Goal) -> bool:
    """Delete images and releases other than the live one and those that can be gone back to."""
    del goal  # which may be the live release under another id
    needed = _needed(engine)
    removed = engine.runtime.prune(keep_images=set(service_roles.images(map(engine.store.load_release, needed))))
    engine.store.forget_releases(keep=needed)
    return bool(removed)


def has_leftovers(engine: Engine, goal: Goal) -> bool:
    """Tell whether there is anything to clean up: after a return always, or what a run left that was undone or cut."""
    kept = {release.id for release in engine.store.kept_releases()}
    try:
        return goal.order.is_return or not kept <= _needed(engine) or bool(_orphans(engine, goal))
    except EngineError:  # they cannot be seen now; the first step says why
        return True


def _orphans(engine: Engine, goal: Goal) -> list[Replica]:
    return service_roles.obsolete(engine.runtime.observe(), goal.release)


def _needed(engine: Engine) -> set[str]:
    state = engine.store.read()
    return {*([state.release] if state.release else []), *state.past}


def _drain_one(engine: Engine, service: Service, replica: Replica) -> None:
    path = service.route.ready if service.route else "/"
    host = service.route.host if service.route else ""
    url = f"http://{engine.runtime.address(replica)}{path}"
    engine.waiter.until(
        lambda: _in_flight(engine.fetch(url, host=host).body) == 0, timeout_s=service.stop_grace_s, every_s=0.1
    )


def _in_flight(body: bytes) -> int:
    """Read the number of unfinished requests; a service that does not tell drains itself at its stop signal."""
    try:
        return int(json.loads(body)["in_flight"])
    except (ValueError, KeyError, TypeError):
        return 0
