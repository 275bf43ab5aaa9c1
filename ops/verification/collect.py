"""Collects what can be seen of a running stack right now.

Probes from the public side, the engine's view from the inside; nothing on the host is changed. What cannot be looked
at is an observation too: it stands in `problems`, or in the `error` of an answer.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from ops.engine.http import own_loopback
from ops.engine.runtime import Listener
from ops.errors import OpsError
from ops.verification.engine_answers import Examined, answers_from, burst_from, django_parts, examined_from
from ops.verification.http import TOO_MANY_REQUESTS, Prober, each, prober
from ops.verification.observations import LIMIT_S, Answer, Burst, Observations, ObservedHost, Port, Ran, Site
from ops.verification.port_scan import listeners, scan_known_ports, scan_ports
from ops.verification.rate_limit import RateLimit, served_limits
from ops.verification.requests import (
    TASKS,
    django_command,
    is_ours,
    private_routes,
    public_routes,
    task_ended,
    task_path,
)
from ops.verification.shown_certificate import is_trusted_by_browsers

THREADS = 24
START_S = 45.0  # what a start of Django may take on a host that has much to do


class Asking(Protocol):
    """Whoever asks the public side: this machine, or the host itself."""

    def ask(self, method: str, url: str) -> Answer:
        """Ask for a URL; never raises."""


class FromTheHost:
    """Asks the public side from the host, where no rate limit of ours is shared with others."""

    def __init__(self, host: ObservedHost, site: Site, *, limit_s: float) -> None:
        self._host, self._site, self._limit_s = host, site, limit_s

    def ask(self, method: str, url: str) -> Answer:
        """Ask for a URL; never raises."""
        return self.each([(method, url)])[0]

    def each(self, questions: list[tuple[str, str]]) -> tuple[Answer, ...]:
        """Ask for several, one after the other, on one way to the host."""
        try:
            return answers_from(self._engine("--questions", json.dumps(questions)))
        except (OpsError, KeyError, TypeError, ValueError) as error:
            return tuple(Answer(url=url, method=method, error=_words(error)) for method, url in questions)

    def burst(self, url: str, *, most: int) -> Burst:
        """Ask for a URL until the first 429."""
        try:
            return burst_from(self._engine("--burst", url, "--most", str(most)))
        except (OpsError, KeyError, TypeError, ValueError) as error:
            return Burst(why=_words(error))

    def _engine(self, *words: str) -> object:
        return self._host.engine("ask", "--at", self._site.entrance, "--limit", f"{self._limit_s:g}", *words)


def collect_observations(
    host: ObservedHost,
    site: Site,
    *,
    with_migrations: bool,
    limit_s: float = LIMIT_S,
    burst: Burst | None = None,
) -> Observations:
    """Look at everything once; takes about as long as Django needs to start. Never raises for what it finds.

    `with_migrations` asks Django which migrations are applied, for a run whose own migrate job did not tell. `burst` is
    one that was made already, and is not made again.
    """
    source = own_loopback() if site.loopback_only else ""  # what runs beside us on this machine has an address too
    staging = site.is_untrusted_staging
    from_host = FromTheHost(host, site, limit_s=limit_s)
    with (
        prober(address=site.address, ca_file=site.ca_file, staging=staging, limit_s=limit_s, source=source) as asking,
        ThreadPoolExecutor(THREADS) as pool,
    ):
        django = pool.submit(_django, host, site, with_migrations=with_migrations, limit_s=limit_s)
        examined = pool.submit(_examined, host)
        ports = pool.submit(_ports, examined, site)
        private = _private(asking, site, pool)
        task = pool.submit(run_api_task, asking, site, from_host=from_host, limit_s=limit_s)
        trusted = pool.submit(_is_trusted, site)
        answers = each(asking, public_routes(site))
        answers |= {name: future.result() for name, future in private.items()}
        answers |= _asked_from(from_host, answers)
        ran = {"task-from-api": task.result()}
        # After all other requests: where the host has no address of its own, it uses up what ours may ask.
        burst = burst or _burst(from_host, site, examined.result())
        ran |= django.result()
        listening, outside = ports.result()
    seen = _observations(examined.result(), answers=answers, burst=burst, outside=outside, listening=listening, ran=ran)
    return replace(seen, is_trusted=trusted.result())


def run_api_task(asking: Asking, site: Site, *, from_host: Asking, limit_s: float = LIMIT_S) -> Ran:
    """Have the worker look into the outbox, and wait until it did; exit code 0 when it succeeded."""
    began = time.monotonic()
    queued = asking.ask("POST", site.https + TASKS)
    if queued.status == TOO_MANY_REQUESTS:
        asking = from_host
        queued = asking.ask("POST", site.https + TASKS)
    if queued.status == TOO_MANY_REQUESTS:
        return Ran(exit_code=1, output=f"POST {TASKS}: {_said(queued)}", is_limited=True)
    exit_code, said = _end_of_task(asking, site, queued, deadline=began + limit_s, limit_s=limit_s)
    return Ran(exit_code=exit_code, output=said, seconds=time.monotonic() - began)


def _end_of_task(asking: Asking, site: Site, queued: Answer, *, deadline: float, limit_s: float) -> tuple[int, str]:
    task = task_path(queued)
    if not task:
        return 1, f"POST {TASKS}: {_said(queued)}"
    while time.monotonic() < deadline:
        seen = asking.ask("GET", site.https + task)
        succeeded = task_ended(seen)
        if succeeded is not None or seen.error:
            return 0 if succeeded else 1, f"POST {TASKS}: {_said(seen)}"
        time.sleep(0.05)  # until the worker has written the result; the deadline is above
    return 1, f"POST {TASKS}: the task did not end in {limit_s:g} s"


def _said(answer: Answer) -> str:
    return f"{answer.summary} {' '.join(answer.body_head.split())}".strip()


def _asked_from(from_host: FromTheHost, answers: Mapping[str, Answer]) -> dict[str, Answer]:
    """Ask from the host what this address may not ask now: our own 429 says nothing about the health of anything."""
    limited = {name: one for name, one in answers.items() if one.status == TOO_MANY_REQUESTS}
    if not limited:
        return {}
    seen = from_host.each([(one.method, one.url) for one in limited.values()])
    return {name: one for name, one in zip(limited, seen, strict=True) if not one.error}


def _burst(from_host: FromTheHost, site: Site, examined: Examined) -> Burst:
    """Ask for the API's health until the limit that Traefik serves is met, unless it is larger than may be tried."""
    if "host" in examined.problems:
        return Burst(why=examined.problems["host"])
    limit = _limit_of(examined, site)
    if not limit.trial:
        return Burst(why=f"{limit.words} are more than may be tried")
    return from_host.burst(f"{site.https}/api/health", most=limit.trial)


