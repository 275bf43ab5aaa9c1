"""What does each step of a deploy do? Each tells whether there was anything to do, and may be repeated."""

from __future__ import annotations

import json

from ops.engine import fleet
from ops.engine.context import Engine, Goal
from ops.engine.errors import EngineError
from ops.engine.gate import gate_all
from ops.engine.model import Image, Replica, Service
from ops.engine.parallel import each
from ops.engine.replicas import Started, replace_services, start_missing, stop_obsolete, stop_replicas
from ops.engine.routes import confirm_routes, mark_of, render_routes, servers_of

JOB_TIMEOUT_S = 900.0
SETTLE_S = 0.5  # requests that Traefik had accepted with the old routes reach their replica
KEPT_OUTPUT = 20_000


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
    return replace_services(engine, goal, fleet.data_services(goal.release), step="data")


def migrate(engine: Engine, goal: Goal) -> bool:
    """Run every job that this data has not seen, in order; the first that fails ends the deploy."""
    due = [job for job in fleet.jobs(goal.release) if engine.store.read().jobs.get(job.name) != job.fingerprint]
    for job in due:
        engine.waiter.check()
        _run_job(engine, job)
        engine.store.write(engine.store.read().with_job(job.name, job.fingerprint))
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
    services = fleet.edge_services(goal.release)
    names = [name for service in services for name in fleet.replica_names(service)]
    if len(fleet.present(engine.runtime.observe(), names)) == len(names):
        return False
    stop_obsolete(engine, goal, services, step="edge")
    observed = engine.runtime.observe()
    ready = fleet.present(observed, fleet.wanted_names(goal.release))
    engine.runtime.write_routes(render_routes(goal.release, servers_of(goal.release, ready, engine.runtime)))
    return replace_services(engine, goal, services, step="edge")


def background(engine: Engine, goal: Goal) -> bool:
    """Replace worker and beat, before web processes send tasks that only new workers know."""
    return replace_services(engine, goal, fleet.background_services(goal.release), step="replace")


def switch(engine: Engine, goal: Goal, *, beside_old: bool) -> bool:
    """Route to the replicas of the goal alone; `beside_old`: first to old and new, so that there is no gap."""
    observed = engine.runtime.observe()
    new = fleet.present(observed, fleet.wanted_names(goal.release))
    both = [replica for replica in observed if fleet.is_present(replica)]
    if beside_old and len(both) > len(new):
        route_to(engine, goal, both)
    route_to(engine, goal, new)
    return True


def route_to(engine: Engine, goal: Goal, replicas: list[Replica]) -> None:
    """Write routes to these replicas and wait until Traefik serves them, if it runs."""
    servers = servers_of(goal.release, replicas, engine.runtime)
    files = render_routes(goal.release, servers)
    engine.runtime.write_routes(files)
    if fleet.edge_services(goal.release) and is_edge_running(engine):
        api_url = engine.runtime.edge_url(goal.release.edge)
        confirm_routes(api_url, servers, mark=mark_of(files), fetch=engine.fetch, waiter=engine.waiter)


def is_edge_running(engine: Engine) -> bool:
    """Tell whether a Traefik of any release runs."""
    return any(r.service == fleet.EDGE_SERVICE and fleet.is_present(r) for r in engine.runtime.observe())


def commit(engine: Engine, goal: Goal) -> None:
    """Make the goal the live release: before this a failed run is undone, after it the run goes forward."""
    replicas = {service.name: fleet.replica_names(service) for service in fleet.long_running(goal.release)}
    state = engine.store.read().with_release(goal.release.id, replicas)
    try:
        engine.store.write(state)
    except Exception:
        if engine.store.read() != state:  # otherwise it is written, and only the last flush failed
            raise


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
    """Delete images and releases other than the live and the previous one."""
    state = engine.store.read()
    previous = engine.store.load_release(state.previous)
    removed = engine.runtime.prune(keep_images=set(fleet.images([goal.release, previous])))
    engine.store.forget_releases(keep={goal.release.id, *([state.previous] if state.previous else [])})
    return bool(removed)


def _run_job(engine: Engine, job: Service) -> None:
    began = engine.waiter.now()
    engine.say("migrate")(f"running {job.name}")
    code, output = engine.runtime.run_once(job, job.command, timeout_s=JOB_TIMEOUT_S)
    seconds = round(engine.waiter.now() - began, 3)
    engine.journal.write("job", name=job.name, exit_code=code, output=output[-KEPT_OUTPUT:], seconds=seconds)
    if code != 0:
        raise EngineError(
            f"the job {job.name} failed",
            why=f"it ended with exit code {code}; its last lines:\n  " + "\n  ".join(output.splitlines()[-20:]),
            fix="invoke deploy",
        )


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
