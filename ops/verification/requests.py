"""What is asked of a stack to verify it: which URLs, which command, which task."""

from __future__ import annotations

import json

from ops.verification.observations import LIMIT_S, Answer, Site

MANAGE = ("python", "manage.py")
TASKS = "/api/tasks"
UNLOCKED = ("metrics", "healthcheck")
FINISHED = {"SUCCESS": True, "FAILURE": False}


def django_command(site: Site, *, with_migrations: bool, limit_s: float = LIMIT_S) -> tuple[str, ...]:
    """Return the command that asks Django everything; see `django/signups/examination.py`."""
    level = "WARNING" if site.environment == "production" else "ERROR"  # DEBUG may be on in development
    more = ("--migrations",) if with_migrations else ()
    return (*MANAGE, "examine", "--fail-level", level, "--limit", f"{limit_s:g}", *more, "--json")


def public_routes(site: Site) -> dict[str, tuple[str, str]]:
    """Return the requests that a stranger may make, by the names that the checks know."""
    pages = {
        "home": "/",
        "deep-link": "/sign-in",
        "static-file": "/static/admin/css/base.css",
        "static-not-found": "/static/there-is-no-such-file.css",
        "api-root": "/api/",
        "api-not-found": "/api/there-is-no-such-route",
        "graphql": "/graphql",
        "api-health": "/api/health",
        "api-health-slash": "/api/health/",
    }
    asked = {name: ("GET", site.https + path) for name, path in pages.items()}
    asked |= {f"{name}-head": ("HEAD", site.https + pages[name]) for name in ("api-health", "api-health-slash")}
    return asked | {"http-home": ("GET", f"{site.http}/"), "http-path": ("GET", f"{site.http}/api/health?from=http")}


def private_routes(site: Site) -> dict[str, str]:
    """Return the addresses at which admin, Flower and the dashboard must not answer a stranger."""
    port = site.https.removeprefix(f"https://{site.domain}")
    paths = {
        "private-admin": "/admin/",
        "private-flower": "/flower/",
        "private-dashboard": "/dashboard/",
        "private-traefik-api": "/api/rawdata",
    }
    hosts = {"private-admin-host": "admin", "private-flower-host": "flower", "private-dashboard-host": "traefik"}
    asked = {name: site.https + path for name, path in paths.items()}
    asked |= {name: f"https://{host}.{site.domain}{port}/" for name, host in hosts.items()}
    if "flower" in site.exposed:  # it asks for no password there
        asked |= {f"private-flower-{path}": f"https://flower.{site.domain}{port}/{path}" for path in UNLOCKED}
    return asked


def is_ours(site: Site, url: str) -> bool:
    """Tell whether a URL is of the site's own name, whose certificate has to be right."""
    return url.startswith(f"{site.https}/")


def task_path(queued: Answer) -> str:
    """Return where the task that was queued can be looked up; empty when nothing was queued."""
    try:
        return f"{TASKS}/{json.loads(queued.body_head)['task_id']}"
    except (ValueError, KeyError, TypeError):
        return ""


def task_ended(task: Answer) -> bool | None:
    """Tell whether a task succeeded; None while it still runs, or when that cannot be read."""
    try:
        return FINISHED.get(json.loads(task.body_head)["state"])
    except (ValueError, KeyError, TypeError):
        return None
