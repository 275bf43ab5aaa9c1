"""The routes to replicas: what Traefik is told, and whether it serves exactly that.

Traefik reads files only. A switch is confirmed by asking its API, never by waiting for some time.

Each of our services has two names there. Under its own a request is sent once; under `<name>-again` go those that the
reviewed routers allow to be repeated, and while a release is watched the old one answers where the new one fails them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from ops.engine import service_roles
from ops.engine.errors import EngineError
from ops.engine.http import Fetch
from ops.engine.model import Release, Replica, Route, Service
from ops.engine.runtime import Runtime
from ops.engine.waiter import Waiter
from ops.redact import first_words

SERVERS_FILE = "servers.yml"
MARK = "routes-"
AGAIN = "-again"  # the service for requests that may be repeated
NEW, OLD = "-new", "-old"  # Traefik's services while a new release is watched
CONFIRM_TIMEOUT_S = 30.0
HEALTH_CHECK = {"interval": "2s", "unhealthyInterval": "1s", "timeout": "3s"}
# Traefik allocates as much for every request with a body, however short it is. Those that may be repeated are GETs, and
# POSTs with a key that say to be shorter (public.yml).
ERRORS = {"status": ["500-599"], "maxRequestBodyBytes": 131_072}
# A replica that fails three times in a row is out until its health check passes again: so a request that nobody got,
# because none could be reached, is asked of the old release in the next attempt of `retry-unsent`.
PASSIVE = {"maxFailedAttempts": 3, "failureWindow": "2s"}


class Backends(NamedTuple):
    """The URLs of a service's replicas, and of those that answer where these fail."""

    servers: list[str]
    fallback: list[str]


Servers = dict[str, Backends]


def servers_of(
    release: Release, replicas: Iterable[Replica], runtime: Runtime, *, fallback: Iterable[Replica] = ()
) -> Servers:
    """Return what each routed service of a release has among these replicas; a fallback is of another fingerprint."""
    new, old = list(replicas), list(fallback)

    def urls(service: Service, some: list[Replica]) -> list[str]:
        return sorted(f"http://{runtime.server(replica)}" for replica in some if replica.service == service.name)

    return {
        service.name: Backends(
            urls(service, new), urls(service, [r for r in old if r.fingerprint != service.fingerprint])
        )
        for service in release.services
        if service.route
    }


def render_routes(release: Release, servers: Servers, *, attempt: str = "") -> dict[str, str]:
    """Return the dynamic files: the reviewed ones, and last `servers.yml` (JSON, which is YAML too).

    A middleware that nobody uses is named after the content of them all, and after `attempt`: where Traefik knows it,
    Traefik has read these files and no older ones.
    """
    services: dict[str, Any] = {}
    for service in release.services:
        if service.route:
            services |= balanced(service.name, service.route, servers.get(service.name, Backends([], [])))
    content = json.dumps([release.edge.dynamic_files, services, attempt], sort_keys=True)
    mark = f"{MARK}{hashlib.sha256(content.encode()).hexdigest()[:12]}"
    unused = {mark: {"headers": {"customResponseHeaders": {"X-Routes": mark}}}}
    written = {"http": {"middlewares": unused} | ({"services": services} if services else {})}
    return {**release.edge.dynamic_files, SERVERS_FILE: json.dumps(written, indent=1, sort_keys=True) + "\n"}


def balanced(name: str, route: Route, backends: Backends) -> dict[str, Any]:
    """Return the services that Traefik needs for one of ours.

    With a fallback the old replicas are asked instead of new ones that are out, and again what these failed, if that
    may be repeated.
    """
    if not backends.fallback:
        same = {"weighted": {"services": [{"name": name}]}}  # one balancer, so that nobody's health is asked twice
        return {name: _load_balancer(route, backends.servers), f"{name}{AGAIN}": same}
    pair = {"service": f"{name}{NEW}", "fallback": f"{name}{OLD}"}
    new = _load_balancer(route, backends.servers)
    new["loadBalancer"]["passiveHealthCheck"] = PASSIVE
    return {
        name: {"failover": pair},
        f"{name}{AGAIN}": {"failover": {**pair, "errors": ERRORS}},
        f"{name}{NEW}": new,
        f"{name}{OLD}": _load_balancer(route, backends.fallback),
    }


def mark_of(files: dict[str, str]) -> str:
    """Return the name of the middleware that tells whether Traefik has read these files."""
    names: list[str] = list(json.loads(files[SERVERS_FILE])["http"]["middlewares"])
    return next(name for name in names if name.startswith(MARK))


