"""How are a thousand organizations made in a minute? By the database itself, so many at a time, each batch a whole."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction

from signups.seeding.crowd_sql import BATCH_STATEMENTS, MISSING, TABLES
from signups.seeding.stories import PEOPLE

if TYPE_CHECKING:
    from collections.abc import Callable

BATCH = 50


@dataclass(frozen=True)
class Crowd:
    """How many organizations, people in each, and events to come of each."""

    organizations: int
    people: int
    events: int


def create_crowd(crowd: Crowd, password: str, *, say: Callable[[str], None]) -> None:
    """Make the organizations that are not there yet; everybody in them who has an account has this password."""
    numbers = _missing(crowd.organizations)
    if not numbers:
        say(f"crowd: all {crowd.organizations:,} organizations are there already")
        return
    say(f"crowd: {len(numbers):,} organizations of {crowd.people:,} people and {crowd.events:,} events to come")
    began, hashed = time.monotonic(), make_password(password or None)  # once, for all of them
    names = {"first": [one.split()[0] for one in PEOPLE], "last": [one.split()[1] for one in PEOPLE]}
    for start in range(0, len(numbers), BATCH):
        chosen = numbers[start : start + BATCH]
        _create(asdict(crowd) | names | {"numbers": chosen, "password": hashed})
        if (start // BATCH) % 4 == 3:  # noqa: PLR2004 - every fourth batch is often enough
            say(f"crowd: {start + len(chosen):,} organizations, {time.monotonic() - began:.0f} s")
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ANALYZE {table}")
    say(f"crowd: {len(numbers):,} organizations created in {time.monotonic() - began:.0f} s; {_logins(numbers[0])}")


def _missing(organizations: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(MISSING, {"organizations": organizations})
        return [number for (number,) in cursor.fetchall()]


@transaction.atomic
def _create(given: dict[str, object]) -> None:
    with connection.cursor() as cursor:
        for statement in BATCH_STATEMENTS:
            cursor.execute(statement, given)  # type: ignore[arg-type]  # lists are arrays to psycopg


def _logins(number: int) -> str:
    return f"log in as, for example, person-1@crowd-{number}.example.org, who owns the first of them"
