"""What is Traefik told about the replicas, and does it serve exactly that?

Traefik reads files only. A switch is confirmed by asking its API, never by waiting for some time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from ops.engine import fleet
from ops.engine.errors import EngineError
from ops.engine.fetch import Fetch
from ops.engine.model import Release, Replica, Route
from ops.engine.runtime import Runtime
from ops.engine.waiting import Waiter

SERVERS_FILE = "servers.yml"
MARK = "routes-"
CONFIRM_TIMEOUT_S = 30.0
HEALTH_CHECK = {"interval": "5s", "unhealthyInterval": "2s", "timeout": "3s"}
Servers = dict[str, list[str]]  # service -> URL of each replica


def servers_of(release: Release, replicas: Iterable[Replica], runtime: Runtime) -> Servers:
    """Return the URLs that each routed service of a release has among these replicas."""
    fleet = list(replicas)
    return {
        service.name: sorted(f"http://{runtime.server(r)}" for r in fleet if r.service == service.name)
        for service in release.services
        if service.route
    }


def render_routes(release: Release, servers: Servers, *, attempt: str = "") -> dict[str, str]:
    """Return the dynamic files: the reviewed ones, and last `servers.yml` (JSON, which is YAML too).

    A middleware that nobody uses is named after the content of them all, and after `attempt`: where Traefik knows it,
    Traefik has read these files and no older ones.
    """
    services = {
        service.name: _load_balancer(service.route, servers.get(service.name, []))
        for service in release.services
        if service.route
    }
    content = json.dumps([release.edge.dynamic_files, services, attempt], sort_keys=True)
    mark = f"{MARK}{hashlib.sha256(content.encode()).hexdigest()[:12]}"
    unused = {mark: {"headers": {"customResponseHeaders": {"X-Routes": mark}}}}
    written = {"http": {"middlewares": unused} | ({"services": services} if services else {})}
    return {**release.edge.dynamic_files, SERVERS_FILE: json.dumps(written, indent=1, sort_keys=True) + "\n"}


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


def confirm_routes(api_url: str, servers: Servers, *, mark: str, fetch: Fetch, waiter: Waiter) -> None:
    """Wait until Traefik has read the marked files, and reports these servers, no others, and no router in error.

    Raises `EngineError` when it does not.
    """
    reason = "it was not asked"

    def is_confirmed() -> bool:
        nonlocal reason
        reason = find_difference(api_url, servers, mark=mark, fetch=fetch)
        return not reason

    if not waiter.until(is_confirmed, timeout_s=CONFIRM_TIMEOUT_S, every_s=0.03):
        raise EngineError(
            "Traefik did not take over the new routes",
            why=f"after {CONFIRM_TIMEOUT_S:.0f} s: {reason}",
            fix="invoke logs --service traefik --since 5m",
        )


def find_difference(api_url: str, servers: Servers, *, mark: str, fetch: Fetch) -> str:
    """Say what Traefik serves other than these servers; empty when it is exactly them."""
    if not fetch(f"{api_url}/api/http/middlewares/{mark}@file").is_good:
        return "it has not read the new files"
    for name, urls in servers.items():
        answer = fetch(f"{api_url}/api/http/services/{name}@file")
        if not answer.is_good:
            return f"service `{name}`: {_reason(answer.status, answer.body)}"
        seen = _server_urls(_json(answer.body))
        if seen != sorted(urls):
            return f"service `{name}` has {seen}, not {sorted(urls)}"
    return _router_errors(api_url, fetch)


def order_certificate(release: Release, runtime: Runtime, *, attempt: str) -> None:
    """Write the routes as they are, under another mark: Traefik orders what is missing when its files really change."""
    running = fleet.present(runtime.observe(), fleet.wanted_names(release))
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


def _router_errors(api_url: str, fetch: Fetch) -> str:
    answer = fetch(f"{api_url}/api/http/routers?per_page=1000")
    if not answer.is_good:
        return f"routers: {_reason(answer.status, answer.body)}"
    routers = _json(answer.body) or []
    broken = [f"router `{r.get('name')}`: {'; '.join(r['error'])}" for r in routers if r.get("error")]
    return ", ".join(broken)


def _server_urls(service: Any) -> list[str]:
    balancer = service.get("loadBalancer") or {} if isinstance(service, dict) else {}
    return sorted(server.get("url", "") for server in balancer.get("servers") or ())


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _reason(status: int, body: bytes) -> str:
    text = body.decode("utf-8", "replace").strip()[:200]
    return f"status {status}: {text}" if status else text
