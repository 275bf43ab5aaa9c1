"""How is a database dumped so that the dump can be believed?

It has its name only when pg_dump ended well, when every block of it could be read again, when it has as many tables as
the database, and when the disk has it. The last few are kept.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

KEPT = 5
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
# A table itself as `pg_restore --list` names it: not its data, its rights (`ACL public TABLE ...`) or a comment on it.
LISTED = re.compile(r"\d+; \d+ \d+ TABLE (?!DATA |ATTACH )")
TABLES = """
SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
WHERE relkind IN ('r', 'p') AND nspname <> 'information_schema' AND nspname !~ '^pg_'
AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e')
"""


def dump(programs: Path, folder: Path, name: str) -> int:
    """Write `<name>.dump` and print where it is; stops this program when that fails."""
    if not NAME.fullmatch(name):
        sys.exit(f"error: {name!r} is no name for a dump")
    folder.mkdir(mode=0o700, exist_ok=True)
    for left in folder.glob(".*.part"):  # of a dump that was cut
        left.unlink()
    need, tables = int(_ask(programs, "SELECT pg_database_size(current_database())")), int(_ask(programs, TABLES))
    free = shutil.disk_usage(folder).free
    if free < need:
        sys.exit(f"error: no room for a dump: the database has {need} bytes, and {folder} {free} bytes free")
    work, target = folder / f".{name}.part", folder / f"{name}.dump"
    _run(programs, "pg_dump", "--format=custom", f"--file={work}")  # it writes through to the disk by itself
    _refuse_incomplete(programs, work, tables)
    work.rename(target)
    _write_through(folder)
    for old in sorted(folder.glob("*.dump"), key=lambda path: path.stat().st_mtime, reverse=True)[KEPT:]:
        old.unlink()
    print(json.dumps({"file": str(target), "bytes": target.stat().st_size, "tables": tables}))  # noqa: T201 - the answer
    return 0


def _refuse_incomplete(programs: Path, work: Path, tables: int) -> None:
    _run(programs, "pg_restore", "--file=/dev/null", str(work))  # reads all of it
    listed = _run(programs, "pg_restore", "--list", str(work)).splitlines()
    found = sum(LISTED.match(line) is not None for line in listed)
    if found != tables:
        sys.exit(f"error: the dump has {found} tables and the database {tables}: it is not kept")


def _write_through(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def _ask(programs: Path, query: str) -> str:
    return _run(programs, "psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-c", query).strip()


def _run(programs: Path, program: str, *words: str) -> str:
    own = {
        "PATH": "/usr/bin:/bin",
        "HOME": "/nonexistent",
        "PGHOST": "127.0.0.1",
        "PGPORT": os.environ["PGPORT"],
        "PGUSER": os.environ["POSTGRES_USER"],
        "PGDATABASE": os.environ["POSTGRES_DB"],
        "PGPASSWORD": os.environ["POSTGRES_PASSWORD"],
        "PGCONNECT_TIMEOUT": "5",
    }
    command = (str(programs / "bin" / program), *words)
    done = subprocess.run(command, env=own, umask=0o077, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"error: {program} failed: {done.stderr.strip()[-800:]}")
    return done.stdout
