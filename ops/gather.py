"""What can be seen of a running stack right now?

Probes from the public side, the engine's view from the inside; nothing on the host is changed. What cannot be looked
at is an observation too: it stands in `problems`, or in the `error` of an answer.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

from ops.api_task import run_api_task
from ops.errors import OpsError
from ops.listeners import listeners, outside_addresses
from ops.observations import (
    LIMIT_S,
    Answer,
    Listener,
    Observations,
    Port,
    Ran,
    ServiceState,
    Site,
    services_from,
)
from ops.probes import Prober, connect, each, prober
from ops.questions import EVENTS, FIRST_EVENT, commands, event_of, private_routes, public_routes

THREADS = 16
COMMANDS_AT_ONCE = 2  # each keeps a core busy while Python and Django start; more would only time each other out
LOG_LINES = 300
OUTSIDE_PORTS_MOST = 32
COMMAND_LIMIT_S = 2 * LIMIT_S  # the check fails after LIMIT_S, but the artifact still shows what the command said


class Host(Protocol):
    """Where the stack runs: ask the engine for JSON, or for lines."""

    def engine(self, verb: str, *words: str) -> Any:
        """Run an engine command and return its JSON; raises OpsError."""

    def run(self, service: str, command: tuple[str, ...], *, timeout_s: float) -> tuple[int, str]:
        """Run a command of a service; return its exit code and output; raises OpsError."""

    def stream(self, verb: str, *words: str) -> Iterator[str]:
        """Run an engine command and yield its lines; raises OpsError."""


def gather(host: Host, site: Site, *, with_migrations: bool) -> Observations:
    """Look at everything once; takes about as long as Django's commands do. Never raises for what it finds.

    `with_migrations` asks Django which migrations are applied, for a run whose own migrate job did not tell.
    """
    with (
        prober(address=site.address, ca_file=site.ca_file) as asking,
        ThreadPoolExecutor(THREADS) as pool,
        ThreadPoolExecutor(COMMANDS_AT_ONCE) as commands_pool,
    ):
        status = pool.submit(_status, host, site)
        events = asking.get(site.https + EVENTS)
        asked = commands(site, event_id=event_of(events) or FIRST_EVENT, with_migrations=with_migrations)
        running = {name: commands_pool.submit(_run, host, site, *command) for name, command in asked.items()}
        logs = {name: pool.submit(_logs, host, site, name) for name in ("traefik", "api")}
        task = pool.submit(run_api_task, asking, site, events)
        answers = {**each(asking, public_routes(site)), **_private(asking, site)}
        services, problems = status.result()
        found = listeners(services)
        outside = _outside(found)
        ran = {"task-from-api": task.result()}
        # After all other requests, because it uses up what the rate limit allows this address.
        burst = asking.burst(f"{site.https}/api/health", most=_burst_size(site))
        ran |= {name: future.result() for name, future in running.items()}
        texts, log_problems = _texts({name: future.result() for name, future in logs.items()})
    return Observations(
        answers=answers,
        burst=burst,
        outside=outside,
        listeners=found,
        services=services,
        commands=ran,
        logs=texts,
        static_config=_static_config(site, services),
        problems={**problems, **log_problems},
    )


def _status(host: Host, site: Site) -> tuple[tuple[ServiceState, ...], dict[str, str]]:
    try:
        return services_from(host.engine("status")), {}
    except OpsError as error:
        return (), {"status": _words(error)}


def _private(asking: Prober, site: Site) -> dict[str, Answer]:
    return {
        name: asking.ask("GET", url, any_certificate=url.partition("://")[2].partition("/")[0] not in site.https)
        for name, url in private_routes(site).items()
    }


def _run(host: Host, site: Site, service: str, command: tuple[str, ...]) -> Ran:
    began = time.monotonic()
    try:
        exit_code, output = host.run(service, command, timeout_s=COMMAND_LIMIT_S)
    except OpsError as error:
        return Ran(error=_words(error), seconds=time.monotonic() - began)
    return Ran(exit_code=exit_code, output=output, seconds=time.monotonic() - began)


def _logs(host: Host, site: Site, service: str) -> tuple[str, str]:
    """Return the last lines of a service, and what went wrong instead."""
    try:
        lines = host.stream("logs", "--service", service, "--lines", str(LOG_LINES))
        return "".join(lines), ""
    except OpsError as error:
        return "", _words(error)


def _texts(logs: Mapping[str, tuple[str, str]]) -> tuple[dict[str, str], dict[str, str]]:
    texts = {name: text for name, (text, problem) in logs.items() if not problem}
    problems = {f"logs of {name}": problem for name, (_, problem) in logs.items() if problem}
    return texts, problems


def _outside(seen: tuple[Listener, ...]) -> tuple[Port, ...]:
    ours = sorted({one.port for one in seen if one.owner})[:OUTSIDE_PORTS_MOST]
    pairs = [(address, port) for address in outside_addresses() for port in ours]
    with ThreadPoolExecutor(THREADS) as pool:
        return tuple(pool.map(lambda pair: connect(*pair), pairs))


def _static_config(site: Site, services: tuple[ServiceState, ...]) -> str:
    """Read what Traefik was started with, from its scratch folder."""
    for one in services:
        file = Path(site.root) / "replicas" / one.replica / "traefik.yml"
        if one.service == "traefik" and file.is_file():
            return file.read_text(encoding="utf-8")
    return ""


def _burst_size(site: Site) -> int:
    return min(2 * site.rate_limit_burst + 50, 1000)


def _words(error: OpsError) -> str:
    return f"{error.what}: {error.why}"
