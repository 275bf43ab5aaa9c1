"""What does somebody without an account get, and what can they learn?"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.integration.services.clubs import Club, new_club
from tests.integration.services.services_processes import Services, Web


@pytest.fixture
def club(services: Services, api: Web) -> Iterator[Club]:
    with new_club(services, api) as made:
        yield made


def guest(club: Club, name: str = "Mo Salt", **more: str) -> dict[str, str]:
    return {"name": name, "email": club.email("mo"), **more}


def sign_up(club: Club, shift: int, body: dict[str, str]) -> tuple[int, object]:
    answer = club.ask("POST", f"/shifts/{shift}/sign-ups", json=body)
    return answer.status_code, answer.json()


CONFIRMED = (201, {"id": None, "state": "confirmed", "place": None})


@pytest.mark.req("D-09")
def test_a_guest_signs_up_with_a_name_and_an_address(club: Club) -> None:
    shift, mo = club.open_shift(capacity=2), guest(club, phone="+46 8 123")
    assert sign_up(club, shift, {**mo, "email": mo["email"].upper()}) == CONFIRMED
    assert club.states(shift) == {mo["email"]: "confirmed"}
    query = "SELECT name, phone, role, user_id FROM signups_member WHERE organization_id = %s AND email = %s"
    assert club.sql(query, club.id, mo["email"]) == [("Mo Salt", "+46 8 123", "volunteer", None)]
    assert len(club.outbox("signed_up")) == 1


@pytest.mark.req("D-09")
def test_of_twenty_guests_who_ask_for_the_last_place_at_once_one_gets_it(club: Club) -> None:
    shift, gate = club.open_shift(capacity=1), threading.Barrier(20, timeout=20)

    def ask(body: dict[str, str]) -> tuple[int, object]:
        gate.wait()
        return sign_up(club, shift, body)

    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(ask, [guest(club) for _ in range(20)]))
    assert answers.count(CONFIRMED) == 1
    waiting = [(201, {"id": None, "state": "waiting", "place": place}) for place in range(1, 20)]
    assert all(one in answers for one in waiting)
    assert club.counts(shift) == (1, 19)


@pytest.mark.req("D-09")
def test_when_all_places_are_taken_a_guest_waits_and_is_told_where(club: Club) -> None:
    shift = club.open_shift(capacity=1)
    assert sign_up(club, shift, guest(club)) == CONFIRMED
    for place in (1, 2):
        assert sign_up(club, shift, guest(club)) == (201, {"id": None, "state": "waiting", "place": place})


def test_the_answer_does_not_tell_who_is_signed_up_already(club: Club) -> None:
    shift, known, new = club.open_shift(capacity=3), guest(club), guest(club)
    assert sign_up(club, shift, known) == CONFIRMED
    assert sign_up(club, shift, known) == CONFIRMED
    assert sign_up(club, shift, new) == CONFIRMED
    assert sign_up(club, shift, guest(club)) == CONFIRMED
    waiting = (201, {"id": None, "state": "waiting", "place": 1})
    assert sign_up(club, shift, known) == waiting, "who has a place is answered as a newcomer, who would wait"
    assert sign_up(club, shift, guest(club)) == waiting
    assert club.counts(shift) == (3, 1)


def test_a_guest_who_signs_up_again_is_mailed_again_once_an_hour(club: Club) -> None:
    shift, mo = club.open_shift(capacity=3), guest(club)
    for _ in range(4):
        sign_up(club, shift, mo)
    assert len(club.outbox("signed_up")) == 2
    assert len({told["sign_up_id"] for told in club.outbox("signed_up")}) == 1


def test_a_stranger_changes_nothing_of_a_person_who_is_known(club: Club) -> None:
    shift, known = club.open_shift(), club.coordinator
    assert sign_up(club, shift, {"name": "Mallory", "email": known.email, "phone": "666"}) == CONFIRMED
    query = "SELECT name, phone, role, user_id FROM signups_member WHERE id = %s"
    assert club.sql(query, known.id) == [("coordinator", "", "coordinator", known.user_id)]


@pytest.mark.parametrize(
    ("body", "at"),
    [
        ({}, "name"),
        ({"name": "Mo"}, "email"),
        ({"name": " ", "email": "mo@example.org"}, "name"),
        ({"name": "Mo\nBcc: all", "email": "mo@example.org"}, "name"),
        ({"name": "Mo", "email": "mo@"}, "email"),
        ({"name": "Mo", "email": "mo@example.org", "phone": "1" * 51}, "phone"),
        ({"name": "Mo", "email": "mo@example.org", "role": "owner"}, "role"),
    ],
)
def test_what_a_guest_sends_must_make_sense(club: Club, body: dict[str, str], at: str) -> None:
    shift = club.open_shift()
    answer = club.ask("POST", f"/shifts/{shift}/sign-ups", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["location"] for error in answer.json()["errors"]] == [["body", at]]
    assert club.states(shift) == {}


def test_a_draft_is_not_there_and_what_is_closed_says_so(club: Club) -> None:
    draft, cancelled = (club.shift(club.event(state=state)) for state in ("draft", "cancelled"))
    over = club.shift(club.event(in_h=-20), in_h=-20)
    for shift, status in ((draft, 404), (cancelled, 409), (over, 409), (2**62, 404), (0, 422)):
        assert sign_up(club, shift, guest(club))[0] == status
    query = "SELECT count(*) FROM signups_member WHERE organization_id = %s"
    assert club.value(query, club.id) == 3, "who could not sign up is not written down"


def test_one_mailbox_cannot_be_flooded(club: Club) -> None:
    shift, mo = club.open_shift(), guest(club)
    assert [sign_up(club, shift, mo)[0] for _ in range(10)] == [201] * 10
    refused = club.ask("POST", f"/shifts/{shift}/sign-ups", json=mo)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 3600


@pytest.mark.req("D-09")
def test_a_request_that_is_repeated_with_its_key_signs_up_once(club: Club) -> None:
    shift, mo = club.open_shift(capacity=1), guest(club)
    headers = {"Idempotency-Key": "attempt-" + club.slug}
    answers = [club.ask("POST", f"/shifts/{shift}/sign-ups", json=mo, headers=headers) for _ in range(2)]
    assert [answer.json()["state"] for answer in answers] == ["confirmed", "confirmed"]
    assert answers[1].headers["idempotency-replayed"] == "true"
    assert len(club.outbox("signed_up")) == 1


def managed(club: Club, sign_up_id: int, *, good_for_s: float = 3600) -> dict[str, str]:
    return {"token": club.tokens.issue_manage(sign_up_id, time.time() + good_for_s)}


@pytest.mark.req("D-09")
def test_by_the_mailed_link_one_sees_and_cancels_a_sign_up(club: Club) -> None:
    shift, guests = club.open_shift(), [club.person("Mo"), club.person("Ada")]
    mine, waiting = (club.sign_up(shift, person) for person in guests)
    seen = club.ask("POST", "/sign-ups/read", json=managed(club, waiting)).json()
    assert seen.items() >= {"id": waiting, "state": "waiting", "place": 1, "can_cancel": True}.items()
    assert (seen["organization_slug"], seen["shift_title"]) == (club.slug, "Welcome desk")
    for _ in range(2):
        assert club.ask("POST", "/sign-ups/cancel", json=managed(club, mine)).status_code == 204
    assert list(club.states(shift).values()) == ["cancelled", "confirmed"]
    assert club.ask("POST", "/sign-ups/read", json=managed(club, mine)).json()["can_cancel"] is False
    assert len(club.outbox("cancelled")) == 1


def test_a_link_that_is_old_or_made_up_or_of_another_kind_opens_nothing(club: Club) -> None:
    sign_up_id = club.sign_up(club.open_shift(), club.volunteer)
    old = managed(club, sign_up_id, good_for_s=-60)
    for body in (old, {"token": "made.up.token"}, {"token": club.volunteer.token}, {"token": "x" * 2000}):
        for path in ("/sign-ups/read", "/sign-ups/cancel"):
            assert club.ask("POST", path, json=body).status_code == 410
    club.sql("DELETE FROM signups_signup WHERE id = %s", sign_up_id)
    assert club.ask("POST", "/sign-ups/read", json=managed(club, sign_up_id)).status_code == 410


def test_once_the_shift_has_begun_it_is_too_late_to_cancel(club: Club) -> None:
    shift = club.shift(club.event(in_h=-1), in_h=-1)
    mine = club.sign_up(shift, club.volunteer)
    assert club.ask("POST", "/sign-ups/cancel", json=managed(club, mine)).status_code == 409
    assert club.ask("DELETE", f"/me/sign-ups/{mine}", club.volunteer).status_code == 409
    assert club.states(shift) == {club.volunteer.email: "confirmed"}
