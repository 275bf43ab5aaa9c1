"""Who gets the last place? Asked of the database's own functions, with the API's role, on connections side by side."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from tests.integration.services.clubs import Club, Person, new_club
from tests.integration.services.services_processes import Services

SIGN_UP = "SELECT state, place FROM signups_sign_up(%s, %s)"
CANCEL = "SELECT signups_cancel(%s)"
DEADLINE_S = 20


@pytest.fixture
def club(services: Services) -> Iterator[Club]:
    with new_club(services) as made:
        yield made


def at_once(club: Club, statements: list[tuple[str, tuple[object, ...]]]) -> list[Any]:
    """Run each statement in a transaction and on a connection of its own, all let go at the same moment."""
    gate = threading.Barrier(len(statements), timeout=DEADLINE_S)

    def run(statement: tuple[str, tuple[object, ...]]) -> Any:
        query, parameters = statement
        with psycopg.connect(club.services.api_database) as connection:
            connection.execute("SELECT set_config('slipway.organization_id', %s, true)", (str(club.id),))
            gate.wait()
            return connection.execute(query.encode(), parameters).fetchone()

    with ThreadPoolExecutor(len(statements)) as threads:
        return list(threads.map(run, statements))


def alone(club: Club, query: str, *parameters: object) -> Any:
    return at_once(club, [(query, parameters)])[0]


def people(club: Club, count: int) -> list[Person]:
    return [club.person(f"Person {number}") for number in range(count)]


@pytest.mark.req("D-09")
@pytest.mark.parametrize("count", [2, 20])
def test_of_those_who_take_the_last_place_at_once_exactly_one_gets_it(club: Club, count: int) -> None:
    shift = club.open_shift(capacity=1)
    answers = at_once(club, [(SIGN_UP, (shift, person.id)) for person in people(club, count)])
    assert [state for state, _ in answers].count("confirmed") == 1
    assert sorted(place for _, place in answers if place) == list(range(1, count))
    assert list(club.states(shift).values()) == ["confirmed"] + ["waiting"] * (count - 1)
    assert club.counts(shift) == (1, count - 1)


@pytest.mark.req("D-09")
def test_the_same_person_who_signs_up_twice_at_once_is_in_once(club: Club) -> None:
    shift = club.open_shift(capacity=5)
    answers = at_once(club, [(SIGN_UP, (shift, club.volunteer.id))] * 5)
    assert answers == [("confirmed", None)] * 5
    assert club.counts(shift) == (1, 0)
    assert len(club.outbox("signed_up")) == 1


def test_who_waits_is_told_the_place_they_have(club: Club) -> None:
    shift, (first, second, third) = club.open_shift(), people(club, 3)
    assert alone(club, SIGN_UP, shift, first.id) == ("confirmed", None)
    assert alone(club, SIGN_UP, shift, second.id) == ("waiting", 1)
    assert alone(club, SIGN_UP, shift, third.id) == ("waiting", 2)
    assert alone(club, SIGN_UP, shift, third.id) == ("waiting", 2), "asked again it is the same sign-up"


@pytest.mark.req("D-09")
def test_a_place_that_frees_goes_to_who_waits_longest(club: Club) -> None:
    shift, (first, second, third) = club.open_shift(), people(club, 3)
    mine, next_one, _ = (club.sign_up(shift, person) for person in (first, second, third))
    assert alone(club, CANCEL, mine) == (True,)
    assert club.states(shift) == {first.email: "cancelled", second.email: "confirmed", third.email: "waiting"}
    assert club.counts(shift) == (1, 1)
    assert club.outbox("promoted") == [{"sign_up_id": next_one}]
    assert club.outbox("cancelled") == [{"sign_up_id": mine}]
    assert alone(club, CANCEL, mine) == (False,)
    assert len(club.outbox("cancelled")) == 1, "cancelled twice it is told once"


def test_raised_capacity_promotes_in_the_order_of_the_list(club: Club) -> None:
    shift, everybody = club.open_shift(), people(club, 5)
    ids = [club.sign_up(shift, person) for person in everybody]
    club.sql("UPDATE signups_shift SET capacity = 3 WHERE id = %s", shift)
    assert alone(club, "SELECT signups_settle(%s)", shift) == (2,)
    assert alone(club, "SELECT signups_settle(%s)", shift) == (0,)
    assert list(club.states(shift).values()) == ["confirmed"] * 3 + ["waiting"] * 2
    assert club.outbox("promoted") == [{"sign_up_id": number} for number in ids[1:3]]


def test_lowered_capacity_throws_nobody_out_and_nobody_in(club: Club) -> None:
    shift, everybody = club.open_shift(capacity=3), people(club, 5)
    ids = [club.sign_up(shift, person) for person in everybody]
    club.sql("UPDATE signups_shift SET capacity = 1 WHERE id = %s", shift)
    alone(club, "SELECT signups_settle(%s)", shift)
    assert club.counts(shift) == (3, 2)
    assert club.sql("SELECT capacity, taken, free FROM signups_event WHERE organization_id = %s", club.id) == [
        (1, 3, 0)
    ]
    for number in ids[:2]:
        alone(club, CANCEL, number)
    assert club.counts(shift) == (1, 2), "there are fewer places than people until the third goes"
    alone(club, CANCEL, ids[2])
    assert club.counts(shift) == (1, 1)


@pytest.mark.parametrize("round_", range(3))
def test_a_cancellation_and_sign_ups_at_once_leave_no_place_empty(club: Club, round_: int) -> None:
    shift, (leaving, waiting, *coming) = club.open_shift(capacity=1), people(club, 6 + round_)
    mine = club.sign_up(shift, leaving)
    club.sign_up(shift, waiting)
    at_once(club, [(CANCEL, (mine,)), *((SIGN_UP, (shift, person.id)) for person in coming)])
    assert club.states(shift)[waiting.email] == "confirmed", "who waited before comes before all who came meanwhile"
    assert club.counts(shift) == (1, len(coming))


def test_cancellations_at_once_promote_as_many_and_nobody_twice(club: Club) -> None:
    shift, everybody = club.open_shift(capacity=4), people(club, 10)
    ids = [club.sign_up(shift, person) for person in everybody]
    assert at_once(club, [(CANCEL, (number,)) for number in ids[:4]]) == [(True,)] * 4
    assert list(club.states(shift).values()) == ["cancelled"] * 4 + ["confirmed"] * 4 + ["waiting"] * 2
    assert sorted(told["sign_up_id"] for told in club.outbox("promoted")) == ids[4:8]


@pytest.mark.parametrize("state", ["draft", "cancelled"])
def test_an_event_that_is_not_open_takes_nobody(club: Club, state: str) -> None:
    shift = club.shift(club.event(state=state))
    with pytest.raises(psycopg.DatabaseError) as raised:
        alone(club, SIGN_UP, shift, club.volunteer.id)
    assert raised.value.sqlstate == "SU001"


def test_a_shift_that_is_over_takes_nobody_and_promotes_nobody(club: Club) -> None:
    event = club.event(in_h=-20)
    shift, (first, second) = club.shift(event, in_h=-20), people(club, 2)
    own = {"organization_id": club.id, "shift_id": shift}
    came = club.add("signup", state="confirmed", member_id=first.id, **own)
    club.add("signup", state="waiting", member_id=second.id, **own)
    alone(club, CANCEL, came)
    assert club.states(shift)[second.email] == "waiting"
    with pytest.raises(psycopg.DatabaseError) as raised:
        alone(club, SIGN_UP, shift, club.volunteer.id)
    assert raised.value.sqlstate == "SU001"


@pytest.mark.req("B-17")
def test_nobody_is_put_into_the_shift_of_another_organization(club: Club, services: Services) -> None:
    with new_club(services) as other:
        shift, theirs = club.open_shift(), other.open_shift()
        attempts: list[tuple[Callable[[], Any], str]] = [
            (lambda: alone(club, SIGN_UP, shift, other.volunteer.id), "SU002"),
            (lambda: alone(other, SIGN_UP, shift, other.volunteer.id), "SU001"),
            (lambda: alone(club, SIGN_UP, theirs, other.volunteer.id), "SU001"),
        ]
        for attempt, state in attempts:
            with pytest.raises(psycopg.DatabaseError) as raised:
                attempt()
            assert raised.value.sqlstate == state
        sign_up = other.sign_up(theirs, other.volunteer)
        assert alone(club, CANCEL, sign_up) == (False,)
        assert other.states(theirs) == {other.volunteer.email: "confirmed"}
