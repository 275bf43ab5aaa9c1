"""Which replicas visitors are sent to. Nobody who has not been ready, and always somebody, if anybody is there."""

from __future__ import annotations

from collections.abc import Sequence

from ops.engine import service_roles
from ops.engine.errors import CancelledError, EngineError
from ops.engine.model import Release, Replica
from ops.engine.rollout.context import Engine, Goal
from ops.engine.rollout.gate import failing, gate
from ops.engine.rollout.replicas import Started, stop_replicas
from ops.engine.rollout.routes import Servers, confirm_routes, is_answering, render_routes, routed_urls, servers_of


def servers_for(
    engine: Engine, release: Release, *, beside_old: bool = False, stand_ins: Sequence[Replica] = ()
) -> Servers:
    """Return the replicas that shall answer for a release; with `beside_old` the old ones answer where these fail.

    For a service of which none runs the stand-ins answer. Without any, those that died stay in the routes: Traefik
    sees when one of them is back.
    """
    observed = engine.runtime.observe()
    here: list[Replica] = []
    for service in service_roles.long_running(release):
        names = service_roles.replica_names(service)
        others = [replica for replica in stand_ins if replica.service == service.name]
        here += service_roles.present(observed, names) or others or [r for r in observed if r.name in names]
    old = [replica for replica in service_roles.obsolete(observed, release) if service_roles.is_present(replica)]
    return servers_of(release, here, engine.runtime, fallback=old if beside_old else [])


def route_to(engine: Engine, release: Release, servers: Servers) -> None:
    """Write routes to these servers and wait until Traefik serves them, if it runs."""
    files = render_routes(release, servers)
    engine.runtime.write_routes(files)
    if service_roles.edge_services(release) and is_edge_running(engine):
        api_url = engine.runtime.edge_url(release.edge)
        confirm_routes(api_url, files, fetch=engine.fetch, waiter=engine.waiter)


def is_edge_running(engine: Engine) -> bool:
    """Tell whether a Traefik of any release runs."""
    return any(
        r.service == service_roles.EDGE_SERVICE and service_roles.is_present(r) for r in engine.runtime.observe()
    )


def is_edge_answering(engine: Engine, release: Release) -> bool:
    """Tell whether a Traefik runs that says what it routes."""
    return is_edge_running(engine) and is_answering(engine.runtime.edge_url(release.edge), engine.fetch)


def find_stand_ins(engine: Engine, live: Release) -> list[Replica]:
    """Return replicas of a run that was cut which alone answer for a service of the live release."""
    observed = engine.runtime.observe()
    here = {replica.service for replica in service_roles.present(observed, service_roles.wanted_names(live))}
    gone = {service.name for service in live.services if service.route} - here
    orphans = [r for r in service_roles.obsolete(observed, live) if r.service in gone and service_roles.is_present(r)]
    known = routed_urls(engine.runtime.edge_url(live.edge), engine.fetch) if orphans else set()
    return [replica for replica in orphans if f"http://{engine.runtime.server(replica)}" in known]


def find_background_stand_ins(observed: service_roles.Replicas, live: Release) -> list[Replica]:
    """Return those of a run that was cut which alone do the work of a worker or beat of the live release."""
    here = {replica.service for replica in service_roles.present(observed, service_roles.wanted_names(live))}
    gone = {service.name for service in service_roles.background_services(live)} - here
    return [r for r in service_roles.obsolete(observed, live) if r.service in gone and service_roles.is_present(r)]


def refuse_gaps(engine: Engine, goal: Goal) -> None:
    """Raise `EngineError` when a replica that was ready is gone again, before visitors are sent to it."""
    observed = {replica.name: replica for replica in engine.runtime.observe()}
    for service in service_roles.rolling_services(goal.release):
        for name in service_roles.replica_names(service):
            seen, what = observed.get(name), f"the new release of {service.name} is not well"
            if seen is None:
                fix = f"invoke logs --service {service.name} --since 10m"
                raise EngineError(what, why=f"{name} is gone after it had been ready", fix=fix)
            if not service_roles.is_present(seen):
                raise failing(engine, seen, what=what, reason="its process ended after it had been ready")


def prove(engine: Engine, goal: Goal, *, step: str) -> bool:
    """Gate the replicas that run and that Traefik does not know, and stop those that do not pass.

    A run that was cut may have started them; nobody has seen them ready.
    """
    unproven = _unproven(engine, goal.release)
    for service, replica in unproven:
        try:
            gate(engine, service, replica, step=step)
        except CancelledError:
            raise
        except EngineError as error:
            engine.say(step)(f"{replica.name} starts anew: {error.what}")
            stop_replicas(engine, goal, [replica], step=step)
    return bool(unproven)


def _unproven(engine: Engine, release: Release) -> Started:
    routed = [service for service in service_roles.rolling_services(release) if service.route]
    observed = engine.runtime.observe()
    pairs = [
        (s, replica) for s in routed for replica in service_roles.present(observed, service_roles.replica_names(s))
    ]
    if not pairs:
        return []
    known = routed_urls(engine.runtime.edge_url(release.edge), engine.fetch)
    return [(service, replica) for service, replica in pairs if f"http://{engine.runtime.server(replica)}" not in known]
