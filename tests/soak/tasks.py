"""Is every task done, and its effect there once, when worker, Redis and PostgreSQL are killed while tasks run?

A task settles a shift with one free place and one who waits. Its effect is in the database: that person has the place,
and one message tells of it. The message is work for the worker too: it becomes a mail, which a kill may send twice, as
docs/decisions/0016 says, and never loses.
"""

from __future__ import annotations

import contextlib
import json
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import psycopg
from kombu.exceptions import OperationalError

from api.task_queue import new_producer
from ops.settings import load
from tests.soak.case import Case, Counts, Part, Play, must
from tests.soak.place import LOCAL, Place
from tests.stack import Stack

SHIFTS = 2500  # as many tasks of each kind in a case
EACH = 50  # shifts of an event
KILLS = 6
WHOM = ("worker", "worker", "child of the worker", "redis", "postgres")
SPREAD_S = 60.0  # the kills come within this time from the first task on
REDELIVERED_S = 300.0  # Celery's visibility_timeout: what a killed worker had comes back then
DONE_S = REDELIVERED_S + 300.0
AGAIN_S = 0.5
MESSAGE_ID = re.compile(rb"^Message-ID: (\S+)", re.MULTILINE)
CLUB = "INSERT INTO signups_organization (name, slug) VALUES (%(name)s, %(name)s) RETURNING id"
MEMBERS = """
    INSERT INTO signups_member (organization_id, name, email, role)
    SELECT %(club)s, who, who || %(at)s, 'volunteer' FROM unnest(ARRAY['ada', 'ben']) AS who RETURNING id
"""
OPEN = """
    WITH event AS (
        INSERT INTO signups_event (organization_id, title, location, starts_at, ends_at, state)
        SELECT %(club)s, 'Soak ' || n, 'Pier', now() + interval '3 days', now() + interval '3 days 2 hours', 'published'
          FROM generate_series(1, %(events)s) AS n RETURNING *)
    INSERT INTO signups_shift (organization_id, event_id, title, starts_at, ends_at, capacity)
    SELECT organization_id, id, 'Shift ' || n, starts_at, ends_at, 1 FROM event, generate_series(1, %(each)s) AS n
    RETURNING id
"""
SETTLED = """
    SELECT (SELECT count(*) FROM signups_signup WHERE organization_id = %(club)s AND state = 'waiting'),
           (SELECT count(*) FROM signups_outboxmessage WHERE organization_id = %(club)s AND state = 'pending')
"""
EFFECTS = """
    SELECT count(*), count(DISTINCT payload ->> 'sign_up_id'), count(*) FILTER (WHERE state = 'sent')
      FROM signups_outboxmessage WHERE organization_id = %(club)s AND kind = 'promoted'
"""
PLACES = """
    SELECT count(*) FROM signups_shift AS shift WHERE organization_id = %(club)s AND 2 <> (
           SELECT count(*) FROM signups_signup WHERE shift_id = shift.id AND state = 'confirmed')
"""
IDS = "SELECT id FROM signups_outboxmessage WHERE organization_id = %(club)s AND kind = 'promoted'"


@dataclass(frozen=True)
class Shop:
    """A running stack, and the ways to its data."""

    stack: Stack
    database: str
    broker: str
    mails: Path

    def rows(self, query: str, **named: object) -> list[tuple[Any, ...]]:
        """Ask the database, again while it is down."""
        deadline = time.monotonic() + DONE_S
        while True:
            try:
                with psycopg.connect(self.database, autocommit=True, connect_timeout=5) as connection:
                    cursor = connection.execute(query.encode(), named)
                    return cursor.fetchall() if cursor.description else []
            except psycopg.OperationalError:
                must(time.monotonic() < deadline, "PostgreSQL does not come back")
                time.sleep(AGAIN_S)  # it was killed; the deadline is above


@contextlib.contextmanager
def opened(place: Place) -> Iterator[Play]:
    """Hold a stack; its own supervisor starts again what is killed."""
    with place.local_stack(with_watch=False) as stack:
        settings = load(stack.root / ".env", environ=stack.environment, target="local").values
        role = f"{settings['POSTGRES_USER']}:{settings['POSTGRES_PASSWORD']}"
        at = f"127.0.0.1:{settings['LOCAL_POSTGRES_PORT']}/{settings['POSTGRES_DB']}"
        broker = f"redis://:{settings['REDIS_PASSWORD']}@127.0.0.1:{settings['LOCAL_REDIS_PORT']}/0"
        yield partial(play, Shop(stack, f"postgresql://{role}@{at}", broker, stack.state / "data" / "mail"))


