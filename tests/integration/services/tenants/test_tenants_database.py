from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.integration.services.clubs import Club, owned_tables
from tests.integration.services.services_processes import Services, Web
from tests.integration.services.tenants.tenant_attempts import Tenant

PUBLIC = {"event", "shift"}  # those that were published can be seen by everybody
Api = psycopg.Connection[Any]


@pytest.fixture
def api_role(apart: Services, apart_api: Web) -> Iterator[Api]:
    """Return a connection of the role that the API has; whatever is done is undone."""
    assert apart_api.port
    with psycopg.connect(apart.api_database) as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def two(apart: Services) -> Iterator[tuple[Tenant, Tenant]]:
    clubs = Club(apart), Club(apart)
    with contextlib.closing(clubs[0].connection), contextlib.closing(clubs[1].connection):
        mine, theirs = (Tenant(club) for club in clubs)
        yield mine, theirs


def _enter(connection: Api, *, organization: int | None = None, user: int | None = None) -> None:
    for name, value in (("organization_id", organization), ("user_id", user)):
        connection.execute("SELECT set_config(%s, %s, true)", (f"slipway.{name}", "" if value is None else str(value)))


def _run(connection: Api, query: str, table: str, *values: object, **names: str) -> psycopg.Cursor[Any]:
    parts = {name: sql.Identifier(value) for name, value in names.items()}
    return connection.execute(sql.SQL(query).format(table=sql.Identifier(f"signups_{table}"), **parts), values)


def _organizations(connection: Api, table: str) -> set[int]:
    return {number for (number,) in _run(connection, "SELECT organization_id FROM {table}", table)}


def _columns(connection: Api, table: str, right: str) -> list[str]:
    """Return the columns that the role may write in this way."""
    rows = connection.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND column_name <> 'id'"
        " AND has_column_privilege(current_user, table_name, column_name, %s) AND is_generated = 'NEVER'",
        (f"signups_{table}", right),
    )
    return [name for (name,) in rows]


def _changed(connection: Api) -> dict[str, str]:
    """Return the tables that the role may change, each with a column for it."""
    found = {table: _columns(connection, table, "UPDATE") for table in owned_tables(connection)}
    plain = {table: [name for name in columns if name != "organization_id"] for table, columns in found.items()}
    return {table: columns[0] for table, columns in plain.items() if columns}


def _deleted(connection: Api) -> list[str]:
    """Return the tables that the role may delete from; who goes with others last."""
    may = "SELECT has_table_privilege(current_user, %s, 'DELETE')"
    tables = [
        one for one in owned_tables(connection) if connection.execute(may, (f"signups_{one}",)).fetchone() == (True,)
    ]
    first = "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND confrelid = %s::regclass"
    pointed_to = {one: connection.execute(first, (f"signups_{one}",)).fetchone() or (0,) for one in tables}
    return sorted(tables, key=lambda one: pointed_to[one])


@pytest.mark.req("B-17")
def test_every_table_of_an_organization_has_row_level_security(two: tuple[Tenant, Tenant]) -> None:
    owner = two[0].club.connection  # who sees also what the role of the API has no right to
    walled = """
        SELECT right(relname, -length('signups_')) FROM pg_class WHERE relrowsecurity
           AND EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid) ORDER BY relname
    """
    without = set(owned_tables(owner)) - {table for (table,) in owner.execute(walled)}
    assert without == set(), "in a migration: ALTER TABLE ... ENABLE ROW LEVEL SECURITY, and a policy"


@pytest.mark.req("B-17")
def test_an_organization_sees_no_row_of_another(api_role: Api, two: tuple[Tenant, Tenant]) -> None:
    mine, theirs = (one.club.id for one in two)
    _enter(api_role, organization=mine, user=two[0].club.owner.user_id)
    for table in owned_tables(api_role):
        seen = _organizations(api_role, table)
        assert seen == {mine} if table not in PUBLIC else mine in seen, table
    states = "SELECT DISTINCT state FROM {table} WHERE organization_id <> %s"
    assert {state for (state,) in _run(api_role, states, "event", mine)} <= {"published", "cancelled"}
    drafts = "SELECT count(*) FROM {table} WHERE id IN (%s, %s)"
    assert _run(api_role, drafts, "shift", two[1].ids["shift_id"], 0).fetchone() == (0,)
    assert theirs != mine


