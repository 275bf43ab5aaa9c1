from __future__ import annotations

import asyncio

import psycopg
import pytest
from django.db import InternalError, OperationalError
from psycopg_pool import PoolTimeout, TooManyRequests

from api.shared.outage import Outage, Reopening, is_held, is_lost


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def outage(clock: Clock) -> Outage:
    made = Outage(hold_s=10.0, loss_s=5.0, now=clock)
    made.found()
    return made


@pytest.mark.req("B-06", "B-09")
def test_a_loss_is_waited_for_five_seconds_and_what_was_announced_for_as_long_as_a_hold_may_last() -> None:
    clock = Clock()
    lost, held, closed = outage(clock), outage(clock), outage(clock)
    lost.lost()
    held.lost(is_announced=True)
    closed.found(takes_changes=False)
    clock.now += 4.9
    assert [round(one.left_s(), 1) for one in (lost, held, closed)] == [0.1, 5.1, 5.1]
    clock.now += 0.2
    assert [one.is_short() for one in (lost, held, closed)] == [False, True, True]
    clock.now += 5.0
    assert [one.is_short() for one in (lost, held, closed)] == [False, False, False]


def test_a_database_that_never_was_there_is_waited_for_by_nobody() -> None:
    never = Outage()
    never.lost()
    assert never.left_s() == 0


def test_who_meets_it_again_and_again_does_not_make_it_last_longer() -> None:
    clock = Clock()
    seen = outage(clock)
    for _ in range(6):
        seen.lost()
        clock.now += 1
    assert not seen.is_short()
    seen.found()
    seen.lost()
    assert seen.is_short()


@pytest.mark.req("B-01", "D-12")
def test_an_absence_that_nobody_has_met_for_a_while_is_not_held_against_who_asks() -> None:
    clock = Clock()
    seen = outage(clock)
    seen.lost()
    clock.now += 5.5
    assert not seen.is_over()  # it may be back, and nobody has asked
    seen.lost()
    assert seen.is_over()
    clock.now += 0.9
    assert seen.is_over()
    clock.now += 0.2
    assert not seen.is_over()
    seen.found()
    assert not seen.is_over()


def test_who_waited_until_it_came_back_is_still_being_served_for_a_moment() -> None:
    clock = Clock()
    seen = outage(clock)
    assert not seen.ended_within(2)
    seen.lost()
    seen.found()
    clock.now += 1.9
    assert seen.ended_within(2)
    clock.now += 0.2
    assert not seen.ended_within(2)


def caused(outer: Exception, cause: Exception) -> Exception:
    outer.__cause__ = cause
    return outer


@pytest.mark.req("B-09")
@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (psycopg.OperationalError("server closed the connection unexpectedly"), True),
        (psycopg.errors.AdminShutdown(), True),
        (psycopg.errors.CrashShutdown(), True),
        (psycopg.errors.CannotConnectNow(), True),
        (psycopg.errors.ConnectionFailure(), True),
        (psycopg.InterfaceError("the connection is closed"), True),
        (caused(OperationalError(), psycopg.errors.AdminShutdown()), True),
        (psycopg.errors.QueryCanceled(), False),
        (psycopg.errors.DeadlockDetected(), False),
        (psycopg.errors.TooManyConnections(), False),
        (psycopg.errors.UniqueViolation(), False),
        (PoolTimeout(), False),
        (TooManyRequests(), False),
        (caused(OperationalError(), psycopg.errors.LockNotAvailable()), False),
        (ValueError(), False),
        (None, False),
    ],
)
def test_a_lost_connection_is_told_from_what_the_database_refuses(error: Exception | None, *, expected: bool) -> None:
    assert is_lost(error) == expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (psycopg.errors.ReadOnlySqlTransaction(), True),
        (caused(InternalError(), psycopg.errors.ReadOnlySqlTransaction()), True),
        (psycopg.errors.AdminShutdown(), False),
        (psycopg.errors.InFailedSqlTransaction(), False),
    ],
)
def test_a_change_that_is_refused_for_a_moment_is_known(error: Exception, *, expected: bool) -> None:
    assert is_held(error) == expected


def test_a_hundred_who_wait_for_changes_to_be_taken_are_one_who_looks() -> None:
    seen, looks = Outage(), list[int]()

    async def look() -> None:
        looks.append(1)
        if len(looks) == 3:
            seen.found()

    async def play() -> None:
        seen.found(takes_changes=False)
        reopening = Reopening(seen, look)
        async with asyncio.timeout(5):
            await asyncio.gather(*(reopening.wait() for _ in range(100)))

    asyncio.run(play())
    assert len(looks) == 3
