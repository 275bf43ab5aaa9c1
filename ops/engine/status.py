"""What runs on this host, and whether it is well."""

from __future__ import annotations

import functools
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ops.engine import service_roles
from ops.engine.host.lock import lock_holder
from ops.engine.host.state import Store
from ops.engine.http import fetch
from ops.engine.model import Release, Replica, Service
from ops.engine.parallel import each
from ops.engine.rollout.gate import is_ready_now
from ops.engine.runtime import Runtime

READY_S = 2.0
Row = dict[str, Any]
MISSING = "missing"  # the live release wants it, and there is nothing of this name
LAST_LINES = 5  # the last ones may be empty


def read_status(root: Path, runtime: Runtime, *, with_health: bool, ready_s: float = READY_S) -> dict[str, Any]:
    """Return the live release, its replicas (with those that are missing), and who holds the lock.

    `ready_s` is how long a replica may take to say that it is ready.
    """
    store = Store(root)
    live = store.live()
    observed = runtime.observe()
    known = (live, *store.kept_releases())
    memory = runtime.memory_mib() if with_health else {}

    def describe(replica: Replica) -> Row:
        service = service_roles.find_service(replica, known) if with_health else None
        last = "" if replica.state == "running" or not with_health else _last_line(runtime, replica.name)
        health = _health(runtime, service, replica, ready_s)
        return {**_row(replica), "healthy": health, "rss_mib": memory.get(replica.name), "last_line": last}

    rows = each(observed, describe, workers=8)
    holder = lock_holder(root)
    return {
        "release": live.id if live else None,
        "scale": store.read().scale,
        "services": sorted([*rows, *_missing(live, observed)], key=lambda row: row["replica"]),
        "lock": asdict(holder) if holder else None,
    }


def _health(runtime: Runtime, service: Service | None, replica: Replica, ready_s: float) -> bool | None:
    if service is None:
        return None
    asking = functools.partial(fetch, timeout_s=ready_s)
    return service_roles.is_present(replica) and is_ready_now(runtime, asking, service, replica).is_ready


def _last_line(runtime: Runtime, name: str) -> str:
    """Return the last line that a replica wrote which is not empty."""
    written = [line.strip() for line in runtime.logs(name, lines=LAST_LINES)]
    return next((line for line in reversed(written) if line), "")


def _row(replica: Replica) -> Row:
    raw = asdict(replica)
    keys = ("service", "state", "condition", "exit_code", "pid", "port", "image_id", "started_at", "restarts")
    return {"replica": replica.name, **{key: raw[key] for key in keys}}


def _missing(live: Release | None, observed: service_roles.Replicas) -> list[Row]:
    there = {replica.name for replica in observed}
    return [
        {**_row(_absent(service, name)), "healthy": False, "rss_mib": None, "last_line": ""}
        for service in (service_roles.long_running(live) if live else ())
        for name in service_roles.replica_names(service)
        if name not in there
    ]


def _absent(service: Service, name: str) -> Replica:
    image_id, fingerprint = service.image.id, service.fingerprint
    return Replica(
        name=name,
        service=service.name,
        fingerprint=fingerprint,
        image_id=image_id,
        port=0,
        state="stopped",
        condition=MISSING,
    )
