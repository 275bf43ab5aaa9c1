from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from typing import Any

import psycopg
import pytest

from api.database.schema_compat import queries_fit, statements
from tests.integration.services.services_processes import ROOT, Services


def _module(services: Services, **more: str) -> subprocess.CompletedProcess[str]:
    environment = services.environment | {"DATABASE_URL": services.api_database} | more
    command = (sys.executable, "-m", "api.database.schema_compat")
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


def _found(services: Services, *changes: str, role: str) -> list[str]:
    """Return what does not fit after these changes, which are rolled back."""

    async def look() -> list[str]:
        url = services.environment["DATABASE_URL"]
        async with await psycopg.AsyncConnection[Any].connect(url) as connection:
            for change in changes:
                await connection.execute(change.encode())
            await connection.execute(f"SET LOCAL ROLE {role}".encode())
            found = await queries_fit(connection)
            await connection.rollback()
            return found

    return asyncio.run(look())


def test_every_statement_fits_the_migrated_schema(services: Services) -> None:
    done = _module(services)
    assert done.returncode == 0, done.stdout
    assert json.loads(done.stdout) == {"ok": True, "checked": len(statements()), "problems": []}


@pytest.mark.parametrize(
    ("change", "statement", "why"),
    [
        ("ALTER TABLE signups_event DROP COLUMN location CASCADE", "api.events.sql.EVENT", "location does not exist"),
        ("ALTER TABLE signups_shift RENAME COLUMN taken TO used", "api.shifts.sql.SHIFT", '"taken" does not exist'),
        ("DROP FUNCTION signups_settle(bigint) CASCADE", "api.shifts.sql.SETTLE", "signups_settle(bigint) does not"),
        ("REVOKE UPDATE ON signups_shift FROM slipway_api", "api.shifts.sql.CHANGE", "permission denied"),
        ("ALTER TABLE signups_event ADD COLUMN colour text", None, ""),
    ],
)
def test_what_a_statement_misses_is_found(services: Services, change: str, statement: str | None, why: str) -> None:
    role = services.environment["POSTGRES_API_USER"]
    before, found = _found(services, role=role), _found(services, change, role=role)
    assert before == []
    said = dict(problem.split(": ", 1) for problem in found)
    assert (said == {}) if statement is None else (why in said[statement])
    assert _found(services, role=role) == []


def test_a_schema_that_is_not_there_is_told_for_every_statement(services: Services) -> None:
    done = _module(services, DATABASE_URL=f"{services.environment['DATABASE_URL'].removesuffix('slipway')}postgres")
    report = json.loads(done.stdout)
    assert (done.returncode, report["ok"]) == (1, False)
    assert len(report["problems"]) > len(statements()) / 2


def test_a_database_that_does_not_answer_is_told_without_its_address(services: Services) -> None:
    done = _module(services, DATABASE_URL="postgresql://canary:canary@127.0.0.1:1/slipway")
    assert (done.returncode, json.loads(done.stdout)["ok"]) == (1, False)
    assert "canary" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
