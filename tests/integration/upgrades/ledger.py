"""Is everything still in the database that was there? Row for row and column for column, whatever has come since."""

from __future__ import annotations

import json
from typing import Any

import psycopg
from dotenv import dotenv_values
from psycopg import sql

from tests.stack import Stack

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
CHANGED_BY_USE = {"signups_refreshtoken"}  # a session that goes on shows that its row is there
FILLED_IN_TIME = {"signups_signup": {"reminded_at"}}  # once, when the hour for it comes; then it stays
Row = dict[str, Any]
Ledger = dict[str, list[Row]]


def connect(stack: Stack) -> psycopg.Connection[Any]:
    """Connect to the stack's database as its owner."""
    settings = dotenv_values(stack.root / ".env")
    return psycopg.connect(
        host="127.0.0.1",
        port=stack.environment["LOCAL_POSTGRES_PORT"],
        user=settings["POSTGRES_USER"],
        password=settings["POSTGRES_PASSWORD"],
        dbname=settings["POSTGRES_DB"],
        autocommit=True,
    )


def read_value(stack: Stack, query: str, *parameters: object) -> Any:
    """Return the only value of a query."""
    with connect(stack) as connection:
        ((value,),) = connection.execute(query.encode(), parameters or None).fetchall()
    return value


def read_ledger(stack: Stack) -> Ledger:
    """Return each row of each table, except where rows change whenever they are used."""
    with connect(stack) as connection:
        tables = [name for (name,) in connection.execute(TABLES)]
        return {table: _rows(connection, table) for table in tables if table not in CHANGED_BY_USE}


def _rows(connection: psycopg.Connection[Any], table: str) -> list[Row]:
    query = sql.SQL("SELECT to_jsonb(one) FROM {} AS one").format(sql.Identifier(table))
    return [row for (row,) in connection.execute(query)]


def missing_rows(before: Ledger, now: Ledger) -> list[str]:
    """Return the rows that are gone or have another value in a column that they had; new columns do not matter."""
    missing = []
    for table, rows in before.items():
        there = {row.get("id"): row for row in now.get(table, ())}
        columns = rows[0].keys() if rows else ()
        kept = {_text({name: row.get(name) for name in columns}) for row in now.get(table, ())}
        for row in rows:
            later = {
                name: there.get(row.get("id"), {}).get(name)
                for name in FILLED_IN_TIME.get(table, ())
                if name in row and row[name] is None
            }
            if _text(row | later) not in kept:
                missing.append(f"{table} {_text(row)}")
    return missing


def _text(row: Row) -> str:
    return json.dumps(row, sort_keys=True)
