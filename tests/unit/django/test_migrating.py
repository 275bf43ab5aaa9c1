"""How long may a migration wait for a lock, and how often does it come back?"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, Self

import entrypoint
import pytest
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import OperationalError, models
from django.db.migrations import AddField, RunSQL
from migrating import advisory_lock
from migrating.lock_retry import retry_while_busy, set_lock_timeout
from migrating.migrator import is_concurrent
from psycopg import errors


class Asked:
    """A connection that notes what is executed."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    @contextlib.contextmanager
    def cursor(self) -> Iterator[Asked]:
        """Give itself."""
        yield self

    def execute(self, statement: str) -> None:
        """Note it."""
        self.statements.append(statement)


def busy() -> OperationalError:
    error = OperationalError("canceling statement due to lock timeout")
    error.__cause__ = errors.LockNotAvailable()
    return error


def tried(failures: list[Exception], monkeypatch: pytest.MonkeyPatch) -> tuple[int, list[float], str]:
    """Return how often it was tried, the pauses between, and how it ended."""
    attempts, pauses = 0, list[float]()
    monkeypatch.setattr("migrating.lock_retry.time.sleep", pauses.append)

    def attempt() -> str:
        nonlocal attempts
        attempts += 1
        if failures:
            raise failures.pop(0)
        return "done"

    try:
        ended = retry_while_busy(attempt, lock_timeout_s=5, say=lambda _: None)
    except OperationalError as error:
        ended = str(error)
    return attempts, pauses, ended


@pytest.mark.req("B-03")
def test_a_lock_timeout_is_told_to_the_database_in_milliseconds() -> None:
    asked: Any = Asked()
    set_lock_timeout(asked, 2.5)
    assert asked.statements == ["SET lock_timeout = 2500"]


@pytest.mark.req("B-03")
def test_whoever_migrates_waits_five_minutes_at_most_for_its_turn() -> None:
    asked = Asked()
    advisory_lock.acquire(asked.execute)
    assert asked.statements == ["SET lock_timeout = 300000", "SELECT pg_advisory_lock(7355129)"]


@pytest.mark.req("B-03")
@pytest.mark.parametrize(
    ("failures", "attempts", "pauses", "ended"),
    [
        ([], 1, [], "done"),
        ([busy()], 2, [1.0], "done"),
        ([busy() for _ in range(4)], 5, [1.0, 2.0, 4.0, 8.0], "done"),
        ([busy() for _ in range(5)], 5, [1.0, 2.0, 4.0, 8.0], "canceling statement due to lock timeout"),
        ([OperationalError("gone")], 1, [], "gone"),
    ],
)
def test_a_busy_table_is_tried_five_times_with_growing_pauses(
    monkeypatch: pytest.MonkeyPatch, failures: list[Exception], attempts: int, pauses: list[float], ended: str
) -> None:
    assert tried(list(failures), monkeypatch) == (attempts, pauses, ended)


@pytest.mark.req("B-03")
def test_only_what_works_beside_writers_may_wait_long() -> None:
    assert is_concurrent(RunSQL("CREATE INDEX Concurrently i ON t (a)"))
    assert is_concurrent(AddIndexConcurrently("thing", models.Index(fields=["name"], name="by_name")))
    assert not is_concurrent(RunSQL("CREATE INDEX i ON t (a)"))
    assert not is_concurrent(AddField("thing", "extra", models.TextField(null=True)))


class Held:
    """A connection whose lock goes when it does."""

    def __init__(self, did: list[str]) -> None:
        self._did = did

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._did.append("the lock is gone")

    def execute(self, statement: bytes) -> None:
        """Note it."""
        self._did.append(statement.decode())


@pytest.mark.req("C-05")
@pytest.mark.parametrize("code", [0, 3])
def test_a_container_that_starts_alone_migrates_and_then_collects_behind_the_lock(
    monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    did: list[str] = []

    def manage(*words: str) -> int:
        did.append(words[0])
        return code

    monkeypatch.setattr(entrypoint, "manage", manage)
    monkeypatch.setattr("entrypoint.psycopg.connect", lambda *_, **__: Held(did))
    assert entrypoint.prepare("postgresql://nobody@127.0.0.1/x") == code
    lock = ["SET lock_timeout = 300000", "SELECT pg_advisory_lock(7355129)"]
    collected = [*lock, "collectstatic", "the lock is gone"]
    assert did == ["migrate_safely", *(collected if code == 0 else [])]