def _limit_of(examined: Examined, site: Site) -> RateLimit:
    """Return the limit that Traefik serves; where that cannot be read, the one of the settings."""
    try:
        served = [one for one in served_limits(examined.rawdata.body_head).values() if one]
    except ValueError:
        served = []
    return served[0] if served else RateLimit(per_second=0, burst=site.rate_limit_burst)


def _observations(
    examined: Examined,
    *,
    answers: dict[str, Answer],
    burst: Burst,
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
        seconds=examined.seconds,
        release=examined.release,
        host_time=examined.host_time,
        host_uptime=examined.host_uptime,
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


def _is_trusted(site: Site) -> bool:
    """Tell whether browsers trust a certificate that was ordered from somebody whom they must not trust."""
    untrusted = site.issuer in {"staging", "private"}
    return untrusted and is_trusted_by_browsers(site.address, site.https_port, site.domain)


def _private(asking: Prober, site: Site, pool: ThreadPoolExecutor) -> dict[str, Future[Answer]]:
    def ask(url: str) -> Callable[[], Answer]:
        return lambda: asking.ask("GET", url, any_certificate=not is_ours(site, url))

    return {name: pool.submit(ask(url)) for name, url in private_routes(site).items()}


def _django(host: ObservedHost, site: Site, *, with_migrations: bool, limit_s: float) -> Mapping[str, Ran]:
    command = django_command(site, with_migrations=with_migrations, limit_s=limit_s)
    # Each part has its own limit within it; the rest is what a start of Django may take.
    patience_s = limit_s + (limit_s if limit_s <= LIMIT_S else START_S)
    return django_parts(_run(host, "django", command, timeout_s=patience_s), with_migrations=with_migrations)


def _run(host: ObservedHost, service: str, command: tuple[str, ...], *, timeout_s: float) -> Ran:
    began = time.monotonic()
    try:
        exit_code, output = host.run(service, command, timeout_s=timeout_s)
    except OpsError as error:
        return Ran(error=_words(error), seconds=time.monotonic() - began)
    return Ran(exit_code=exit_code, output=output, seconds=time.monotonic() - began)


def _words(error: Exception) -> str:
    return f"{error.what}: {error.why}" if isinstance(error, OpsError) else f"{type(error).__name__}: {error}"
