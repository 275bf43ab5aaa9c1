"""What is pending, and with what of it could the running release not live?"""

from __future__ import annotations

from typing import TypedDict

from django.db.backends.base.base import BaseDatabaseWrapper

from migrating.findings import find
from migrating.names import required_columns_of
from migrating.pending import Pending, known_columns, read_pending
from migrating.rules import Judge, Problem
from migrating.statements import read_statements
from migrating.tables import Catalog

QUERY_TIMEOUT_MS = 10_000


class Answer(TypedDict):
    """What the check prints; `is_new` on a first deployment, which has no data and nothing that could break."""

    pending: list[str]
    is_atomic: bool
    is_new: bool
    problems: list[dict[str, str]]


def check(connection: BaseDatabaseWrapper) -> Answer:
    """Look at the pending migrations and the database; write nothing, lock nothing."""
    with connection.cursor() as cursor:
        # Operations of other packages are asked for their SQL: none gets to do its work meanwhile.
        cursor.execute("SET default_transaction_read_only = on")
        cursor.execute(f"SET statement_timeout = {QUERY_TIMEOUT_MS}")
    pending = read_pending(connection)
    problems = find_problems(connection, pending) if pending.migrations and not pending.is_new else []
    return Answer(
        pending=pending.names,
        is_atomic=pending.is_atomic,
        is_new=pending.is_new,
        problems=[problem.as_json() for problem in problems],
    )


def find_problems(connection: BaseDatabaseWrapper, pending: Pending) -> list[Problem]:
    """Return the problems in the order of the statements, each once."""
    statements = read_statements(connection, pending)
    required = frozenset(pair for statement in statements for pair in required_columns_of(statement.text))
    judge = Judge(known_columns(pending.state), Catalog(connection), required)
    found = find([statement.text for statement in statements])
    problems = [problem for statement in statements if statement.unknown for problem in judge.unknown(statement)]
    for finding in found:
        problems += judge.of(statements[finding.statement], finding)
    first = {(problem.migration, problem.table, problem.code, problem.why): problem for problem in problems}
    return list(first.values())
