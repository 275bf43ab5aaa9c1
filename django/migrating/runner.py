"""How do all pending migrations run, so that a failure leaves the schema as it was?"""

from __future__ import annotations

from collections.abc import Callable

from django.db import OperationalError, connection, transaction
from django.db.migrations import Migration

from migrating import advisory_lock
from migrating.lock_retry import is_busy, retry_while_busy, set_lock_timeout
from migrating.migrator import Migrator
from migrating.pending import Pending, name_of, read_pending
from migrating.undo import drop_invalid_indexes, undo_applied, undo_partial

Say = Callable[[str], object]


class MigrationFailedError(Exception):
    """The migrations did not all run; the text says what stands."""


class HalfAppliedError(Exception):
    """A migration failed, and not all that it had done could be taken back."""


def migrate_safely(migrator: Migrator, say: Say) -> None:
    """Migrate while nobody else does. Raises MigrationFailedError."""
    try:
        with connection.cursor() as cursor:
            advisory_lock.acquire(cursor.execute)
    except OperationalError as error:
        why = "another migration did not end in time" if is_busy(error) else "the database does not answer"
        raise MigrationFailedError(f"nothing was changed: {why} ({error})") from error
    try:
        set_lock_timeout(connection, migrator.lock_timeout_s)
        pending = read_pending(connection)  # only now: whoever was before us may have done it all
        (_as_one if pending.is_atomic else _one_by_one)(migrator, pending, say)
    finally:
        if connection.is_usable():  # without the connection the lock is gone too
            with connection.cursor() as cursor:
                advisory_lock.release(cursor.execute)


def _as_one(migrator: Migrator, pending: Pending, say: Say) -> None:
    def attempt() -> None:
        with transaction.atomic():
            migrator.run()

    try:
        retry_while_busy(attempt, lock_timeout_s=migrator.lock_timeout_s, say=say)
    except Exception as error:
        stands = f"nothing was changed: the schema is as it was, and none of {len(pending.names)} migrations is applied"
        raise MigrationFailedError(f"{_told(migrator, error)}\n{stands}") from error


def _one_by_one(migrator: Migrator, pending: Pending, say: Say) -> None:
    """Run a plan that cannot be one transaction, because something in it must be in none."""
    applied: list[Migration] = []
    for migration in pending.migrations:

        def attempt(migration: Migration = migration) -> None:
            _run_one(migrator, migration)

        try:
            retry_while_busy(attempt, lock_timeout_s=migrator.lock_timeout_s, say=say)
        except Exception as error:
            stands = undo_applied(connection, applied, lock_timeout_s=migrator.lock_timeout_s)
            raise MigrationFailedError(f"{_told(migrator, error)}\n{stands}") from error
        applied.append(migration)
    migrator.run()  # for what Django does after all migrations


def _run_one(migrator: Migrator, migration: Migration) -> None:
    if not migration.atomic:
        drop_invalid_indexes(connection, migration)  # of a run that was killed
    try:
        migrator.run(migration.app_label, migration.name)
    except Exception as error:
        stands = "" if migration.atomic else undo_partial(connection, migration, migrator.done)
        if stands:
            raise HalfAppliedError(f"{type(error).__name__}: {error}; {stands}") from error
        raise
    finally:
        set_lock_timeout(connection, migrator.lock_timeout_s)


def _told(migrator: Migrator, error: Exception) -> str:
    where = f"the migration {name_of(migrator.current)} failed" if migrator.current else "migrating failed"
    if is_busy(error):
        why = f"a table that it needs was busy each time, for {migrator.lock_timeout_s:g} s (MIGRATION_LOCK_TIMEOUT)"
        return f"{where}: {why}; run it again when no long transaction is open"
    return f"{where}: {type(error).__name__}: {str(error).strip()}"
