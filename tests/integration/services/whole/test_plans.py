from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from api.database.schema_compat import numbered, statements
from tests.integration.services.services_processes import MIGRATED, Services

ORGANIZATIONS, EVENTS, SHIFTS, PEOPLE = 200, 50, 2, 20
QUIET = 3000  # organizations without anything: so many that nobody reads them all
BIG = {"event", "shift", "signup", "member", "user", "organization", "refreshtoken", "outboxmessage"}

FILL = (
    """INSERT INTO signups_organization (name, slug) SELECT 'Club ' || n, 'club-' || n
         FROM generate_series(1, {organizations} + {quiet}) n""",
    """INSERT INTO signups_user (email, name, password) SELECT 'p' || n || '@example.org', 'P ' || n, '!'
         FROM generate_series(1, {organizations} * {people}) n""",
    """INSERT INTO signups_member (organization_id, user_id, name, email)
       SELECT 1 + id % {organizations}, id, name, email FROM signups_user""",
    """INSERT INTO signups_event (organization_id, title, starts_at, ends_at, state)
       SELECT org.id, 'Event ' || n, starts_at, starts_at + interval '1 h',
              CASE n % 10 WHEN 0 THEN 'draft' WHEN 1 THEN 'cancelled' ELSE 'published' END
         FROM signups_organization AS org, generate_series(1, {events}) n,
              LATERAL (SELECT now() + (n - 20) * interval '3 days') AS time (starts_at)
        WHERE org.id <= {organizations}""",
    """INSERT INTO signups_shift (organization_id, event_id, title, starts_at, ends_at, capacity)
       SELECT organization_id, id, 'Shift ' || n, starts_at, ends_at, 5
         FROM signups_event, generate_series(1, {shifts}) n""",
    """INSERT INTO signups_signup (organization_id, shift_id, member_id, state)
       SELECT shift.organization_id, shift.id, member.id, 'confirmed' FROM signups_shift AS shift
         JOIN signups_member AS member ON member.organization_id = shift.organization_id
          AND (member.id + shift.id) % 5 = 0""",
    """INSERT INTO signups_refreshtoken (user_id, family, token_hash, expires_at)
       SELECT id, gen_random_uuid(), sha256(email::bytea), now() + interval '1 day' FROM signups_user""",
)

# The statements that a busy evening is made of, and the indexes that each has to be answered from.
USED_MOST = {
    "events.sql.PUBLIC_EVENTS_OF_ORGANIZATIONS": {"event_public_by_org", "signups_organization_slug"},
    "events.sql.PUBLIC_EVENTS": {"event_by_start", "signups_organization_pkey"},
    "events.sql.PUBLIC_EVENTS_BY_ID": {"signups_event_pkey", "shift_by_event", "signups_organization_pkey"},
    "organizations.sql.PUBLIC_ORGANIZATIONS": {"signups_organization_slug"},
    "tenancy.ENTER_ACCOUNT": {"signups_user_pkey"},
    "tenancy.ENTER_ORGANIZATION": {"signups_organization_slug"},
    "events.sql.EVENT": {"signups_event_pkey", "shift_by_event"},
    "events.sql.OVERVIEW_UPCOMING": {"event_by_organization", "shift_by_event"},
    "me.sql.ME": {"signups_user_pkey", "signups_member_user"},
    "sign_ups.sql.ROSTER": {"shift_by_event", "sign_up_", "signups_member_pkey"},
    "sign_ups.sql.MINE_UPCOMING": {"signups_member_user", "signups_signup_member", "signups_shift_pkey"},
    "people.sql.PEOPLE": {"member_", "signups_signup_member"},
    "auth.sql.USE_SESSION": {"signups_refreshtoken_token_hash"},
    "auth.sql.ACCOUNT_OF_EMAIL": {"signups_user_email"},
}


@pytest.fixture(scope="module")
def filled(services: Services) -> Iterator[psycopg.Connection[Any]]:
    """Return a connection to a database of its own with many organizations."""
    name = f"plans_{secrets.token_hex(4)}"
    url = services.environment["DATABASE_URL"].removesuffix("/slipway") + f"/{name}"
    services.sql(f"CREATE DATABASE {name} TEMPLATE {MIGRATED}")
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            _fill(connection)
            connection.execute(f"SET ROLE {services.environment['POSTGRES_API_USER']}".encode())
            yield connection
    finally:
        services.sql(f"DROP DATABASE {name} WITH (FORCE)")


