"""What does somebody with an account see and do about their own sign-ups, and a coordinator about those of others?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.services.clubs import Club, Person, new_club
from tests.integration.services.services_processes import Services, Web


@pytest.fixture
def club(services: Services, api: Web) -> Iterator[Club]:
    with new_club(services, api) as made:
        yield made


def stranger(club: Club) -> Person:
    email = club.email("zoe")
    user_id = club.account(email)
    return Person(0, email, user_id, club.token(user_id))


@pytest.mark.req("D-09")
def test_who_is_signed_in_signs_up_without_saying_who_they_are(club: Club) -> None:
    shift = club.open_shift()
    first, again = (club.ask("POST", f"/shifts/{shift}/sign-ups", club.volunteer, json={}) for _ in range(2))
    assert first.status_code == 201
    assert first.json().items() >= {"state": "confirmed", "place": None}.items()
    assert again.json() == first.json(), "asked again it is the same sign-up"
    assert len(club.outbox("signed_up")) == 1
    told = club.ask("POST", f"/shifts/{shift}/sign-ups", club.volunteer, json={"name": "Mallory"})
    assert told.status_code == 422


def test_an_account_becomes_a_volunteer_where_it_signs_up(club: Club) -> None:
    shift, zoe = club.open_shift(), stranger(club)
    assert club.ask("POST", f"/shifts/{shift}/sign-ups", zoe, json={}).status_code == 201
    query = "SELECT user_id, role FROM signups_member WHERE organization_id = %s AND email = %s"
    assert club.sql(query, club.id, zoe.email) == [(zoe.user_id, "volunteer")]


def test_an_account_takes_over_who_was_written_down_with_its_address(club: Club) -> None:
    shift, zoe = club.open_shift(), stranger(club)
    before = club.person("Zoe the baker", email=zoe.email)
    sign_up = club.sign_up(shift, before)
    assert club.ask("POST", f"/shifts/{shift}/sign-ups", zoe, json={}).json()["id"] == sign_up
    assert club.sql("SELECT name, user_id FROM signups_member WHERE id = %s", before.id) == [
        ("Zoe the baker", zoe.user_id)
    ]


def test_an_account_whose_address_is_not_proven_takes_over_nobody(club: Club) -> None:
    shift, zoe = club.open_shift(), stranger(club)
    club.person("Zoe", email=zoe.email)
    club.sql("UPDATE signups_user SET confirmed_at = NULL WHERE id = %s", zoe.user_id)
    assert club.ask("POST", f"/shifts/{shift}/sign-ups", zoe, json={}).status_code == 409
    assert club.states(shift) == {}


def test_my_sign_ups_come_page_by_page_the_next_first(club: Club) -> None:
    event = club.event()
    shifts = [club.shift(event, in_h=hours) for hours in (72, 24, 48, 24)]
    mine = [club.sign_up(shift, club.volunteer) for shift in shifts]
    club.sign_up(shifts[0], club.owner)
    expected = [mine[1], mine[3], mine[2], mine[0]]
    pages = club.pages("/me/sign-ups", club.volunteer, limit=1)
    assert [[one["id"] for one in page] for page in pages] == [[number] for number in expected]


def test_past_and_cancelled_sign_ups_are_not_among_the_upcoming(club: Club) -> None:
    past = club.shift(club.event(in_h=-40), in_h=-40)
    own = {"organization_id": club.id, "member_id": club.volunteer.id}
    came = club.add("signup", shift_id=past, state="confirmed", **own)
    club.add("signup", shift_id=club.open_shift(), state="cancelled", **own)
    assert club.get("/me/sign-ups", club.volunteer) == {"items": [], "next": None}
    (seen,) = club.get("/me/sign-ups", club.volunteer, past=True)["items"]
    assert (seen["id"], seen["can_cancel"]) == (came, False)


@pytest.mark.req("D-09")
def test_what_was_signed_up_under_my_address_is_mine(club: Club) -> None:
    zoe, shift = stranger(club), club.open_shift()
    club.sign_up(shift, club.volunteer)
    waiting = club.sign_up(shift, club.person("Zoe", email=zoe.email))
    (seen,) = club.get("/me/sign-ups", zoe)["items"]
    assert (seen["id"], seen["state"], seen["place"]) == (waiting, "waiting", 1)


def test_nobody_cancels_the_sign_up_of_somebody_else(club: Club) -> None:
    sign_up = club.sign_up(club.open_shift(), club.volunteer)
    for who, status in ((club.owner, 404), (stranger(club), 404), (None, 401), (club.volunteer, 204)):
        assert club.ask("DELETE", f"/me/sign-ups/{sign_up}", who).status_code == status


def test_the_roster_shows_who_comes_by_shift_and_in_order(club: Club) -> None:
    event = club.event()
    first, second = (club.shift(event, capacity=capacity) for capacity in (1, 2))
    people = [club.person(f"Person {number}") for number in range(4)]
    ids = [club.sign_up(first, person) for person in people[:3]] + [club.sign_up(second, people[3])]
    club.sql("SELECT signups_cancel(%s)", ids[0])
    pages = club.pages(f"~/events/{event}/sign-ups", club.coordinator, limit=2)
    assert [len(page) for page in pages] == [2, 1]
    roster = [one for page in pages for one in page]
    assert [(one["id"], one["state"]) for one in roster] == [
        (ids[1], "confirmed"),
        (ids[2], "waiting"),
        (ids[3], "confirmed"),
    ]
    assert (
        roster[0].items() >= {"shift_id": first, "name": "Person 1", "email": people[1].email, "attended": None}.items()
    )
    (one,) = club.get(f"~/events/{event}/sign-ups", club.coordinator, shift_id=second)["items"]
    assert one == roster[2]
    assert club.ask("GET", "~/events/1/sign-ups", club.coordinator).status_code == 404


def test_a_coordinator_signs_a_person_up_and_off(club: Club) -> None:
    shift, mo = club.open_shift(), club.person("Mo")
    path = f"~/shifts/{shift}/sign-ups"
    made = club.ask("POST", path, club.coordinator, json={"member_id": mo.id})
    assert (made.status_code, made.json()["state"]) == (201, "confirmed")
    assert club.ask("POST", path, club.coordinator, json={"member_id": 2**62}).status_code == 404
    assert club.ask("POST", "~/shifts/1/sign-ups", club.coordinator, json={"member_id": mo.id}).status_code == 404
    for _ in range(2):
        assert club.ask("DELETE", f"~/sign-ups/{made.json()['id']}", club.coordinator).status_code == 204
    assert club.states(shift) == {mo.email: "cancelled"}
    assert len(club.outbox("cancelled")) == 1


def test_who_came_is_marked_for_those_who_had_a_place(club: Club) -> None:
    past = club.shift(club.event(in_h=-40), in_h=-40)
    own = {"organization_id": club.id, "shift_id": past}
    had = club.add("signup", state="confirmed", member_id=club.volunteer.id, **own)
    waited = club.add("signup", state="waiting", member_id=club.owner.id, **own)
    for attended in (True, False, None):
        path = f"~/sign-ups/{had}/attendance"
        assert club.ask("PUT", path, club.coordinator, json={"attended": attended}).json()["attended"] is attended
    marked = [
        club.ask("PUT", f"~/sign-ups/{number}/attendance", club.coordinator, json={"attended": True}).status_code
        for number in (waited, 2**62)
    ]
    assert marked == [409, 404]
    assert club.ask("DELETE", f"~/sign-ups/{had}", club.coordinator).status_code == 409