@pytest.mark.req("B-17")
def test_a_statement_without_a_condition_changes_ones_own_rows_alone(api_role: Api, two: tuple[Tenant, Tenant]) -> None:
    mine, theirs = two
    before = theirs.rows()
    _enter(api_role, organization=mine.club.id)
    for table, column in _changed(api_role).items():
        touched = _run(
            api_role, "UPDATE {table} SET {column} = {column} RETURNING organization_id", table, column=column
        )
        assert {number for (number,) in touched} == {mine.club.id}, table
    renamed = _run(api_role, "UPDATE {table} SET name = 'taken over' RETURNING id", "organization").fetchall()
    assert renamed == [(mine.club.id,)]
    for table in _deleted(api_role):
        gone = _run(api_role, "DELETE FROM {table} RETURNING organization_id", table)
        assert {number for (number,) in gone} == {mine.club.id}, table
    api_role.commit()
    assert theirs.rows() == before


@pytest.mark.req("B-17")
def test_no_row_is_put_into_another_organization(api_role: Api, two: tuple[Tenant, Tenant]) -> None:
    mine, theirs = two
    _enter(api_role, organization=mine.club.id)
    for table in owned_tables(api_role):
        _put(api_role, table, of=mine.club.id, into=theirs.club.id)


def _put(api_role: Api, table: str, *, of: int, into: int) -> None:
    """Copy a row, and move one; both must be refused."""
    copied = """
        INSERT INTO {table} ({columns}) SELECT {values} FROM {table} WHERE organization_id = %s LIMIT 1
    """
    columns = _columns(api_role, table, "INSERT")
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    values = sql.SQL(", ").join(
        sql.Literal(into) if column == "organization_id" else sql.Identifier(column) for column in columns
    )
    query = sql.SQL(copied).format(table=sql.Identifier(f"signups_{table}"), columns=names, values=values)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"), api_role.transaction():
        api_role.execute(query, (of,))
    moved = "UPDATE {table} SET organization_id = %s"
    with pytest.raises(psycopg.errors.InsufficientPrivilege), api_role.transaction():
        _run(api_role, moved, table, into)


@pytest.mark.req("B-17")
def test_nobody_in_particular_sees_what_was_published_and_nothing_else(
    api_role: Api, two: tuple[Tenant, Tenant]
) -> None:
    _enter(api_role)
    published = {club.id for club in (one.club for one in two)}
    seen = {table: _organizations(api_role, table) for table in owned_tables(api_role) if table not in PUBLIC}
    assert {table for table, organizations in seen.items() if organizations} == set()
    states = {state for (state,) in _run(api_role, "SELECT DISTINCT state FROM {table}", "event")}
    assert states <= {"published", "cancelled"}
    assert _organizations(api_role, "event") >= published
    for table, column in _changed(api_role).items():
        assert _run(api_role, "UPDATE {table} SET {column} = {column}", table, column=column).rowcount == 0
    for table in _deleted(api_role):
        assert _run(api_role, "DELETE FROM {table}", table).rowcount == 0


@pytest.mark.req("B-17")
def test_a_person_sees_their_own_rows_everywhere_and_changes_none(api_role: Api, two: tuple[Tenant, Tenant]) -> None:
    club = two[0].club
    shift = club.open_shift()
    club.sign_up(shift, club.volunteer)
    _enter(api_role, user=club.volunteer.user_id)
    assert _run(api_role, "SELECT email FROM {table}", "member").fetchall() == [(club.volunteer.email,)]
    assert _run(api_role, "SELECT member_id FROM {table}", "signup").fetchall() == [(club.volunteer.id,)]
    assert _run(api_role, "UPDATE {table} SET role = 'owner'", "member").rowcount == 0
    assert _run(api_role, "UPDATE {table} SET state = 'confirmed'", "signup").rowcount == 0


@pytest.mark.req("B-17")
def test_the_role_of_the_api_is_no_more_than_that(api_role: Api) -> None:
    rights = "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, rolinherit FROM pg_roles"
    assert api_role.execute(f"{rights} WHERE rolname = current_user".encode()).fetchone() == (False,) * 6
    own = "SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole"
    assert api_role.execute(own).fetchone() == (0,)
    held = "SELECT count(*) FROM pg_auth_members WHERE member = current_user::regrole"
    assert api_role.execute(held).fetchone() == (0,), "it can become nobody else"
    # To log somebody in, it reads the hashes of passwords; what it may do to an account is below.
    assert api_role.execute("SELECT password FROM signups_user LIMIT 1").fetchone()