def _fill(connection: psycopg.Connection[Any]) -> None:
    sizes = {"organizations": ORGANIZATIONS, "quiet": QUIET, "events": EVENTS, "shifts": SHIFTS, "people": PEOPLE}
    for statement in FILL:
        connection.execute(statement.format(**sizes).encode())
    connection.execute("VACUUM ANALYZE")


def plan(connection: psycopg.Connection[Any], statement: str) -> list[dict[str, Any]]:
    """Return the steps of the plan that a prepared statement gets whatever its parameters are."""
    explained = f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {numbered(statement)}"
    ((found,),) = connection.execute(explained.encode()).fetchall()
    return list(_steps(found[0]["Plan"]))


def _steps(step: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield step
    for inner in step.get("Plans", []):
        yield from _steps(inner)


@pytest.mark.req("B-16")
@pytest.mark.parametrize(("name", "indexes"), USED_MOST.items())
def test_what_is_asked_for_most_is_answered_from_its_indexes(
    filled: psycopg.Connection[Any], name: str, indexes: set[str]
) -> None:
    steps = plan(filled, statements()[f"api.{name}"])
    used = {step["Index Name"] for step in steps if "Index Name" in step}
    assert [one for one in indexes if not any(index.startswith(one) for index in used)] == [], used
    assert [step["Relation Name"] for step in steps if step["Node Type"] == "Seq Scan"] == []


@pytest.mark.req("B-16")
@pytest.mark.parametrize("name", ["PUBLIC_EVENTS", "PUBLIC_EVENTS_OF_ORGANIZATIONS", "OVERVIEW_UPCOMING"])
def test_a_list_begins_at_its_first_row_in_the_index(filled: psycopg.Connection[Any], name: str) -> None:
    (scan,) = [
        step
        for step in plan(filled, statements()[f"api.events.sql.{name}"])
        if step.get("Index Name", "").startswith("event_")
    ]
    assert "starts_at" in scan["Index Cond"], "a filter alone would read all that is over first"
    assert "Sort" not in {step["Node Type"] for step in plan(filled, statements()[f"api.events.sql.{name}"])}


@pytest.mark.req("B-16")
def test_no_statement_reads_all_of_a_big_table(filled: psycopg.Connection[Any]) -> None:
    scans = {}
    for name, statement in statements().items():
        tables = {
            step["Relation Name"].removeprefix("signups_")
            for step in plan(filled, statement)
            if step["Node Type"] == "Seq Scan" and step["Relation Name"].startswith("signups_")
        }
        if tables & BIG:
            scans[name] = tables & BIG
    # A word may be anywhere: the organizations' names are read along, the events in the order of their index.
    scans.pop("api.events.sql.PUBLIC_EVENTS_WITH_WORDS", None)
    assert scans == {}


UNINDEXED = """
    SELECT fk.conrelid::regclass::text || '.' || string_agg(attribute.attname, ', ')
      FROM pg_constraint AS fk
      JOIN pg_attribute AS attribute ON attribute.attrelid = fk.conrelid AND attribute.attnum = ANY (fk.conkey)
     WHERE fk.contype = 'f' AND fk.conrelid::regclass::text LIKE 'signups%'
       AND NOT EXISTS (
           SELECT FROM pg_index AS index
            WHERE index.indrelid = fk.conrelid AND index.indpred IS NULL
              AND (index.indkey::int2[])[0:cardinality(fk.conkey) - 1] @> fk.conkey)
     GROUP BY fk.oid, fk.conrelid
"""


@pytest.mark.req("B-16")
def test_every_foreign_key_has_an_index(filled: psycopg.Connection[Any]) -> None:
    ((keys,),) = filled.execute(
        "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text LIKE 'signups%'"
    ).fetchall()
    assert keys >= 15
    assert filled.execute(UNINDEXED).fetchall() == []


def test_the_plans_are_those_of_the_size_that_is_said(filled: psycopg.Connection[Any]) -> None:
    counts = filled.execute("SELECT relname, reltuples::int FROM pg_class WHERE relname LIKE 'signups_%'").fetchall()
    sizes = {name.removeprefix("signups_"): rows for name, rows in counts}
    assert sizes["event"] == ORGANIZATIONS * EVENTS
    assert sizes["shift"] == ORGANIZATIONS * EVENTS * SHIFTS
    assert sizes["signup"] > 50_000
