"""Can a coordinator look after an organization's people, and does it always keep an owner?"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.integration.services.clubs import Club, Person, new_club
from tests.integration.services.services_processes import Services, Web


@pytest.fixture
def club(services: Services, api: Web) -> Iterator[Club]:
    with new_club(services, api) as made:
        yield made


def at_once(*requests: tuple[Club, str, str, Person, dict[str, Any] | None]) -> list[httpx.Response]:
    gate = threading.Barrier(len(requests), timeout=20)

    def ask(request: tuple[Club, str, str, Person, dict[str, Any] | None]) -> httpx.Response:
        club, method, path, who, body = request
        gate.wait()
        return club.ask(method, path, who, **({"json": body} if body else {}))

    with ThreadPoolExecutor(len(requests)) as threads:
        return list(threads.map(ask, requests))


def roles(club: Club) -> dict[str, str]:
    return dict(club.sql("SELECT email, role FROM signups_member WHERE organization_id = %s", club.id))


def test_a_volunteer_is_written_down(club: Club) -> None:
    body = {"name": " Ada Lindqvist ", "email": "ADA@Example.org", "phone": "+46\u00a08  123"}
    made = club.ask("POST", "~/people", club.coordinator, json=body)
    assert made.status_code == 201
    expected = {"name": "Ada Lindqvist", "email": "ada@example.org", "phone": "+46 8 123", "role": "volunteer"}
    assert made.json().items() >= {**expected, "has_account": False, "upcoming": 0}.items()
    assert club.ask("POST", "~/people", club.coordinator, json=body).status_code == 409
    assert club.ask("POST", "~/people", club.coordinator, json={**body, "role": "owner"}).status_code == 422


def test_people_come_by_name_page_by_page(club: Club) -> None:
    names = ["Zoe", "Ada", "Ada", "Émile", "mo"]
    for name in names:
        club.person(name)
    pages = club.pages("~/people", club.coordinator, limit=3)
    assert [len(page) for page in pages] == [3, 3, 2]
    ids = [one["id"] for page in pages for one in page]
    ordered = club.sql("SELECT id FROM signups_member WHERE organization_id = %s ORDER BY name, id", club.id)
    assert ids == [number for (number,) in ordered]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"search": "ADA"}, {"Ada L_ve%ace", "adam"}),
        ({"search": "l_ve%"}, {"Ada L_ve%ace"}),
        ({"search": "%"}, {"Ada L_ve%ace"}),
        ({"search": "\\"}, set()),
        ({"search": "ada", "role": "owner"}, set()),
        ({"role": "owner"}, {"owner"}),
        ({"role": "coordinator", "search": ""}, {"coordinator"}),
    ],
)
def test_people_are_found_by_parts_of_name_and_address(club: Club, query: dict[str, str], found: set[str]) -> None:
    club.person("Ada L_ve%ace")
    club.person("adam")
    assert {one["name"] for one in club.get("~/people", club.coordinator, **query)["items"]} == found


@pytest.mark.parametrize("query", [{"cursor": "x"}, {"cursor": "WzEsMl0"}, {"limit": 101}, {"role": "boss"}])
def test_a_list_asked_for_wrongly_says_so(club: Club, query: dict[str, str | int]) -> None:
    assert club.ask("GET", "~/people", club.owner, params=query).status_code == 422


def test_upcoming_shifts_of_a_person_are_counted(club: Club) -> None:
    for shift in (club.open_shift(), club.open_shift(), club.shift(club.event(state="draft"))):
        own = {"organization_id": club.id, "shift_id": shift, "member_id": club.volunteer.id}
        club.add("signup", state="confirmed", **own)
    (seen,) = club.get("~/people", club.coordinator, role="volunteer")["items"]
    assert (seen["upcoming"], seen["has_account"]) == (2, True)


def test_a_person_is_changed_in_part(club: Club) -> None:
    mo = club.person("Mo")
    changed = club.ask("PATCH", f"~/people/{mo.id}", club.coordinator, json={"phone": "+46 8 1"}).json()
    assert (changed["name"], changed["phone"]) == ("Mo", "+46 8 1")
    changed = club.ask("PATCH", f"~/people/{mo.id}", club.coordinator, json={"name": "Mo Salt"}).json()
    assert (changed["name"], changed["phone"]) == ("Mo Salt", "+46 8 1")
    for body in ({"email": "a@example.org"}, {"name": ""}, {"role": "boss"}, {"organization_id": 1}):
        assert club.ask("PATCH", f"~/people/{mo.id}", club.owner, json=body).status_code == 422


def test_who_may_change_whom(club: Club) -> None:
    other = club.person("other", role="coordinator")
    table = [
        (club.coordinator, club.volunteer, {"name": "New"}, 200),
        (club.coordinator, club.coordinator, {"name": "New"}, 200),
        (club.coordinator, other, {"name": "New"}, 403),
        (club.coordinator, club.owner, {"phone": "1"}, 403),
        (club.coordinator, club.volunteer, {"role": "coordinator"}, 403),
        (club.coordinator, club.coordinator, {"role": "owner"}, 403),
        (club.owner, other, {"role": "volunteer"}, 200),
        (club.owner, club.volunteer, {"role": "owner"}, 200),
        (club.owner, club.owner, {"role": "coordinator"}, 200),
        (club.owner, club.volunteer, {"role": "volunteer"}, 403),
    ]
    for who, whom, body, status in table:
        assert club.ask("PATCH", f"~/people/{whom.id}", who, json=body).status_code == status, (who, whom, body)


def test_the_last_owner_with_an_account_stays(club: Club) -> None:
    club.person("on paper", role="owner")
    for method, more in (("PATCH", {"json": {"role": "volunteer"}}), ("DELETE", {})):
        assert club.ask(method, f"~/people/{club.owner.id}", club.owner, **more).status_code == 409
    assert roles(club)[club.owner.email] == "owner"
    assert club.ask("PATCH", f"~/people/{club.owner.id}", club.owner, json={"role": "owner"}).status_code == 200


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_two_owners_who_demote_each_other_at_once_leave_one(club: Club, method: str) -> None:
    second = club.person("second", role="owner", has_account=True)
    body = {"role": "volunteer"} if method == "PATCH" else None
    answers = at_once(
        (club, method, f"~/people/{second.id}", club.owner, body),
        (club, method, f"~/people/{club.owner.id}", second, body),
    )
    done, refused = sorted(answer.status_code for answer in answers)
    assert (done in {200, 204}, refused) == (True, 403)
    assert list(roles(club).values()).count("owner") == 1


def test_who_is_removed_gives_places_to_who_waits_and_is_told_once(club: Club) -> None:
    event = club.event()
    shifts, mo, waiting = [club.shift(event) for _ in range(2)], club.person("Mo"), club.person("Waiting")
    for shift in shifts:
        club.sign_up(shift, mo)
        club.sign_up(shift, waiting)
    past = club.shift(club.event(in_h=-40), in_h=-40)
    club.add("signup", organization_id=club.id, shift_id=past, member_id=mo.id, state="confirmed")
    club.sql("SELECT signups_settle(%s)", past)
    assert club.ask("DELETE", f"~/people/{mo.id}", club.coordinator).status_code == 204
    assert [club.states(shift) for shift in shifts] == [{waiting.email: "confirmed"}] * 2
    assert [club.counts(shift) for shift in (*shifts, past)] == [(1, 0), (1, 0), (0, 0)]
    (told,) = club.outbox("removed")
    assert (told["email"], told["name"], len(told["shifts"])) == (mo.email, "Mo", 2)
    assert told["shifts"][0].keys() == {"event_title", "shift_title", "starts_at"}
    assert len(club.outbox("promoted")) == 2
    assert club.ask("DELETE", f"~/people/{mo.id}", club.coordinator).status_code == 404


def test_what_a_removed_coordinator_did_stays_without_their_name(club: Club) -> None:
    own = {"organization_id": club.id}
    club.add("announcement", **own, author_id=club.coordinator.id, audience="everyone", subject="Hello", body="All")
    club.add("export", **own, requested_by_id=club.coordinator.id)
    club.invitation("mo@example.org", invited_by_id=club.coordinator.id)
    assert club.ask("DELETE", f"~/people/{club.coordinator.id}", club.owner).status_code == 204
    (seen,) = club.get("~/announcements", club.owner)["items"]
    assert (seen["subject"], seen["author"]) == ("Hello", None)
    assert club.outbox("removed") == [], "who had nothing ahead has nothing to be told"


def test_who_may_remove_whom(club: Club) -> None:
    other = club.person("other", role="coordinator")
    second = club.person("second", role="owner")
    table = [
        (club.coordinator, other, 403),
        (club.coordinator, second, 403),
        (club.coordinator, club.person("Mo"), 204),
        (club.owner, other, 204),
        (club.owner, second, 204),
        (club.coordinator, club.coordinator, 204),
        (club.coordinator, club.volunteer, 403),
    ]
    for who, whom, status in table:
        assert club.ask("DELETE", f"~/people/{whom.id}", who).status_code == status, (who, whom)


def test_removing_somebody_who_signs_up_at_that_moment_leaves_right_counts(club: Club) -> None:
    for _ in range(5):
        mo = club.person("Mo", has_account=True)
        shift = club.open_shift(capacity=2)
        removed, signed_up = at_once(
            (club, "DELETE", f"~/people/{mo.id}", club.owner, None),
            (club, "POST", f"~/shifts/{shift}/sign-ups", club.owner, {"member_id": mo.id}),
        )
        assert removed.status_code == 204
        assert signed_up.status_code in {201, 404}
        assert club.counts(shift) == (len(club.states(shift)), 0)