def _load_balancer(route: Route, urls: list[str]) -> dict[str, Any]:
    return {
        "loadBalancer": {
            "serversTransport": "upstream",
            "healthCheck": {"path": route.ready, "hostname": route.host, **HEALTH_CHECK},
            "servers": [{"url": url} for url in urls],
        }
    }


def confirm_routes(api_url: str, files: dict[str, str], *, fetch: Fetch, waiter: Waiter) -> None:
    """Wait until Traefik has read these files, and reports their servers, no others, and no router in error.

    Raises `EngineError` when it does not.
    """
    reason = "it was not asked"

    def is_confirmed() -> bool:
        nonlocal reason
        reason = find_difference(api_url, files, fetch=fetch)
        return not reason

    if not waiter.until(is_confirmed, timeout_s=CONFIRM_TIMEOUT_S, every_s=0.03):
        raise EngineError(
            "Traefik did not take over the new routes",
            why=f"after {CONFIRM_TIMEOUT_S:.0f} s: {reason}",
            fix="invoke logs --service traefik --since 5m",
        )


def find_difference(api_url: str, files: dict[str, str], *, fetch: Fetch) -> str:
    """Say what Traefik serves other than these files want; empty when it is exactly that."""
    if not fetch(f"{api_url}/api/http/middlewares/{mark_of(files)}@file").is_good:
        return "it has not read the new files"
    for name, wanted in json.loads(files[SERVERS_FILE])["http"].get("services", {}).items():
        answer = fetch(f"{api_url}/api/http/services/{name}@file")
        if not answer.is_good:
            return f"service `{name}`: {_reason(answer.status, answer.body)}"
        seen, expected = _backends(_json(answer.body)), _backends(wanted)
        if seen != expected:
            return f"service `{name}` has {seen}, not {expected}"
    return _router_errors(api_url, fetch)


def order_certificate(release: Release, runtime: Runtime, *, attempt: str) -> None:
    """Write the routes as they are, under another mark: Traefik orders what is missing when its files really change."""
    running = service_roles.present(runtime.observe(), service_roles.wanted_names(release))
    runtime.write_routes(render_routes(release, servers_of(release, running, runtime), attempt=attempt))


def is_answering(api_url: str, fetch: Fetch) -> bool:
    """Tell whether Traefik's API answers at all."""
    return fetch(f"{api_url}/api/overview").is_good


def read_routes(api_url: str, fetch: Fetch) -> dict[str, Any]:
    """Return what Traefik reports: its routers and services; `EngineError` when it does not answer."""
    found = {}
    for kind in ("routers", "services"):
        answer = fetch(f"{api_url}/api/http/{kind}?per_page=1000")
        if not answer.is_good:
            raise EngineError(
                "Traefik does not say what it routes",
                why=_reason(answer.status, answer.body),
                fix="invoke logs --service traefik --since 5m",
                family="host",
            )
        found[kind] = _json(answer.body)
    return found


def routed_urls(api_url: str, fetch: Fetch) -> set[str]:
    """Return the URLs that Traefik sends visitors to; none when it does not answer."""
    answer = fetch(f"{api_url}/api/http/services?per_page=1000") if api_url else None
    services = _json(answer.body) if answer and answer.is_good else []
    return {url for service in services or () if "loadBalancer" in service for url in _backends(service)}


def _router_errors(api_url: str, fetch: Fetch) -> str:
    answer = fetch(f"{api_url}/api/http/routers?per_page=1000")
    if not answer.is_good:
        return f"routers: {_reason(answer.status, answer.body)}"
    routers = _json(answer.body) or []
    broken = [f"router `{r.get('name')}`: {'; '.join(r['error'])}" for r in routers if r.get("error")]
    return ", ".join(broken)


def _backends(service: Any) -> list[str]:
    """Return the URLs of a balancer, or the names behind another service, as Traefik or a file states it."""
    stated = service if isinstance(service, dict) else {}
    if failover := stated.get("failover"):
        repeats = "again" if failover.get("errors") else "once"
        return [failover.get("service", ""), failover.get("fallback", ""), repeats]
    if weighted := stated.get("weighted"):
        return [one.get("name", "") for one in weighted.get("services") or ()]
    return sorted(server.get("url", "") for server in (stated.get("loadBalancer") or {}).get("servers") or ())


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _reason(status: int, body: bytes) -> str:
    text = first_words(body.decode("utf-8", "replace").strip(), 200)
    return f"status {status}: {text}" if status else text
