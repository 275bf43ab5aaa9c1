"""How fast is the application at the size that is promised? All on this machine: API, PostgreSQL and the load.

`nox -s bench -- application`; needs wrk and pgbench (Debian: `apt-get install wrk postgresql-contrib`).
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from tests.bench import wrk
from tests.bench.application_host import SIZE, Watch, pgbench, prepare_pgbench, replicas, stores
from tests.bench.local_stack import print_table, timed
from tests.integration.services.services_processes import PASSWORD, Services, Web

Rows = Iterator[tuple[str, str]]
SECONDS = 15
ROUNDS = 3
LOGIN = Path(__file__).with_name("login.lua")
ADMIN_PASSWORD = PASSWORD + "-people"


def main() -> None:
    """Fill a database, measure, print a table."""
    wanted = set(sys.argv[1:])
    with stores() as services:
        services.patience_s = 600
        services.environment |= {"DJANGO_ADMIN_EMAIL": "admin@example.org", "DJANGO_ADMIN_PASSWORD": ADMIN_PASSWORD}
        rows = [("seed of " + " ".join(f"{key} {value}" for key, value in SIZE.items()), _seed(services))]
        prepare_pgbench(services)
        for measure in MEASURES:
            if not wanted or measure.__name__.strip("_") in wanted:
                for row in measure(services):
                    rows.append(row)
                    print(*row, sep=": ", file=sys.stderr, flush=True)  # noqa: T201 - this program prints
    print_table(rows)


def _seed(services: Services) -> str:
    words = [str(word) for pair in SIZE.items() for word in pair]
    seconds, done = timed(lambda: services.manage("seed", *words))
    if done.returncode:
        raise SystemExit(done.stderr)
    ((size,),) = services.sql("SELECT pg_size_pretty(pg_database_size(current_database()))")
    return f"{seconds:.0f} s, {size}"


def _lists(services: Services) -> Rows:
    slug = _busy_organization(services)
    with replicas(services) as web:
        for name, path in (("an organization", f"/organizations/{slug}/events"), ("all organizations", "/events")):
            wrk.run(_url(web, path), connections=16, seconds=3)
            seen = wrk.run(_url(web, path), connections=64, seconds=SECONDS)
            count = len(httpx.get(_url(web, path)).json()["items"])
            yield f"list of the {count} next events of {name}, 64 connections", seen.summary


def _indexed_read(services: Services) -> Rows:
    """Read one row by an index over HTTP, and by pgbench, in turns."""
    slug = _busy_organization(services)
    ours, theirs = [], []
    for _ in range(ROUNDS):
        with replicas(services) as web:
            url = _url(web, f"/organizations/{slug}")
            wrk.run(url, connections=16, seconds=2)
            ours.append(wrk.run(url, connections=100, seconds=SECONDS))
        theirs.append(max(pgbench(services, clients=clients, seconds=SECONDS // 2) for clients in (16, 90)))
    rate, reference = statistics.median(one.rate for one in ours), statistics.median(theirs)
    yield "one indexed read, 100 connections", ours[-1].summary
    yield "pgbench -S -M prepared, the better of 16 and 90 clients", f"{reference:,.0f} transactions/s"
    yield f"share, medians of {ROUNDS} rounds in turns", f"{rate / reference:.0%} ({rate:,.0f} of {reference:,.0f})"


def _thousand(services: Services) -> Rows:
    slug = _busy_organization(services)
    with replicas(services) as web, Watch(services, _url(web, "")).looking() as watch:
        seen = wrk.run(_url(web, f"/organizations/{slug}/events"), connections=1000, seconds=SECONDS)
    yield "1,000 connections, the list of an organization", seen.summary
    yield "server connections meanwhile, at most", f"{max(watch.connections)}"
    yield "`/health` meanwhile", f"p99 {watch.health_p99_ms:.0f} ms of {len(watch.health_ms)}, {watch.statuses}"


def _over_capacity(services: Services) -> Rows:
    """Ask for more than there is: what is too much must be told at once."""
    slug = _busy_organization(services)
    with replicas(services) as web:
        seen = wrk.run(_url(web, f"/organizations/{slug}/events"), connections=4000, seconds=SECONDS)
        searched = wrk.run(_url(web, "/events?search=nowhere"), connections=64, seconds=SECONDS)
        answer = _refused(_url(web, "/events?search=nowhere"))
    yield "4,000 connections, the list of an organization", seen.summary
    yield "64 connections, a search that finds nothing (2 at once in a replica)", searched.summary
    yield "what is refused says", answer


def _refused(url: str) -> str:
    """Ask many times at once; return what a refusal says about when to come again."""
    with httpx.Client(timeout=30) as client, ThreadPoolExecutor(64) as many:
        answers = list(many.map(lambda _: client.get(url), range(256)))
    refused = [one for one in answers if one.status_code == httpx.codes.SERVICE_UNAVAILABLE]
    return f"{refused[0].status_code}, Retry-After: {refused[0].headers['retry-after']}" if refused else "nothing was"


def _health(services: Services) -> Rows:
    slug = _busy_organization(services)
    with replicas(services) as web, Watch(services, _url(web, "")).looking() as watch:
        load = wrk.run(_url(web, f"/organizations/{slug}/events"), connections=64, seconds=SECONDS)
    yield (
        "`/health` at full load (64 connections)",
        (
            f"p99 {watch.health_p99_ms:.1f} ms, median {statistics.median(watch.health_ms):.1f} ms"
            f" of {len(watch.health_ms)}, beside {load.rate:,.0f} requests/s"
        ),
    )


def _log_in(services: Services) -> Rows:
    first, last, pattern = _accounts(services)
    with replicas(services) as web:
        words = (str(LOGIN), str(first), str(last), pattern)
        seen = wrk.run(_url(web, "/auth/login"), *words, connections=16, seconds=SECONDS, BENCH_PASSWORD=ADMIN_PASSWORD)
    yield "log-in (Argon2id 19 MiB, 2 passes), 16 connections", seen.summary


def _restart(services: Services) -> Rows:
    """Restart PostgreSQL under load; the replicas' processes stay the same."""
    slug = _busy_organization(services)
    with replicas(services) as web, ThreadPoolExecutor(1) as beside:
        url = _url(web, f"/organizations/{slug}/events")
        pid = web.process.running.pid
        load = beside.submit(wrk.run, url, connections=64, seconds=SECONDS)
        with httpx.Client(timeout=10) as client:
            time.sleep(SECONDS / 3)
            began = time.perf_counter()
            services.postgres.process.stop(2)
            services.postgres.start()
            up = time.perf_counter()
            back = _until(lambda: client.get(url).status_code == httpx.codes.OK)
        alive = web.process.running.poll() is None and web.process.running.pid == pid
        seen = load.result()
    yield "PostgreSQL restarted under 64 connections: its own stop and start", f"{up - began:.1f} s"
    yield "the API answers again after that", f"{back - up:.2f} s; same processes: {alive}"
    yield "the load meanwhile", seen.summary


