"""What is asked of a stack to verify it: which URLs, which commands, which task?"""

from __future__ import annotations

import json

from ops.observations import Answer, Site

Command = tuple[str, tuple[str, ...]]  # the service, and what runs in it

MANAGE = ("python", "manage.py")
# The ping is a task, Celery's own that returns what it was given: it goes the way that all work goes, and needs no
# remote control in the worker.
PING = """
import json, time
from config.celery import app
began = time.monotonic()
reply = app.send_task("celery.accumulate", ["pong"]).get(timeout=4)
print(json.dumps({"reply": reply, "seconds": round(time.monotonic() - began, 3)}))
"""
EVENTS = "/api/events?limit=1"
FIRST_EVENT = 1  # asked for when the API lists none: the answer then says what is wrong
TASK_LIMIT_S = 4
FINISHED = {"SUCCESS": True, "FAILURE": False}


def commands(site: Site, *, event_id: int, with_migrations: bool) -> dict[str, Command]:
    """Return the commands whose outcome is looked at; `event_id` is the event that Django has recounted."""
    recount = (*MANAGE, "recount", "--event", str(event_id), "--wait", "--timeout", str(TASK_LIMIT_S))
    level = "WARNING" if site.environment == "production" else "ERROR"  # DEBUG may be on in development
    asked: dict[str, Command] = {
        "celery-ping": ("django", ("python", "-c", PING)),
        "django-check-deploy": ("django", (*MANAGE, "check", "--deploy", "--fail-level", level)),
        "schema-compat-check": ("django", (*MANAGE, "schema_check", "--json")),
        "task-from-django": ("django", recount),
        "traefik-env": ("traefik", ("env",)),
    }
    return asked | ({"django-migrate": ("django", (*MANAGE, "showmigrations", "--plan"))} if with_migrations else {})


def public_routes(site: Site) -> dict[str, tuple[str, str]]:
    """Return the requests that a stranger may make, by the names that the checks know."""
    pages = {
        "home": "/",
        "deep-link": "/events/1",
        "static-file": "/static/admin/css/base.css",
        "static-not-found": "/static/there-is-no-such-file.css",
        "api-root": "/api/",
        "api-not-found": "/api/there-is-no-such-route",
        "api-health": "/api/health",
        "api-health-slash": "/api/health/",
    }
    asked = {name: ("GET", site.https + path) for name, path in pages.items()}
    asked |= {f"{name}-head": ("HEAD", site.https + pages[name]) for name in ("api-health", "api-health-slash")}
    asked |= {"http-home": ("GET", f"{site.http}/"), "http-path": ("GET", f"{site.http}/api/health?from=http")}
    return asked | {"rawdata": ("GET", f"{site.internal_url}/api/rawdata")}


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
    by_path = {name: site.https + path for name, path in paths.items()}
    return by_path | {name: f"https://{host}.{site.domain}{port}/" for name, host in hosts.items()}


def event_of(events: Answer) -> int | None:
    """Return the id of the first listed event; None when there is none."""
    try:
        return int(json.loads(events.body_head)["events"][0]["id"])
    except (ValueError, KeyError, IndexError, TypeError):
        return None


def task_path(queued: Answer) -> str:
    """Return where the task that was queued can be looked up; empty when nothing was queued."""
    try:
        return f"/api/tasks/{json.loads(queued.body_head)['task_id']}"
    except (ValueError, KeyError, TypeError):
        return ""


def task_ended(task: Answer) -> bool | None:
    """Tell whether a task succeeded; None while it still runs, or when that cannot be read."""
    try:
        return FINISHED.get(json.loads(task.body_head)["state"])
    except (ValueError, KeyError, TypeError):
        return None
