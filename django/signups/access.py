"""What may the API's role do in the database? What is written here, column by column, and nothing else.

Converged after every migration. The role owns nothing, is no superuser, and row-level security holds it to one
organization at a time. Its password travels as a verifier: the server's log never sees it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection, transaction
from psycopg import sql

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

ALL_OF_IT = "SELECT, INSERT, UPDATE, DELETE"
TABLES = {
    "signups_user": (
        "SELECT, INSERT (email, name, password), UPDATE (name, password, token_version, confirmed_at, last_login)"
    ),
    "signups_refreshtoken": ALL_OF_IT,
    "signups_onetimetoken": "SELECT, UPDATE (used_at)",
    "signups_idempotencykey": ALL_OF_IT,
    "signups_organization": "SELECT, INSERT (name, slug, description), UPDATE (name, description)",
    "signups_member": ALL_OF_IT,
    "signups_invitation": "SELECT, INSERT, UPDATE (accepted_at, revoked_at)",
    "signups_event": ALL_OF_IT,
    "signups_shift": ALL_OF_IT,
    "signups_signup": ALL_OF_IT,
    "signups_announcement": "SELECT, INSERT",
    "signups_export": "SELECT, INSERT",
    "signups_outboxmessage": "SELECT, INSERT (organization_id, kind, payload, key)",
    "django_migrations": "SELECT",
}


def grant_api_access(**_: Any) -> None:
    """Make the role, set its password, and give it just the rights above; a receiver of `post_migrate`."""
    if connection.vendor != "postgresql" or not settings.API_ROLE:
        return
    with transaction.atomic(), connection.cursor() as cursor:  # the API that runs now never misses a right
        role = sql.Identifier(settings.API_ROLE)
        _make_role(cursor, role)
        _grant(cursor, role)


def _make_role(cursor: CursorWrapper, role: sql.Identifier) -> None:
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (settings.API_ROLE,))
    if cursor.fetchone() is None:
        _run(cursor, "CREATE ROLE {role}", role=role)
    _run(cursor, "ALTER ROLE {role} LOGIN NOCREATEDB NOCREATEROLE NOINHERIT", role=role)
    cursor.execute("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = %s", (settings.API_ROLE,))
    if any(cursor.fetchone() or ()):
        raise RuntimeError(f"the role `{settings.API_ROLE}` may see every row: give the API a role without such rights")
    _set_password(cursor, role)
    # So that GraphQL can take the role. A superuser may do so anyway.
    _run(cursor, "GRANT {role} TO CURRENT_USER", role=role)


def _set_password(cursor: CursorWrapper, role: sql.Identifier) -> None:
    raw: Any = cursor.connection.pgconn
    verifier = raw.encrypt_password(settings.API_ROLE_PASSWORD.encode(), settings.API_ROLE.encode(), b"scram-sha-256")
    _run(cursor, "ALTER ROLE {role} PASSWORD {verifier}", role=role, verifier=sql.Literal(verifier.decode()))


def _grant(cursor: CursorWrapper, role: sql.Identifier) -> None:
    _run(cursor, "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}", role=role)
    _run(cursor, "GRANT USAGE ON SCHEMA public TO {role}", role=role)
    _run(cursor, "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}", role=role)
    _run(cursor, "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {role}", role=role)
    _run(cursor, "REVOKE CREATE ON SCHEMA public FROM PUBLIC, {role}", role=role)
    for table, rights in TABLES.items():
        cursor.execute("SELECT to_regclass(%s)", (table,))
        if cursor.fetchone() != (None,):  # an older release's migrations may have run alone
            _run(cursor, f"GRANT {rights} ON {{table}} TO {{role}}", role=role, table=sql.Identifier(table))


def _run(cursor: CursorWrapper, statement: Any, **names: sql.Composable) -> None:
    raw: Any = cursor.connection
    raw.execute(sql.SQL(statement).format(**names))
