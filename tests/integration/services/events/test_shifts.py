from __future__ import annotations

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.integration.services.clubs import Club, new_club
from tests.integration.services.planning import at, faults, plan, shift
from tests.integration.services.services_processes import Services, Web


@pytest.fixture
def club(services: Services, api: Web) -> Iterator[Club]:
    with new_club(services, api) as made:
        yield made


def change(club: Club, shift_id: int, **body: Any) -> httpx.Response:
    return club.ask("PATCH", f"~/shifts/{shift_id}", club.coordinator, json=body)


def totals(club: Club, event_id: int) -> tuple[int, int, int]:
    seen = club.get(f"~/events/{event_id}", club.coordinator)
    return seen["capacity"], seen["taken"], seen["free"]


def test_a_shift_that_is_added_counts_at_once(club: Club) -> None:
    made = plan(club)
    answer = club.ask("POST", f"~/events/{made['id']}/shifts", club.coordinator, json=shift(4, 6, capacity=5))
    assert answer.status_code == 201, answer.text
    assert answer.json().items() >= {"title": "Morning", "capacity": 5, "taken": 0, "free": 5, "waiting": 0}.items()
    assert totals(club, made["id"]) == (7, 0, 7)


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        (shift(-1, 2), ["body.starts_at"]),
        (shift(7, 9), ["body.ends_at"]),
        (shift(3, 3), ["body.ends_at"]),
        (shift(capacity=0), ["body.capacity"]),
        (shift(taken=1), ["body.taken"]),
        (shift(title=""), ["body.title"]),
    ],
)
def test_a_shift_that_cannot_be_is_refused(club: Club, body: dict[str, Any], wrong: list[str]) -> None:
    made = plan(club)
    assert faults(club.ask("POST", f"~/events/{made['id']}/shifts", club.coordinator, json=body)) == wrong
    assert totals(club, made["id"]) == (2, 0, 2)


def test_fifty_shifts_are_enough(club: Club) -> None:
    made = plan(club, shifts=[shift()] * 49)
    answers = []
    with ThreadPoolExecutor(4) as threads:
        path = f"~/events/{made['id']}/shifts"
        asked = threads.map(lambda _: club.ask("POST", path, club.coordinator, json=shift()).status_code, range(4))
        answers = sorted(asked)
    assert answers == [201, 409, 409, 409]
    assert totals(club, made["id"])[0] == 100


def test_adding_twice_with_one_key_adds_once(club: Club) -> None:
    made, once = plan(club), {"Idempotency-Key": secrets.token_hex(8)}
    path = f"~/events/{made['id']}/shifts"
    first, second = (club.ask("POST", path, club.coordinator, json=shift(), headers=once) for _ in range(2))
    assert first.content == second.content
    assert totals(club, made["id"])[0] == 4


def test_more_places_go_to_those_who_wait_in_their_order(club: Club) -> None:
    made = plan(club, shifts=[shift(capacity=1)])
    (one,) = made["shifts"]
    people = [club.person(name) for name in ("Mo", "Kim", "Ola", "Bo")]
    signed = [club.sign_up(one["id"], person) for person in people]
    seen = change(club, one["id"], capacity=3).json()
    assert (seen["taken"], seen["free"], seen["waiting"]) == (3, 0, 1)
    assert list(club.states(one["id"]).values()) == ["confirmed", "confirmed", "confirmed", "waiting"]
    assert [message["sign_up_id"] for message in club.outbox("promoted")] == signed[1:3]
    assert totals(club, made["id"]) == (3, 3, 0)


def test_with_fewer_places_nobody_is_thrown_out(club: Club) -> None:
    made = plan(club)
    (one,) = made["shifts"]
    for name in ("Mo", "Kim"):
        club.sign_up(one["id"], club.person(name))
    seen = change(club, one["id"], capacity=1).json()
    assert (seen["capacity"], seen["taken"], seen["free"]) == (1, 2, 0)
    assert set(club.states(one["id"]).values()) == {"confirmed"}


def test_a_shift_moves_within_its_event(club: Club) -> None:
    made = plan(club)
    (one,) = made["shifts"]
    assert change(club, one["id"], starts_at=at(6), ends_at=at(8), title="Evening").json()["title"] == "Evening"
    assert faults(change(club, one["id"], ends_at=at(9))) == ["body.ends_at"]
    assert faults(change(club, one["id"], starts_at=at(8))) == ["body.ends_at"]
    assert faults(change(club, one["id"], capacity=10_001)) == ["body.capacity"]
    assert faults(change(club, one["id"], waiting=0)) == ["body.waiting"]


def test_a_shift_with_people_stays_and_one_without_goes(club: Club) -> None:
    made = plan(club, shifts=[shift(), shift(2, 4)])
    used, empty = (one["id"] for one in made["shifts"])
    sign_up = club.sign_up(used, club.person("Mo"))
    assert club.ask("DELETE", f"~/shifts/{used}", club.coordinator).status_code == 409
    assert club.ask("DELETE", f"~/shifts/{empty}", club.coordinator).status_code == 204
    assert club.ask("DELETE", f"~/shifts/{empty}", club.coordinator).status_code == 404
    assert totals(club, made["id"]) == (2, 1, 1)
    club.sql("SELECT signups_cancel(%s)", sign_up)
    last = club.ask("DELETE", f"~/shifts/{used}", club.coordinator)
    assert (last.status_code, last.json()["detail"]) == (409, "A published event keeps at least one shift.")
    club.ask("PATCH", f"~/events/{made['id']}", club.coordinator, json={"state": "draft"})
    assert club.ask("DELETE", f"~/shifts/{used}", club.coordinator).status_code == 204
    assert totals(club, made["id"]) == (0, 0, 0)


def test_the_shifts_of_a_cancelled_event_stay_as_they_are(club: Club) -> None:
    made = plan(club)
    (one,) = made["shifts"]
    club.ask("PATCH", f"~/events/{made['id']}", club.coordinator, json={"state": "cancelled"})
    assert change(club, one["id"], capacity=9).status_code == 409
    assert club.ask("DELETE", f"~/shifts/{one['id']}", club.coordinator).status_code == 409
    assert club.ask("POST", f"~/events/{made['id']}/shifts", club.coordinator, json=shift()).status_code == 409


@pytest.mark.req("B-17")
def test_nobody_else_touches_a_shift(club: Club) -> None:
    made = plan(club)
    path = f"~/shifts/{made['shifts'][0]['id']}"
    with new_club(club.services, club.web) as other:
        for who, status in {None: 401, club.volunteer: 403, other.owner: 403}.items():
            assert club.ask("PATCH", path, who, json={"capacity": 9}).status_code == status
            assert club.ask("DELETE", path, who).status_code == status
            assert club.ask("POST", f"~/events/{made['id']}/shifts", who, json=shift()).status_code == status
        assert other.ask("PATCH", path, other.owner, json={"capacity": 9}).status_code == 404
        assert other.ask("DELETE", path, other.owner).status_code == 404
        assert other.ask("POST", f"~/events/{made['id']}/shifts", other.owner, json=shift()).status_code == 404
    assert totals(club, made["id"]) == (2, 0, 2)
