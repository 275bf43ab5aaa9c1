"""Who is told when a shift moves, or its event: everybody who is signed up, once, whichever program moves it?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import psycopg
import pytest

from tests.integration.services.clubs import Club, new_club
from tests.integration.services.planning import at, plan, shift
from tests.integration.services.services_processes import Services, Web

DUE_IN_S = (
    "SELECT extract(epoch FROM due_at - now()) FROM signups_outboxmessage WHERE organization_id = %s AND kind = %s"
)


@pytest.fixture
def club(services: Services, api: Web) -> Iterator[Club]:
    with new_club(services, api) as made:
        yield made


def patch(club: Club, path: str, status: int = 200, **body: Any) -> None:
    answer = club.ask("PATCH", f"~/{path}", club.coordinator, json=body)
    assert answer.status_code == status, answer.text


def planned(club: Club, *people: str, **more: Any) -> tuple[int, int, list[int]]:
    """Plan an event with one shift, sign people up, and return the ids of all of it."""
    made = plan(club, location="North pier", **more)
    shift_id = made["shifts"][0]["id"]
    return made["id"], shift_id, [club.sign_up(shift_id, club.person(name)) for name in people]


def moved(club: Club) -> list[tuple[int, str, str, str]]:
    """Return what is to be told: to whom, and what was before."""
    return [
        (told["sign_up_id"], _moment(told["starts_at"]), _moment(told["ends_at"]), told["location"])
        for told in club.outbox("moved")
    ]


def move(club: Club, shift_id: int, *hours: int) -> None:
    """Let a shift begin and end so many hours from now."""
    times = "now() + %s * interval '1 h', now() + %s * interval '1 h'"
    club.sql(f"UPDATE signups_shift SET (starts_at, ends_at) = ({times}) WHERE id = %s", *hours, shift_id)  # noqa: S608 - the line above


def _moment(text: str) -> str:
    return datetime.fromisoformat(text).isoformat().replace("+00:00", "Z")


def test_a_shift_that_moves_tells_who_has_a_place_and_who_waits_but_not_who_left(club: Club) -> None:
    _, shift_id, ids = planned(club, "Mo", "Kim", "Ola", "Bo")  # two places
    club.sql("SELECT signups_cancel(%s)", ids[0])
    patch(club, f"shifts/{shift_id}", starts_at=at(1), ends_at=at(4))
    assert moved(club) == [(one, at(0), at(2), "North pier") for one in ids[1:]]


def test_an_event_that_moves_to_another_day_and_place_tells_each_once_what_was_before(club: Club) -> None:
    shifts = [shift(), shift(2, 4)]
    made = plan(club, location="North pier", shifts=shifts)
    mo, kim = club.person("Mo"), club.person("Kim")
    signed = [club.sign_up(made["shifts"][place]["id"], person) for place, person in ((0, mo), (1, mo), (1, kim))]
    patch(club, f"events/{made['id']}", starts_at=at(48), ends_at=at(56), location="South pier")
    hours = ((0, 2), (2, 4), (2, 4))
    before = [(one, at(start), at(end), "North pier") for one, (start, end) in zip(signed, hours, strict=True)]
    assert sorted(moved(club)) == before


def test_another_place_alone_is_told_and_another_name_or_number_of_places_is_not(club: Club) -> None:
    event_id, shift_id, (one,) = planned(club, "Mo")
    patch(club, f"events/{event_id}", title="Harbour day", description="Bring gloves.", location="North pier")
    patch(club, f"shifts/{shift_id}", title="Evening", capacity=9, starts_at=at(0), ends_at=at(2))
    patch(club, f"events/{event_id}", ends_at=at(9))
    assert moved(club) == []
    patch(club, f"events/{event_id}", location="South pier")
    assert moved(club) == [(one, at(0), at(2), "North pier")]


def test_a_change_that_is_refused_tells_nobody(club: Club) -> None:
    event_id, _, _ = planned(club, "Mo")
    patch(club, f"events/{event_id}", 409, starts_at=at(48), ends_at=at(56), location="South pier", state="draft")
    assert moved(club) == []


def test_nobody_is_told_of_an_event_that_is_not_published(club: Club) -> None:
    event_id, shift_id, _ = planned(club, "Mo")
    club.sql("UPDATE signups_event SET state = 'draft' WHERE id = %s", event_id)
    patch(club, f"shifts/{shift_id}", ends_at=at(3))
    patch(club, f"events/{event_id}", location="South pier")
    assert moved(club) == []


def test_nobody_is_told_of_a_shift_that_is_over_until_it_is_held_another_day(club: Club) -> None:
    event_id = club.event(in_h=-20)  # ten hours long
    shift_id = club.shift(event_id, in_h=-20)
    names = {"organization_id": club.id, "shift_id": shift_id, "member_id": club.person("Mo").id}
    one = club.add("signup", state="confirmed", **names)
    move(club, shift_id, -20, -11)
    club.sql("UPDATE signups_event SET location = 'East pier' WHERE id = %s", event_id)
    assert moved(club) == []
    move(club, shift_id, 20, 29)
    assert [told[0] for told in moved(club)] == [one]


def test_several_corrections_are_one_message_that_waits_for_the_last_of_them(club: Club) -> None:
    event_id, shift_id, (one,) = planned(club, "Mo")
    patch(club, f"shifts/{shift_id}", starts_at=at(1), ends_at=at(4))
    assert 170 < club.value(DUE_IN_S, club.id, "moved") <= 180
    club.sql("UPDATE signups_outboxmessage SET due_at = now() + '1 min'::interval WHERE organization_id = %s", club.id)
    patch(club, f"shifts/{shift_id}", starts_at=at(2))
    patch(club, f"events/{event_id}", starts_at=at(24), ends_at=at(32), location="South pier")
    assert moved(club) == [(one, at(0), at(2), "North pier")]
    assert 170 < club.value(DUE_IN_S, club.id, "moved") <= 180


def test_a_message_is_not_put_off_for_ever(club: Club) -> None:
    _, shift_id, _ = planned(club, "Mo")
    patch(club, f"shifts/{shift_id}", starts_at=at(1))
    age = (
        "UPDATE signups_outboxmessage SET created_at = now() - '14 min'::interval, due_at = now() WHERE kind = 'moved'"
    )
    club.sql(f"{age} AND organization_id = %s", club.id)
    patch(club, f"shifts/{shift_id}", starts_at=at(0.5))
    assert 50 < club.value(DUE_IN_S, club.id, "moved") <= 60


def test_a_move_after_the_mail_and_one_while_it_is_being_sent_are_told_anew(club: Club) -> None:
    _, shift_id, (one,) = planned(club, "Mo")
    patch(club, f"shifts/{shift_id}", ends_at=at(3))
    club.sql("UPDATE signups_outboxmessage SET state = 'sent' WHERE organization_id = %s AND kind = 'moved'", club.id)
    patch(club, f"shifts/{shift_id}", ends_at=at(4))
    with psycopg.connect(club.services.environment["DATABASE_URL"]) as worker:  # its transaction is that of the sending
        worker.execute("SELECT 1 FROM signups_outboxmessage WHERE organization_id = %s FOR UPDATE", [club.id])
        patch(club, f"shifts/{shift_id}", ends_at=at(5))
    assert moved(club) == [(one, at(0), at(end), "North pier") for end in (2, 3, 4)]


@pytest.mark.req("B-17")
def test_nobody_tells_the_people_of_another_organization(club: Club) -> None:
    """The triggers work as the owner of the tables; the function that they call does not."""
    _, shift_id, _ = planned(club, "Mo")
    with psycopg.connect(club.services.environment["DATABASE_URL"]) as connection:
        connection.execute("SET ROLE slipway_api")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT signups_tell_moved(%s, now(), now(), '')", [shift_id])
        connection.rollback()
        connection.execute("SET ROLE slipway_api")
        connection.execute("SELECT set_config('slipway.organization_id', '0', true)")
        changed = connection.execute("UPDATE signups_shift SET ends_at = ends_at + '1 h' WHERE id = %s", [shift_id])
        assert changed.rowcount == 0
    assert moved(club) == []


@pytest.mark.req("D-10")
@pytest.mark.parametrize(("to_h", "again"), [(20, False), (30, True)])
def test_a_shift_that_moves_beyond_a_day_is_reminded_of_again(club: Club, to_h: int, *, again: bool) -> None:
    shift_id = club.shift(club.event(in_h=10), in_h=10)
    one = club.sign_up(shift_id, club.person("Mo"))
    club.sql("UPDATE signups_signup SET reminded_at = now() WHERE id = %s", one)
    move(club, shift_id, to_h, to_h + 2)
    assert club.value("SELECT reminded_at IS NULL FROM signups_signup WHERE id = %s", one) is again
