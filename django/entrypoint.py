"""How does a container of Django start by itself, where no release runs the jobs before it?

Migrate, collect the static files, then become the server. Several that start together take turns at the first two,
behind a lock in PostgreSQL that goes with the connection of whoever held it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import NoReturn

import psycopg
from migrating import advisory_lock

CONNECT_TIMEOUT_S = 10
MIGRATE = ("migrate_safely",)  # takes its turn by itself
COLLECT = ("collectstatic", "--noinput")
SERVER = ("uvicorn", "config.asgi:application", "--no-access-log", "--no-server-header", "--lifespan", "off")
DEFAULTS = {"UVICORN_HOST": "0.0.0.0", "UVICORN_PORT": "8000"}  # noqa: S104 - inside a container


def main() -> int:
    """Prepare, then become the server; return an exit code only when that fails."""
    try:
        code = prepare(os.environ["DATABASE_URL"])
    except (KeyError, psycopg.Error) as error:
        print(f"django: the database cannot be prepared: {type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201 - into the log
        return 1
    return code or serve()


def serve() -> NoReturn:
    """Become the server."""
    words = (sys.executable, "-m", *SERVER)
    os.execve(sys.executable, words, {**DEFAULTS, **os.environ})  # noqa: S606 - this very process gets its signals


def prepare(database: str) -> int:
    """Run the jobs, each while nobody else does; return the exit code of the first that fails, or 0."""
    code = manage(*MIGRATE)
    if code:
        return code
    with psycopg.connect(database, autocommit=True, connect_timeout=CONNECT_TIMEOUT_S) as connection:
        advisory_lock.acquire(lambda sql: connection.execute(sql.encode()))
        return manage(*COLLECT)


def manage(*words: str) -> int:
    """Run a management command; return its exit code."""
    return subprocess.run((sys.executable, "manage.py", *words), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
