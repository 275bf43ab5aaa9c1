"""A change of the schema beside a release that runs. Check, dump, then migrate; a doubt ends it unchanged."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ops.engine.errors import EngineError
from ops.engine.model import Service
from ops.engine.rollout.context import Engine, Goal
from ops.engine.rollout.jobs import run_job
from ops.redact import last_lines

CHECK_TIMEOUT_S = 120.0
DUMP_TIMEOUT_S = 3600.0
LOOPBACK = {"127.0.0.1", "localhost"}
WARY = "--wary"  # said to a check when the running release may use what its migrations no longer know
LOCK = "lock-"  # begins the code of a problem that is over when the migration is
GUIDE = "docs/guides/migrations.md"
MIB = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What the running release could not live with."""

    migration: str
    code: str
    table: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Pending:
    """What the check printed. `is_new` on a first deployment: there is no data to dump yet."""

    pending: tuple[str, ...]
    problems: tuple[Problem, ...]
    is_atomic: bool = True
    is_new: bool = False


def run_schema_job(engine: Engine, goal: Goal, job: Service, *, allow_breaking: bool, skip_dump: bool) -> None:
    """Run a job that changes the schema, if it would change anything; EngineError before anything is changed.

    `allow_breaking` runs it although the running release could not live with what it does.
    """
    pending = read_pending(engine, job) if job.check else None
    if pending is not None:
        if not pending.pending:
            engine.say("migrate")(f"{job.name}: nothing is pending")
            return
        _tell(engine, pending)
        if pending.problems and not allow_breaking:
            raise _refusal(pending)
        database = _dumped(goal)
        if database and not skip_dump and not pending.is_new:
            dump(engine, goal, job, database)
        _note_broken(engine, pending)
    run_job(engine, job)


def read_pending(engine: Engine, job: Service) -> Pending:
    """Ask the job what it would do. Raises EngineError when it does not say."""
    engine.say("migrate")(f"checking what {job.name} would do")
    command = (*job.check, WARY) if _is_behind(engine, job) else job.check
    code, output = engine.runtime.run_once(job, command, timeout_s=CHECK_TIMEOUT_S)
    try:
        return _pending(_last_object(code, output))
    except (ValueError, KeyError, TypeError) as error:
        raise EngineError(
            f"the check of {job.name} failed, and nothing was migrated",
            why=f"{error}; its last lines:\n  " + "\n  ".join(last_lines(output, 20).splitlines()),
            fix="invoke deploy",
        ) from error


def dump(engine: Engine, goal: Goal, job: Service, database: Service) -> None:
    """Write a checked dump beside the data, and tell which. Raises EngineError when there is none to be had."""
    _refuse_another(job, database)
    engine.say("migrate")("dumping the database")
    began = engine.waiter.now()
    command = tuple(word.replace("{name}", goal.release.id) for word in database.dump)
    code, output = engine.runtime.run_once(database, command, timeout_s=DUMP_TIMEOUT_S)
    seconds = round(engine.waiter.now() - began, 3)
    try:
        told = _last_object(code, output)
        file, mib = str(told["file"]), round(int(told["bytes"]) / MIB, 2)
    except (ValueError, KeyError, TypeError) as error:
        why = f"{error}; its last lines:\n  " + "\n  ".join(last_lines(output, 20).splitlines())
        raise _no_dump(why) from error
    engine.journal.write("dump", file=file, mib=mib, seconds=seconds)
    engine.say("migrate")(f"dumped the database to {file}, {mib:g} MiB in {seconds:.1f} s")


def _note_broken(engine: Engine, pending: Pending) -> None:
    """Remember, before they run, that the live release and those before it cannot live with these migrations."""
    why = {one.migration: one.why for one in pending.problems if not one.code.startswith(LOCK)}
    state = engine.store.read()
    if why and state.release:
        engine.store.write(state.with_barred((state.release, *state.past), why))


def _is_behind(engine: Engine, job: Service) -> bool:
    """Tell whether the schema is of a later release than the one that runs: the later was undone, or gone back from."""
    live, done = engine.store.live(), engine.store.read().jobs.get(job.name)
    return any(own.name == job.name and own.fingerprint != done for own in (live.services if live else ()))


def _last_object(code: int, output: str) -> dict[str, Any]:
    """Return the object of the last line; ValueError when there is none or the command failed."""
    if code != 0:
        raise ValueError(f"it ended with exit code {code}")
    told: dict[str, Any] = json.loads((output.strip().splitlines() or [""])[-1])
    return told


def _pending(told: dict[str, Any]) -> Pending:
    keys = ("migration", "code", "table", "why")
    return Pending(
        pending=tuple(str(name) for name in told["pending"]),
        problems=tuple(Problem(**{key: str(one[key]) for key in keys}) for one in told["problems"]),
        is_atomic=bool(told["is_atomic"]),
        is_new=bool(told.get("is_new", False)),
    )


def _tell(engine: Engine, pending: Pending) -> None:
    say = engine.say("migrate")
    count = len(pending.pending)
    how = "in one transaction" if pending.is_atomic else "one by one, because one of them cannot be in a transaction"
    say(f"{count} pending {'migration' if count == 1 else 'migrations'}, {how}: {', '.join(pending.pending)}")
    for problem in pending.problems:
        say(f"{problem.migration} {problem.why}")


def _refusal(pending: Pending) -> EngineError:
    told = "\n  ".join(f"{problem.migration} {problem.why}" for problem in pending.problems)
    return EngineError(
        "the running release could not live with these migrations, and nothing was changed",
        why=f"{told}\n  Do it in two releases, first expand and then contract: {GUIDE} shows how for each."
        " Or allow it, and requests may fail until the new release serves.",
        fix="invoke deploy --allow-breaking-migration",
    )


def _dumped(goal: Goal) -> Service | None:
    """Return the service that holds the data and knows how to dump it."""
    return next((service for service in goal.release.services if service.dump), None)


def _refuse_another(job: Service, database: Service) -> None:
    """Raise when the job migrates another database than that which would be dumped."""
    where = urlsplit(job.environment.get("DATABASE_URL", ""))
    local = where.hostname in LOOPBACK and where.port == database.port
    if where.hostname not in {None, database.name} and not local:
        raise _no_dump(f"DATABASE_URL names the host {where.hostname}, which is not this stack's own {database.name}")


def _no_dump(why: str) -> EngineError:
    return EngineError(
        "the database was not dumped, and nothing was migrated",
        why=f"{why}\n  If you have a backup of your own, deploy without a dump.",
        fix="invoke deploy --skip-dump",
    )
