"""What this host can show of the running stack, in one answer.

A verification asks once instead of eight times: over SSH every question costs its round trips. What cannot be looked at
is an answer too, it stands under `problems`.
"""

from __future__ import annotations

import dataclasses
import functools
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ops.engine.errors import EngineError
from ops.engine.host.state import Store
from ops.engine.http import Fetch
from ops.engine.model import Release
from ops.engine.rollout.journal_events import as_engine_error
from ops.engine.runtime import LogQuery, Runtime
from ops.engine.service_roles import EDGE_SERVICE
from ops.engine.status import read_status

LIMIT_S = 20.0  # whoever asks judges how long a part took
READY_S = 10.0  # for a replica to say that it is ready, on a host that has much to do
LOGGED = (EDGE_SERVICE, "api")
ENVIRONMENT_TIMEOUT_S = 5.0
Part = Callable[[], Any]
Outcome = tuple[Any, str, float]  # what a part says, why it says nothing, and how long it took


def examine(root: Path, runtime: Runtime, fetch: Fetch, *, log_lines: int, limit_s: float = LIMIT_S) -> dict[str, Any]:
    """Return status, listeners, static_config, rawdata, environment, logs and problems; never raises for what it sees.

    `listeners` is None where the runtime leaves them to the operator's side. `rawdata` is what Traefik's API answers,
    `environment` what `env` prints in its image and environment. `seconds` is how long each took, `now` this host's
    clock, which need not be the operator's, `uptime` for how long the host has been up; None where nobody says.
    """
    parts: dict[str, Part] = {
        "status": lambda: read_status(root, runtime, with_health=True, ready_s=READY_S),
        "listeners": lambda: _listeners(runtime),
        "static_config": runtime.static_config,
        "rawdata": lambda: _rawdata(_live(root), runtime, fetch),
        "environment": lambda: _environment(_live(root), runtime),
        **{f"logs of {name}": functools.partial(_log, runtime, name, log_lines) for name in LOGGED},
    }
    outcomes = _all(parts, limit_s=limit_s)
    seen = {name: answer for name, (answer, _, _) in outcomes.items()}
    return {
        **{name: seen[name] for name in ("status", "listeners", "static_config", "rawdata", "environment")},
        "logs": {name: seen[f"logs of {name}"] or "" for name in LOGGED},
        "problems": {name: problem for name, (_, problem, _) in outcomes.items() if problem},
        "seconds": {name: round(seconds, 3) for name, (_, _, seconds) in outcomes.items()},
        "now": time.time(),
        "uptime": _uptime_s(),
    }


def _all(parts: Mapping[str, Part], *, limit_s: float) -> dict[str, Outcome]:
    """Do the parts at the same time; one that is late is left behind, and ends with this process."""
    done: dict[str, Outcome] = {}

    def attempt(name: str) -> None:
        done[name] = _attempt(parts[name])

    threads = [threading.Thread(target=attempt, args=(name,), daemon=True) for name in parts]
    deadline = time.monotonic() + limit_s
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    late = (None, f"it did not end within {limit_s:g} s", limit_s)
    return {name: done.get(name, late) for name in parts}


def _attempt(part: Part) -> Outcome:
    """Return what a part says, or why it says nothing."""
    began = time.monotonic()
    try:
        return part(), "", time.monotonic() - began
    except Exception as error:  # noqa: BLE001 - whatever it was, the other parts are still worth having
        told = as_engine_error(error)
        return None, f"{told.what}: {told.why}", time.monotonic() - began


def _uptime_s() -> float | None:
    try:
        return float(Path("/proc/uptime").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):  # not on macOS
        return None


def _listeners(runtime: Runtime) -> list[dict[str, Any]] | None:
    found = runtime.listeners()
    return None if found is None else [dataclasses.asdict(one) for one in found]


def _rawdata(live: Release, runtime: Runtime, fetch: Fetch) -> dict[str, Any]:
    url = f"{runtime.edge_url(live.edge)}/api/rawdata"
    if url.startswith("/"):
        raise _refused("Traefik's API was not asked", why="Traefik does not run")
    began = time.monotonic()
    answer = fetch(url)
    text = answer.body.decode("utf-8", "replace")
    return {"url": url, "status": answer.status, "text": text, "seconds": time.monotonic() - began}


def _environment(live: Release, runtime: Runtime) -> dict[str, Any]:
    service = live.service(EDGE_SERVICE)
    began = time.monotonic()
    code, output = runtime.run_once(service, ("env",), timeout_s=ENVIRONMENT_TIMEOUT_S)
    return {"exit_code": code, "output": output, "seconds": time.monotonic() - began}


def _log(runtime: Runtime, service: str, lines: int) -> str:
    query = LogQuery(services=(service,), lines=lines)
    return "".join(f"{line.replica} | {line.text}\n" for line in runtime.read_lines(query))


def _live(root: Path) -> Release:
    live = Store(root).live()
    if live is None:
        raise _refused("no release is live on this host", why=f"`{root}` has no record of one")
    return live


def _refused(what: str, *, why: str) -> EngineError:
    return EngineError(what, why=why, fix="invoke deploy", family="host")
