"""What does each step of a deploy do? Each tells whether there was anything to do, and may be repeated."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Iterator, Sequence

from ops.engine import fleet
from ops.engine.context import Engine, Goal
from ops.engine.gate import gate_all
from ops.engine.jobs import due_jobs, note_done, run_job
from ops.engine.migration import run_schema_job
from ops.engine.model import Image, Replica, Service
from ops.engine.parallel import each
from ops.engine.replicas import Started, replace_service, start_missing, stop_obsolete, stop_replicas
from ops.engine.routes import confirm_routes, render_routes, servers_of

SETTLE_S = 0.5  # requests that Traefik had accepted with the old routes reach their replica


def build(engine: Engine, goal: Goal) -> bool:
    """Build the images that are not there; images of different environments at the same time."""
    wanted = fleet.images([goal.release]).values()
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


def data(engine: Engine, goal: Goal) -> bool:
    """Bring up what holds the data, before anything else needs it."""
    done = False
    for service in fleet.data_services(goal.release):
        with _measured_absence(engine, goal, service):
            done |= replace_service(engine, goal, service, step="data") is not None
    return done


def migrate(engine: Engine, goal: Goal) -> bool:
    """Run every job that this data has not seen, in order; the first that fails ends the deploy.

    A release that comes back finds its schema there, and its files are made again once it serves.
    """
    due = [] if goal.order.is_return else due_jobs(engine, goal)
    for job in due:
        engine.waiter.check()
        if job.touches == "schema" and job.check:
            order = goal.order
            run_schema_job(engine, goal, job, allow_breaking=order.allow_breaking_migration, skip_dump=order.skip_dump)
        else:
            run_job(engine, job)
        note_done(engine, job)
    return bool(due)


def refresh(engine: Engine, goal: Goal) -> bool:
    """Make the files of a release again that another one has made anew."""
    due = [job for job in due_jobs(engine, goal) if job.touches == "files"]
    for job in due:
        run_job(engine, job, step="refresh")
        note_done(engine, job)
    return bool(due)


def start(engine: Engine, goal: Goal) -> Started:
    """Start new replicas beside the old ones."""
    return start_missing(engine, fleet.rolling_services(goal.release), step="start")


def gate(engine: Engine, started: Started) -> bool:
    """Wait until every new replica is ready."""
    gate_all(engine, started, step="gate")
    return bool(started)


def edge(engine: Engine, goal: Goal) -> bool:
    """Start Traefik, or replace it when it changed; it finds its routes when it comes up."""
    observed = engine.runtime.observe()
    services = [s for s in fleet.edge_services(goal.release) if not _is_whole(s, observed)]
    for service in services:
        with _measured_absence(engine, goal, service):
            stop_obsolete(engine, goal, [service], step="edge")
            ready = fleet.present(engine.runtime.observe(), fleet.wanted_names(goal.release))
            servers = servers_of(goal.release, ready, engine.runtime)
            engine.runtime.write_routes(render_routes(goal.release, servers))
            replace_service(engine, goal, service, step="edge")
    return bool(services)


def _is_whole(service: Service, observed: fleet.Fleet) -> bool:
    names = fleet.replica_names(service)
    return len(fleet.present(observed, names)) == len(names)


@contextlib.contextmanager
def _measured_absence(engine: Engine, goal: Goal, service: Service) -> Iterator[None]:
    """Remember for how long a service was away that cannot run twice and is replaced."""
    old = [r for r in fleet.obsolete(engine.runtime.observe(), goal.release) if r.service == service.name]
    began = engine.waiter.now()
    yield
    if any(fleet.is_present(replica) for replica in old):
        away_s = engine.waiter.now() - began
        engine.store.write(engine.store.read().with_interruption(service.name, away_s))


def background(engine: Engine, goal: Goal) -> Started:
    """Replace worker and beat, before web processes send tasks that only new workers know."""
    services = fleet.background_services(goal.release)
    done = each(services, lambda one: replace_service(engine, goal, one, step="replace"), workers=engine.workers)
    return [pair for some in done for pair in some or ()]


def switch(engine: Engine, goal: Goal, *, beside_old: bool) -> bool:
    """Route to the replicas of the goal; with `beside_old` the old ones answer where a new one fails."""
    observed = engine.runtime.observe()
    new = fleet.present(observed, fleet.wanted_names(goal.release))
    old = [replica for replica in fleet.obsolete(observed, goal.release) if fleet.is_present(replica)]
    route_to(engine, goal, new, fallback=old if beside_old else [])
    return True


def route_to(engine: Engine, goal: Goal, replicas: list[Replica], *, fallback: Sequence[Replica] = ()) -> None:
    """Write routes to these replicas and wait until Traefik serves them, if it runs."""
    servers = servers_of(goal.release, replicas, engine.runtime, fallback=fallback)
    files = render_routes(goal.release, servers)
    engine.runtime.write_routes(files)
    if fleet.edge_services(goal.release) and is_edge_running(engine):
        api_url = engine.runtime.edge_url(goal.release.edge)
        confirm_routes(api_url, files, fetch=engine.fetch, waiter=engine.waiter)


def is_edge_running(engine: Engine) -> bool:
    """Tell whether a Traefik of any release runs."""
    return any(r.service == fleet.EDGE_SERVICE and fleet.is_present(r) for r in engine.runtime.observe())


def commit(engine: Engine, goal: Goal) -> None:
    """Make the goal the live release: before this a failed run is undone, after it the run goes forward."""
    now, order = engine.store.read(), goal.order
    replicas = {service.name: fleet.replica_names(service) for service in fleet.long_running(goal.release)}
    past = order.past if order.past is not None else (*([now.release] if now.release else []), *now.past)
    state = now.with_release(goal.release.id, replicas, past=past, since=engine.journal.time())
    state = state if order.scale is None else dataclasses.replace(state, scale=dict(order.scale))
    try:
        engine.store.write(state)
    except Exception:
        if engine.store.read() != state:  # otherwise it is written, and only the last flush failed
            raise


def settle(engine: Engine, goal: Goal) -> bool:
    """Route to the replicas of the goal alone, now that they have proven themselves."""
    if not fleet.obsolete(engine.runtime.observe(), goal.release):
        return False
    return switch(engine, goal, beside_old=False)


def drain(engine: Engine, goal: Goal) -> bool:
    """Wait until old replicas, which get no new requests, have answered those they have."""
    old = [r for r in fleet.obsolete(engine.runtime.observe(), goal.release) if fleet.is_present(r)]
    pairs = [(service, r) for r in old if (service := fleet.find_service(r, goal.releases)) and service.route]
    if pairs:
        engine.waiter.pause(SETTLE_S)
        each(pairs, lambda pair: _drain_one(engine, pair[0], pair[1]), workers=engine.workers)
    return bool(pairs)


def stop(engine: Engine, goal: Goal) -> bool:
    """Stop all that the goal does not ask for."""
    old = fleet.obsolete(engine.runtime.observe(), goal.release)
    stop_replicas(engine, goal, old, step="stop")
    return bool(old)


def prune(engine: Engine, goal: Goal) -> bool:
    """Delete images and releases other than the live one and those that can be gone back to."""
    past = engine.store.read().past
    kept = [goal.release, *(engine.store.load_release(one) for one in past)]
    removed = engine.runtime.prune(keep_images=set(fleet.images(kept)))
    engine.store.forget_releases(keep={goal.release.id, *past})
    return bool(removed)


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
