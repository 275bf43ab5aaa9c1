"""Does every query fit the schema? Each statement of the API is planned by PostgreSQL, as the API's role; none is run.

`python -m api.database.schema_compat` prints what was found as JSON, and exits with 1 when a statement does not fit.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import pkgutil
import re
import sys
from typing import TYPE_CHECKING, Final, LiteralString

import psycopg

import api
from api.shared.health import CheckError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

# The newest migration of `signups` that the SQL needs. The API waits with 503 until it is applied.
NEEDED_MIGRATION: Final = "signups.0004_tick"

# What a program does when it is imported is not for here to start.
NOT_IMPORTED = frozenset({"api.main", "api.database.schema_compat", "api.shared.healthcheck"})
PARAMETER = re.compile(r"%\((\w+)\)s|%%")


def statements() -> dict[str, LiteralString]:
    """Return all SQL by its place: each constant annotated `LiteralString`; `_FRAGMENTS` are parts of others."""
    names = (module.name for module in pkgutil.walk_packages(api.__path__, "api."))
    found: dict[str, LiteralString] = {}
    for name in sorted(set(names) - NOT_IMPORTED):
        module = importlib.import_module(name)
        for constant, kind in vars(module).get("__annotations__", {}).items():
            if "LiteralString" in str(kind) and not constant.startswith("_"):
                found[f"{name}.{constant}"] = getattr(module, constant)
    return found


def numbered(statement: str) -> str:
    """Write a statement as PostgreSQL takes it: `$1` for the first name of a parameter, and so on."""
    numbers: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        name = found[1]
        return "%" if name is None else f"${numbers.setdefault(name, len(numbers) + 1)}"

    return PARAMETER.sub(number, statement)


async def queries_fit(
    connection: psycopg.AsyncConnection[Any], checked: Mapping[str, LiteralString] | None = None
) -> list[str]:
    """List what does not fit: `api.events.sql.EVENT: column event.places does not exist`; nothing when all fit.

    A plan needs tables, columns, types and functions to be there, and the rights to use them.
    """
    problems = []
    for name, statement in (statements() if checked is None else checked).items():
        explained = f"EXPLAIN (GENERIC_PLAN) {numbered(statement)}"
        try:
            async with connection.transaction():
                await connection.execute(explained)
        except psycopg.OperationalError:
            raise  # the database does not answer: that says nothing about the statement
        except psycopg.Error as error:
            problems.append(f"{name}: {error.diag.message_primary or type(error).__name__}")
    return problems


class QueriesCheck:
    """The check `queries` of `/health`: a release whose statements do not fit the schema never gets a request.

    Looked at until they fit, and then never again: what the process holds does not change. The look goes on when
    whoever asked does not wait for its end.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._fits = False
        self._looking: asyncio.Task[list[str]] | None = None

    async def __call__(self) -> str:
        """Pass, or name the first statement that does not fit."""
        if not self._fits:
            if self._looking is None:
                self._looking = asyncio.create_task(_look(self._url))
            looking = self._looking
            try:
                problems = await asyncio.shield(looking)
            finally:
                if looking.done():
                    self._looking = None
            if problems:
                raise CheckError(f"{len(problems)} do not fit the schema: {problems[0]}")
            self._fits = True
        return "fit the schema"


async def _look(url: str) -> list[str]:
    connect = psycopg.AsyncConnection.connect(
        url, autocommit=True, connect_timeout=2, application_name="slipway-compat"
    )
    async with await connect as connection:
        return await queries_fit(connection)


async def _report(url: str) -> dict[str, object]:
    problems = await _look(url)
    return {"ok": not problems, "checked": len(statements()), "problems": problems}


def main() -> int:
    """Check the database of DATABASE_URL."""
    try:
        report = asyncio.run(_report(os.environ["DATABASE_URL"]))
    except psycopg.OperationalError as error:  # its text may hold the address: the kind says enough
        report = {"ok": False, "checked": 0, "problems": [f"the database does not answer ({type(error).__name__})"]}
    sys.stdout.write(json.dumps(report) + "\n")
    return 0 if report["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
