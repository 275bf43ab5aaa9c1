"""Does every query fit the schema? Each statement of the API is planned by PostgreSQL, as the API's role; none is run.

`python -m api.compat` prints what was found as JSON, and exits with 1 when a statement does not fit.
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

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

# The newest migration of `signups` that the SQL needs. The API waits with 503 until it is applied.
NEEDED_MIGRATION: Final = "signups.0002_rules"

# What a program does when it is imported is not for here to start.
NOT_IMPORTED = frozenset({"api.main", "api.compat", "api.service.healthcheck"})
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


async def _report(url: str) -> dict[str, object]:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True, application_name="slipway-compat") as one:
        problems = await queries_fit(one)
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
