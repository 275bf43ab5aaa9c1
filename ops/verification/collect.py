"""Collects what can be seen of a running stack right now.

Probes from the public side, the engine's view from the inside; nothing on the host is changed. What cannot be looked
at is an observation too: it stands in `problems`, or in the `error` of an answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

from ops.engine.runtime import Listener
from ops.errors import OpsError
from ops.verification.engine_answers import Examined, django_parts, examined_from
from ops.verification.http import Prober, each, prober
from ops.verification.observations import LIMIT_S, Answer, Observations, ObservedHost, Port, Ran, Site
from ops.verification.port_scan import listeners, scan_known_ports, scan_ports
from ops.verification.requests import (
    TASKS,
    burst_size,
    django_command,
    is_ours,
    private_routes,
    public_routes,
    task_ended,
    task_path,
)


def run_api_task(asking: Prober, site: Site) -> Ran:
    """Have the worker look into the outbox, and wait until it did; exit code 0 when it succeeded."""
    began = time.monotonic()
    exit_code, said = _run_task(asking, site, deadline=began + LIMIT_S)
    return Ran(exit_code=exit_code, output=said, seconds=time.monotonic() - began)


def _run_task(asking: Prober, site: Site, *, deadline: float) -> tuple[int, str]:
    queued = asking.ask("POST", site.https + TASKS)
    task = task_path(queued)
    if not task:
        return 1, f"POST {TASKS}: {_said(queued)}"
    while time.monotonic() < deadline:
        seen = asking.get(site.https + task)
        succeeded = task_ended(seen)
        if succeeded is not None or seen.error:
            return 0 if succeeded else 1, f"POST {TASKS}: {_said(seen)}"
        time.sleep(0.05)  # until the worker has written the result; the deadline is above
    return 1, f"POST {TASKS}: the task did not end in {LIMIT_S:g} s"


def _said(answer: Answer) -> str:
    return f"{answer.summary} {' '.join(answer.body_head.split())}".strip()


THREADS = 24
COMMAND_LIMIT_S = 2 * LIMIT_S  # each part has its own limit within it; the rest is what a start of Django may take


def collect_observations(host: ObservedHost, site: Site, *, with_migrations: bool) -> Observations:
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
        burst = asking.burst(f"{site.https}/api/health", most=burst_size(site))
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


def _examined(host: ObservedHost) -> Examined:
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
    tried = scan_known_ports(site)  # while the host is examined
    seen = examined.result()
    listening = listeners(seen.services) if seen.listeners is None else seen.listeners
    return listening, (*tried, *scan_ports(site, listening, seen.services))


def _private(asking: Prober, site: Site, pool: ThreadPoolExecutor) -> dict[str, Future[Answer]]:
    def ask(url: str) -> Callable[[], Answer]:
        return lambda: asking.ask("GET", url, any_certificate=not is_ours(site, url))

    return {name: pool.submit(ask(url)) for name, url in private_routes(site).items()}


def _django(host: ObservedHost, site: Site, *, with_migrations: bool) -> Mapping[str, Ran]:
    ran = _run(host, "django", django_command(site, with_migrations=with_migrations))
    return django_parts(ran, with_migrations=with_migrations)


def _run(host: ObservedHost, service: str, command: tuple[str, ...]) -> Ran:
    began = time.monotonic()
    try:
        exit_code, output = host.run(service, command, timeout_s=COMMAND_LIMIT_S)
    except OpsError as error:
        return Ran(error=_words(error), seconds=time.monotonic() - began)
    return Ran(exit_code=exit_code, output=output, seconds=time.monotonic() - began)


def _words(error: OpsError) -> str:
    return f"{error.what}: {error.why}"