def play(shop: Shop, case: Case, counts: Counts, *, shifts: int = SHIFTS) -> None:
    """Queue the settling of many shifts, kill meanwhile, and count the effects once all is done."""
    rng = case.draw()
    club, ids = _prepare(shop, case, shifts=shifts)
    kills: Counter[str] = Counter()
    killer = threading.Thread(target=_kill_some, args=(shop, club, rng, kills))
    killer.start()
    try:
        _queue(shop, ids)
    finally:
        killer.join()
    _await_the_end(shop, club)
    (messages, told, sent), *_ = shop.rows(EFFECTS, club=club)
    ((wrong,),) = shop.rows(PLACES, club=club)
    seen = f"{messages} messages about {told} of {shifts} places, {sent} of them sent; {wrong} shifts with other places"
    must((messages, told, sent, wrong) == (shifts, shifts, shifts, 0), seen)
    counts.update({"tasks": 2 * shifts, **kills})
    counts["mails sent twice"] += _read_mails(shop, club, kills=kills.total())


def _prepare(shop: Shop, case: Case, *, shifts: int) -> tuple[int, list[int]]:
    """Make an organization with shifts in which one has the only place and one waits; then there is one place more."""
    name = f"soak-{case.seed}-{case.number}-{time.time_ns()}"
    ((club,),) = shop.rows(CLUB, name=name)
    members = shop.rows(MEMBERS, club=club, at=f"@{name}.example.org")
    ids = [shift for (shift,) in shop.rows(OPEN, club=club, events=shifts // EACH, each=EACH)]
    for (member,) in sorted(members):
        shop.rows("SELECT signups_sign_up(id, %(member)s) FROM unnest(%(ids)s::bigint[]) AS id", member=member, ids=ids)
    shop.rows("DELETE FROM signups_outboxmessage WHERE organization_id = %(club)s", club=club)  # of the sign-ups
    shop.rows("UPDATE signups_shift SET capacity = 2 WHERE organization_id = %(club)s", club=club)
    return int(club), ids


def _queue(shop: Shop, ids: list[int]) -> None:
    """Queue a task for each shift; what Redis did not take is queued again, as a caller does who was told so."""
    producer = new_producer(shop.broker)
    deadline = time.monotonic() + DONE_S
    for shift in ids:
        while True:
            try:
                producer.send_task("signups.settle", (shift,))
                break
            except (OperationalError, OSError):
                must(time.monotonic() < deadline, "Redis does not come back")
                time.sleep(AGAIN_S)  # it was killed; the deadline is above


def _kill_some(shop: Shop, club: int, rng: random.Random, kills: Counter[str]) -> None:
    """Kill one thing after the other at drawn instants; once all is done there is nothing to lose any more."""
    began = time.monotonic()
    for at, who in sorted((rng.uniform(0.0, SPREAD_S), rng.choice(WHOM)) for _ in range(KILLS)):
        time.sleep(max(0.0, began + at - time.monotonic()))
        if shop.rows(SETTLED, club=club)[0] == (0, 0):
            return
        kills[f"kills of {who}"] += _kill(shop, who)


def _kill(shop: Shop, who: str) -> bool:
    """Kill a process of the stack; False when there is none just now, because the last kill is not mended yet."""
    service = who.removeprefix("child of the ")
    rows = json.loads(shop.stack.invoke("status", *LOCAL, "--json").stdout)["services"]
    with contextlib.suppress(psutil.NoSuchProcess):
        for row in rows:
            if row["service"] == service and row["pid"]:
                process = psutil.Process(row["pid"])
                for victim in [process] if who == service else process.children():
                    victim.kill()
                    return True
    return False


def _await_the_end(shop: Shop, club: int) -> None:
    deadline = time.monotonic() + DONE_S
    while (left := shop.rows(SETTLED, club=club)[0]) != (0, 0):
        what = f"after {DONE_S:g} s {left[0]} still wait for their place and {left[1]} messages to be sent"
        must(time.monotonic() < deadline, what)
        time.sleep(AGAIN_S)  # between two looks; the deadline is above


def _read_mails(shop: Shop, club: int, *, kills: int) -> int:
    """Return how many mails were sent more than once; none may be missing, and a kill accounts for one at most."""
    seen: Counter[str] = Counter()
    for file in shop.mails.glob("*.log"):
        seen.update(found.decode() for found in MESSAGE_ID.findall(file.read_bytes()))
        file.unlink()  # the next case looks at its own
    counts = {message: 0 for (message,) in shop.rows(IDS, club=club)}
    for name, count in seen.items():
        if (message := int(name.split(".")[1])) in counts:
            counts[message] += count
    missing = [message for message, count in counts.items() if not count]
    must(not missing, f"{len(missing)} messages are marked as sent, and no mail was: {missing[:10]}")
    twice = sum(count - 1 for count in counts.values())
    must(twice <= kills, f"{twice} mails were sent again, after {kills} kills")
    return twice


PART = Part(
    name="tasks",
    promise="no task is lost and each has one effect while worker, Redis and PostgreSQL are killed: 5,000 in a case",
    cases=20,
    opened=opened,
)