def _until(ask: Callable[[], bool], *, limit_s: float = 30) -> float:
    deadline = time.perf_counter() + limit_s
    while not ask():
        if time.perf_counter() > deadline:
            raise TimeoutError
    return time.perf_counter()


def _busy_organization(services: Services) -> str:
    query = (
        "SELECT o.slug FROM signups_organization o JOIN signups_event e ON e.organization_id = o.id"
        " WHERE e.state = 'published' AND e.ends_at > now() GROUP BY o.id ORDER BY count(*) DESC, o.id LIMIT 1"
    )
    return str(services.sql(query)[0][0])


def _accounts(services: Services) -> tuple[int, int, str]:
    """Return the first and last number of the crowd's accounts, and the form of their addresses."""
    ((email, count),) = services.sql(
        "SELECT min(email), count(*) FROM signups_user WHERE email ~ '^[a-z.-]+[0-9]+@' AND is_active"
    )
    name, _, domain = email.partition("@")
    return 1, min(count, 5000), f"{name.rstrip('0123456789')}%d@{domain}"


def _url(web: Web, path: str) -> str:
    return f"http://127.0.0.1:{web.port}{path}"


MEASURES: tuple[Callable[[Services], Rows], ...] = (
    _lists,
    _indexed_read,
    _thousand,
    _over_capacity,
    _health,
    _log_in,
    _restart,
)

if __name__ == "__main__":
    main()
