"""What is pending, and with what of it could the running release not live?"""

from __future__ import annotations

from typing import TypedDict

from django.db.backends.base.base import BaseDatabaseWrapper

from migrating.linter import find
from migrating.names import required_columns_of
from migrating.pending import Pending, known_columns, read_pending
from migrating.rules import Incompatibility, Judge
from migrating.statements import read_statements
from migrating.tables import Catalog

QUERY_TIMEOUT_MS = 10_000


class CheckResult(TypedDict):
    """What the check prints; `is_new` on a first deployment, which has no data and nothing that could break."""

    pending: list[str]
    is_atomic: bool
    is_new: bool
    problems: list[dict[str, str]]


def check(connection: BaseDatabaseWrapper, *, wary: bool = False) -> CheckResult:
    """Look at the pending migrations and the database; write nothing, lock nothing.

    `wary` when the running release is older than the schema: then it may use all that is there.
    """
    with connection.cursor() as cursor:
        # Operations of other packages are asked for their SQL: none gets to do its work meanwhile.
        cursor.execute("SET default_transaction_read_only = on")
        cursor.execute(f"SET statement_timeout = {QUERY_TIMEOUT_MS}")
    pending = read_pending(connection)
    problems = find_problems(connection, pending, wary=wary) if pending.migrations and not pending.is_new else []
    return CheckResult(
        pending=pending.names,
        is_atomic=pending.is_atomic,
        is_new=pending.is_new,
        problems=[problem.as_json() for problem in problems],
    )


def find_problems(connection: BaseDatabaseWrapper, pending: Pending, *, wary: bool) -> list[Incompatibility]:
    """Return the problems in the order of the statements, each once."""
    statements = read_statements(connection, pending)
    required = frozenset(pair for statement in statements for pair in required_columns_of(statement.text))
    catalog = Catalog(connection)
    judge = Judge(catalog.columns() if wary else known_columns(pending.state), catalog, required)
    found = find([statement.text for statement in statements])
    problems = [problem for statement in statements if statement.unknown for problem in judge.unknown(statement)]
    for finding in found:
        problems += judge.of(statements[finding.statement], finding)
    first: dict[tuple[str, ...], Incompatibility] = {}
    for problem in problems:  # the linter has several rules about one lock
        what = problem.code if problem.code.startswith("lock-") else problem.why
        first.setdefault((problem.migration, problem.table, what), problem)
    return list(first.values())
