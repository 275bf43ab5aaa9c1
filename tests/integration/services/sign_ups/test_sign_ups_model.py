"""Does the database give places as a few lines of Python would? Random histories of two shifts are played in both."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from tests.integration.services.clubs import Club, new_club
from tests.integration.services.services_processes import Services

PEOPLE = 6
WHICH = st.integers(0, 1)
WHO = st.integers(0, PEOPLE - 1)


@dataclass
class Shift:
    """What a shift is: places, who has one, and who waits, in order."""

    id: int
    capacity: int
    is_over: bool = False
    seated: list[int] = field(default_factory=list)
    queue: list[int] = field(default_factory=list)
    seated_before: int = 0


@dataclass
class Model:
    """The rules, as one would tell them."""

    shifts: list[Shift]
    state: str = "published"
    told: dict[str, list[int]] = field(default_factory=lambda: {"signed_up": [], "promoted": [], "cancelled": []})

    def settle(self, shift: Shift, newcomer: int | None = None) -> int:
        """Give free places to who waits; a newcomer is told nothing of it."""
        promoted = 0
        while self.state == "published" and not shift.is_over and shift.queue and len(shift.seated) < shift.capacity:
            lucky = shift.queue.pop(0)
            shift.seated.append(lucky)
            promoted += 1
            if lucky != newcomer:
                self.told["promoted"].append(lucky)
        return promoted

    def is_open(self, shift: Shift) -> bool:
        """Ask whether it takes sign-ups."""
        return self.state == "published" and not shift.is_over

    def free(self) -> int:
        """Count what the event has left."""
        return sum(max(shift.capacity - len(shift.seated), 0) for shift in self.shifts)


class Places(RuleBasedStateMachine):
    """One event, two shifts, some people, and everything that may happen to them."""

    club: Club
    connection: psycopg.Connection[Any]
    members: list[int]

    def __init__(self) -> None:
        super().__init__()
        self.connection.rollback()
        self._run("SELECT set_config('slipway.organization_id', %s, true)", str(self.club.id))
        week = "now() + interval '7 days', now() + interval '8 days'"
        event = "INSERT INTO signups_event (organization_id, title, starts_at, ends_at, state) VALUES"
        self.event = self._run(f"{event} (%s, 'Played', {week}, 'published') RETURNING id", self.club.id)[0][0]
        shift = "INSERT INTO signups_shift (organization_id, event_id, title, starts_at, ends_at, capacity) VALUES"
        made = [
            Shift(
                self._run(f"{shift} (%s, %s, 'Shift', {week}, %s) RETURNING id", self.club.id, self.event, n)[0][0], n
            )
            for n in (1, 2)
        ]
        self._run("SELECT signups_count_event(%s)", self.event)
        self.model = Model(made)
        self.active: dict[tuple[int, int], int] = {}  # shift and member: sign-up

    def _run(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        cursor = self.connection.execute(query.encode(), parameters)
        return cursor.fetchall() if cursor.description else []

    @rule(which=WHICH, who=WHO)
    def sign_up(self, which: int, who: int) -> None:
        """Sign somebody up, who may be in already."""
        shift, member = self.model.shifts[which], self.members[who]
        if not self.model.is_open(shift):
            with pytest.raises(psycopg.DatabaseError) as raised, self.connection.transaction():
                self._run("SELECT signups_sign_up(%s, %s)", shift.id, member)
            assert raised.value.sqlstate == "SU001"
            return
        ((number, state, place, is_new),) = self._run("SELECT * FROM signups_sign_up(%s, %s)", shift.id, member)
        assert is_new == ((shift.id, member) not in self.active)
        if is_new:
            self.active[shift.id, member] = number
            shift.queue.append(number)
            self.model.told["signed_up"].append(number)
            self.model.settle(shift, newcomer=number)
        assert number == self.active[shift.id, member]
        waits = number in shift.queue
        assert (state, place) == (("waiting", shift.queue.index(number) + 1) if waits else ("confirmed", None))

    @precondition(lambda self: self.active)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        """Cancel, and once more."""
        key = data.draw(st.sampled_from(sorted(self.active)))
        number = self.active.pop(key)
        assert self._run("SELECT signups_cancel(%s)", number) == [(True,)]
        assert self._run("SELECT signups_cancel(%s)", number) == [(False,)]
        shift = next(one for one in self.model.shifts if one.id == key[0])
        (shift.seated if number in shift.seated else shift.queue).remove(number)
        self.model.settle(shift)
        self.model.told["cancelled"].append(number)

    @rule(which=WHICH, capacity=st.integers(1, 4))
    def change_capacity(self, which: int, capacity: int) -> None:
        """Give a shift more places or fewer."""
        shift = self.model.shifts[which]
        shift.capacity = capacity
        self._run("UPDATE signups_shift SET capacity = %s WHERE id = %s", capacity, shift.id)
        assert self._run("SELECT signups_settle(%s)", shift.id) == [(self.model.settle(shift),)]

    @rule(state=st.sampled_from(["published", "published", "draft", "cancelled"]))
    def change_state(self, state: str) -> None:
        """Publish, withdraw or cancel the event."""
        self.model.state = state
        self._run("UPDATE signups_event SET state = %s WHERE id = %s", state, self.event)
        for shift in self.model.shifts:
            assert self._run("SELECT signups_settle(%s)", shift.id) == [(self.model.settle(shift),)]

    @rule(which=WHICH, is_over=st.booleans())
    def move(self, which: int, *, is_over: bool) -> None:
        """Let a shift be over, or not yet."""
        shift = self.model.shifts[which]
        shift.is_over = is_over
        times = "now() - interval '2 days', now() - interval '1 day'" if is_over else "now(), now() + interval '1 day'"
        self._run(f"UPDATE signups_shift SET (starts_at, ends_at) = ({times}) WHERE id = %s", shift.id)  # noqa: S608 - the line above
        assert self._run("SELECT signups_settle(%s)", shift.id) == [(self.model.settle(shift),)]

    @invariant()
    def the_same_people_have_places_and_wait_in_the_same_order(self) -> None:
        """Compare the lists."""
        query = """
            SELECT shift_id, state, array_agg(id ORDER BY created_at, id) FROM signups_signup
             WHERE organization_id = %s AND state <> 'cancelled' GROUP BY shift_id, state
        """
        seen = {(shift_id, state): numbers for shift_id, state, numbers in self._run(query, self.club.id)}
        for shift in self.model.shifts:
            assert seen.get((shift.id, "confirmed"), []) == sorted(shift.seated), (
                "who came first has the smaller number"
            )
            assert seen.get((shift.id, "waiting"), []) == shift.queue
            assert len(shift.seated) <= max(shift.capacity, shift.seated_before)
            shift.seated_before = len(shift.seated)

    @invariant()
    def what_is_counted_is_what_is_there(self) -> None:
        """Compare the counters."""
        query = "SELECT id, taken, waiting FROM signups_shift WHERE event_id = %s ORDER BY id"
        assert self._run(query, self.event) == [(one.id, len(one.seated), len(one.queue)) for one in self.model.shifts]
        shifts = self.model.shifts
        totals = (sum(one.capacity for one in shifts), sum(len(one.seated) for one in shifts), self.model.free())
        assert self._run("SELECT capacity, taken, free FROM signups_event WHERE id = %s", self.event) == [totals]

    @invariant()
    def everybody_is_told_once_and_in_order(self) -> None:
        """Compare what is to be sent."""
        query = """
            SELECT kind, array_agg((payload->>'sign_up_id')::bigint ORDER BY id) FROM signups_outboxmessage
             WHERE organization_id = %s GROUP BY kind
        """
        told = dict(self._run(query, self.club.id))
        assert {kind: told.get(kind, []) for kind in self.model.told} == self.model.told


@contextlib.contextmanager
def connected(services: Services) -> Iterator[psycopg.Connection[Any]]:
    """Connect as the API does; nothing is ever committed."""
    with contextlib.closing(psycopg.connect(services.api_database)) as connection:
        yield connection


@pytest.mark.req("D-09")
def test_places_are_given_as_the_rules_say_whatever_happens(services: Services) -> None:
    with new_club(services) as club, connected(services) as connection:
        members = [club.person(f"Person {number}").id for number in range(PEOPLE)]
        machine = type("Played", (Places,), {"club": club, "connection": connection, "members": members})
        quick = settings(
            max_examples=60, stateful_step_count=20, suppress_health_check=list(HealthCheck), deadline=None
        )
        run_state_machine_as_test(machine, settings=quick)
