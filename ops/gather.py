"""What can be seen of a running stack right now?

Probes from the public side, the engine's view from the inside; nothing on the host is changed. What cannot be looked
at is an observation too: it stands in `problems`, or in the `error` of an answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Protocol

from ops.api_task import run_api_task
from ops.engine.runtime import Listener
from ops.errors import OpsError
from ops.examination import Examined, django_parts, examined_from
from ops.listeners import listeners
from ops.observations import LIMIT_S, Answer, Observations, Port, Ran, Site
from ops.probes import Prober, each, prober
from ops.questions import django_command, is_ours, private_routes, public_routes
from ops.sweep import sweep, sweep_known

THREADS = 24
COMMAND_LIMIT_S = 2 * LIMIT_S  # each part has its own limit within it; the rest is what a start of Django may take


class Host(Protocol):
    """Where the stack runs."""

    def examine(self) -> dict[str, Any]:
        """Return what the engine's `examine` prints; raises OpsError."""

    def run(self, service: str, command: tuple[str, ...], *, timeout_s: float) -> tuple[int, str]:
        """Run a command of a service; return its exit code and output; raises OpsError."""


def gather(host: Host, site: Site, *, with_migrations: bool) -> Observations:
    """Look at everything once; takes about as long as Django needs to start. Never raises for what it finds.

    `with_migrations` asks Django which migrations are applied, for a run whose own migrate job did not tell.
    """
    with (
        prober(address=site.address, ca_file=site.ca_file, staging=site.is_untrusted_staging) as asking,
        ThreadPoolExecutor(THREADS) as pool,
    ):
        django = pool.submit(_django, host, site, with_migrations=with_migrations)
        examined = pool.submit(_examined, host)
        ports = pool.submit(_ports, examined, site)
        private = _private(asking, site, pool)
        task = pool.submit(run_api_task, asking, site)
        answers = each(asking, public_routes(site))
        answers |= {name: future.result() for name, future in private.items()}
        ran = {"task-from-api": task.result()}
        # After all other requests, because it uses up what the rate limit allows this address.
        burst = asking.burst(f"{site.https}/api/health", most=_burst_size(site))
        ran |= django.result()
        listening, outside = ports.result()
    return _observations(examined.result(), answers=answers, burst=burst, outside=outside, listening=listening, ran=ran)


def _observations(
    examined: Examined,
    *,
    answers: dict[str, Answer],
    burst: tuple[Answer, ...],
    outside: tuple[Port, ...],
    listening: tuple[Listener, ...],
    ran: dict[str, Ran],
) -> Observations:
    return Observations(
        at=datetime.now(UTC),
        answers={**answers, "rawdata": examined.rawdata},
        burst=burst,
        outside=outside,
        listeners=listening,
        services=examined.services,
        commands={**ran, "traefik-env": examined.environment},
        logs=examined.logs,
        static_config=examined.static_config,
        problems=examined.problems,
    )


def _examined(host: Host) -> Examined:
    try:
        return examined_from(host.examine())
    except OpsError as error:
        why = _words(error)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        why = f"the engine's answer is not understood: {type(error).__name__}: {error}"
    failed = Examined(problems={"host": why})
    return replace(failed, rawdata=replace(failed.rawdata, error=why), environment=Ran(error=why))


def _ports(examined: Future[Examined], site: Site) -> tuple[tuple[Listener, ...], tuple[Port, ...]]:
    """Return what listens on the host, and what of it is open from outside."""
    tried = sweep_known(site)  # while the host is examined
    seen = examined.result()
    listening = listeners(seen.services) if seen.listeners is None else seen.listeners
    return listening, (*tried, *sweep(site, listening, seen.services))


def _private(asking: Prober, site: Site, pool: ThreadPoolExecutor) -> dict[str, Future[Answer]]:
    def ask(url: str) -> Callable[[], Answer]:
        return lambda: asking.ask("GET", url, any_certificate=not is_ours(site, url))

    return {name: pool.submit(ask(url)) for name, url in private_routes(site).items()}


def _django(host: Host, site: Site, *, with_migrations: bool) -> Mapping[str, Ran]:
    ran = _run(host, "django", django_command(site, with_migrations=with_migrations))
    return django_parts(ran, with_migrations=with_migrations)


def _run(host: Host, service: str, command: tuple[str, ...]) -> Ran:
    began = time.monotonic()
    try:
        exit_code, output = host.run(service, command, timeout_s=COMMAND_LIMIT_S)
    except OpsError as error:
        return Ran(error=_words(error), seconds=time.monotonic() - began)
    return Ran(exit_code=exit_code, output=output, seconds=time.monotonic() - began)


def _burst_size(site: Site) -> int:
    return min(2 * site.rate_limit_burst + 50, 1000)


def _words(error: OpsError) -> str:
    return f"{error.what}: {error.why}"