REFUSED = (
    "UPDATE signups_user SET is_staff = true",
    "UPDATE signups_user SET is_superuser = true",
    "UPDATE signups_user SET is_active = true",
    "UPDATE signups_user SET email = 'eve@example.org'",
    "INSERT INTO signups_user (email, name, password, is_staff) VALUES ('eve@example.org', 'Eve', '!', true)",
    "DELETE FROM signups_user",
    "UPDATE signups_organization SET slug = 'eve'",
    "DELETE FROM signups_organization",
    "UPDATE signups_organization SET daily_mails = 1000000",
    "INSERT INTO signups_organization (name, slug, daily_mails) VALUES ('Eve', 'eve-and-more', 1000000)",
    "INSERT INTO signups_organization (name, slug, created_at) VALUES ('Eve', 'eve-and-more', now() - interval '1y')",
    "UPDATE signups_announcement SET expected = 0",
    "INSERT INTO signups_onetimetoken (user_id, token_hash, expires_at) SELECT id, '', now() FROM signups_user",
    "UPDATE signups_outboxmessage SET state = 'sent'",
    "SELECT * FROM django_session",
    "SELECT * FROM django_admin_log",
    "SELECT * FROM auth_permission",
    "INSERT INTO django_migrations (app, name, applied) VALUES ('signups', '9999', now())",
    "ALTER TABLE signups_member DISABLE ROW LEVEL SECURITY",
    "CREATE POLICY all_of_it ON signups_member USING (true)",
    "CREATE TABLE eve (id int)",
    "CREATE OR REPLACE FUNCTION slipway_organization_id() RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'",
    "SET ROLE slipway",
    "SET SESSION AUTHORIZATION slipway",
    "ALTER ROLE CURRENT_USER BYPASSRLS",
    "TRUNCATE signups_event",
    "COPY signups_user TO PROGRAM 'cat'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT rolpassword FROM pg_authid",
)


@pytest.mark.req("B-17")
@pytest.mark.parametrize("statement", REFUSED)
def test_what_the_role_may_not_do_is_refused(api_role: Api, statement: str) -> None:
    _enter(api_role)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        api_role.execute(statement.encode())


@pytest.mark.req("B-17", "D-09")
@pytest.mark.parametrize("flag", ["is_staff", "is_superuser"])
def test_the_role_gives_staff_no_other_password_without_their_mailed_link(
    api_role: Api, two: tuple[Tenant, Tenant], flag: str
) -> None:
    owner, other = (one.club.owner.user_id for one in two)
    club, link = two[0].club, secrets.token_urlsafe(8)
    club.sql(f"UPDATE signups_user SET {flag} = true WHERE id = %s", owner)  # noqa: S608 - one of the two above
    for user in (owner, other):
        token = link if user == owner else f"{link}x"
        club.sql(
            "INSERT INTO signups_onetimetoken (user_id, token_hash, expires_at)"
            " VALUES (%s, sha256(%s::bytea), now() + interval '1h')",
            user,
            token.encode(),
        )
    assert _passwords_set(api_role, other, brings="") == 1, "of whom is no staff"
    for brought in ("", "made up", f"{link}x"):
        with pytest.raises(psycopg.DatabaseError) as refused:
            _passwords_set(api_role, owner, brings=brought)
        assert refused.value.sqlstate == "SU003"
    assert _passwords_set(api_role, owner, brings=link) == 1
    club.sql("UPDATE signups_onetimetoken SET expires_at = now() WHERE user_id = %s", owner)
    with pytest.raises(psycopg.DatabaseError):
        _passwords_set(api_role, owner, brings=link)
    api_role.rollback()
    _enter(api_role, user=owner)
    alike = "UPDATE signups_user SET last_login = now(), password = password WHERE id = %s"
    assert api_role.execute(alike, (owner,)).rowcount == 1, "logging in changes no password"


def _passwords_set(api_role: Api, user: int | None, *, brings: str) -> int:
    api_role.rollback()
    api_role.execute("SELECT set_config('slipway.mailed_token', %s, true)", (brings,))
    changed = api_role.execute("UPDATE signups_user SET password = '!' || random() WHERE id = %s", (user,)).rowcount
    api_role.rollback()
    return changed


@pytest.mark.req("B-17")
def test_what_a_transaction_entered_is_left_with_it(api_role: Api, two: tuple[Tenant, Tenant]) -> None:
    _enter(api_role, organization=two[0].club.id, user=two[0].club.owner.user_id)
    assert _organizations(api_role, "member") == {two[0].club.id}
    api_role.commit()
    assert _organizations(api_role, "member") == set()
