"""Does a new database get what it needs, and in development something alive?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.services.services_processes import PASSWORD, Services

ADMIN = {"DJANGO_ADMIN_EMAIL": "Seed-Admin@example.org", "DJANGO_ADMIN_PASSWORD": f"admin-{PASSWORD}"}
EVERYTHING = """
    SELECT (SELECT array_agg((id, password, token_version)::text ORDER BY id) FROM signups_user),
           (SELECT count(*) FROM signups_member), (SELECT count(*) FROM signups_signup),
           (SELECT count(*) FROM auth_group_permissions)
"""


@pytest.fixture
def crowd(services: Services) -> Iterator[str]:
    """Return a number of organizations that nobody else makes, and remove them afterwards."""
    yield "3"
    of_crowd = "IN (SELECT id FROM signups_organization WHERE slug LIKE 'crowd-%')"
    for table in ("signup", "shift", "event", "member"):
        services.sql(f"DELETE FROM signups_{table} WHERE organization_id {of_crowd}")  # noqa: S608 - ours
    services.sql("DELETE FROM signups_organization WHERE slug LIKE 'crowd-%'")
    services.sql("DELETE FROM signups_user WHERE email LIKE '%@crowd-%.example.org'")


@pytest.mark.req("A-12")
def test_seeding_twice_changes_nothing_and_tells_no_password(services: Services) -> None:
    first = services.manage("seed", **ADMIN)
    before = services.sql(EVERYTHING)
    second = services.manage("seed", **ADMIN)
    assert "administrator: seed-admin@example.org is up to date" in second.stdout
    assert "no organizations created, they are there already" in second.stdout
    assert "owner@example.org up to date" in second.stdout
    assert services.sql(EVERYTHING) == before
    assert PASSWORD not in first.stdout + first.stderr + second.stdout + second.stderr


def test_seeding_replaces_a_changed_administrator_password(services: Services) -> None:
    services.manage("seed", **ADMIN)
    changed = services.manage("seed", **ADMIN | {"DJANGO_ADMIN_PASSWORD": "another-one"})
    assert "administrator: seed-admin@example.org updated" in changed.stdout
    assert "administrator: seed-admin@example.org updated" in services.manage("seed", **ADMIN).stdout


@pytest.mark.req("C-11")
def test_a_production_database_gets_no_demonstration_and_no_crowd(services: Services) -> None:
    assert "only with ENVIRONMENT=development" in services.manage("seed", ENVIRONMENT="production").stdout
    refused = services.manage("seed", "--organizations", "1", ENVIRONMENT="production")
    assert refused.returncode == 1
    assert "a crowd is made only with ENVIRONMENT=development" in refused.stderr


def test_the_demonstration_shows_every_state_and_counts_right(services: Services) -> None:
    slugs = ["tidy-coast", "harbour-kitchen", "oakfield-library", "riverside-athletics", "hilltop-shelter"]
    events = (
        "FROM signups_event AS e JOIN signups_organization AS o ON o.id = e.organization_id WHERE o.slug = ANY (%s)"
    )
    assert {state for (state,) in services.sql(f"SELECT DISTINCT state {events}", slugs)} == {
        *("draft", "published", "cancelled")
    }
    counted = "count(*) FILTER (WHERE ends_at < now()), count(*) FILTER (WHERE free < 4)"
    ((past, full),) = services.sql(f"SELECT {counted} {events}", slugs)
    assert past >= 2
    assert full >= 2
    of_them = f"event_id IN (SELECT e.id {events})"
    ((waiting,),) = services.sql(f"SELECT sum(waiting) FROM signups_shift WHERE {of_them}", slugs)  # noqa: S608 - ours
    assert waiting >= 5


def test_a_crowd_is_counted_right_and_made_once(services: Services, crowd: str) -> None:
    size = ("--organizations", crowd, "--people", "30", "--events", "10")
    first = services.manage("seed", *size, **ADMIN)
    assert first.returncode == 0, first.stderr
    assert "3 organizations created" in first.stdout
    ours = "(SELECT id FROM signups_organization WHERE slug LIKE 'crowd-%')"
    ((members, events),) = services.sql(
        f"SELECT (SELECT count(*) FROM signups_member WHERE organization_id IN {ours}),"  # noqa: S608 - ours
        f" (SELECT count(*) FROM signups_event WHERE organization_id IN {ours} AND starts_at > now())"
    )
    assert (members, events) == (90, 30)
    before = services.sql(f"SELECT id, taken, waiting FROM signups_shift WHERE organization_id IN {ours} ORDER BY id")  # noqa: S608 - ours
    promoted = services.sql(f"SELECT sum(signups_settle(id)) FROM signups_shift WHERE organization_id IN {ours}")  # noqa: S608 - ours
    after = services.sql(f"SELECT id, taken, waiting FROM signups_shift WHERE organization_id IN {ours} ORDER BY id")  # noqa: S608 - ours
    assert (promoted, after) == ([(0,)], before)
    assert "all 3 organizations are there already" in services.manage("seed", *size, **ADMIN).stdout


def test_a_crowd_of_an_impossible_size_is_refused(services: Services) -> None:
    done = services.manage("seed", "--organizations", "5", "--people", "0")
    assert done.returncode == 1
    assert "--people has to be from 1 to 5,000, not 0" in done.stderr
