from __future__ import annotations

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.integration.services.clubs import Club, new_club
from tests.integration.services.planning import at, event, faults, plan, shift, with_moments
from tests.integration.services.services_processes import Services, Web


@pytest.fixture
def club(services: Services, api: Web) -> Iterator[Club]:
    with new_club(services, api) as made:
        yield made


def change(club: Club, event_id: int, **body: Any) -> httpx.Response:
    return club.ask("PATCH", f"~/events/{event_id}", club.coordinator, json=body)


def state(club: Club, event_id: int) -> str:
    return str(club.value("SELECT state FROM signups_event WHERE id = %s", event_id))


def test_a_planned_event_is_there_with_its_shifts_and_totals(club: Club) -> None:
    body = event(description="Bring gloves.", location="Quay", shifts=[shift(), shift(2, 4, title="Noon", capacity=5)])
    answer = club.ask("POST", "~/events", club.coordinator, json=body)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert with_moments(body).items() <= with_moments(made | {"shifts": body["shifts"]}).items()
    assert (made["capacity"], made["taken"], made["free"]) == (7, 0, 7)
    assert [(one["title"], one["capacity"], one["waiting"]) for one in made["shifts"]] == [
        ("Morning", 2, 0),
        ("Noon", 5, 0),
    ]
    for path, who in ((f"~/events/{made['id']}", club.coordinator), (f"/events/{made['id']}", None)):
        assert with_moments(club.get(path, who)) == with_moments(made)


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({"ends_at": at(-1)}, ["body.ends_at"]),
        ({"shifts": [shift(-1, 2)]}, ["body.shifts.0.starts_at"]),
        ({"shifts": [shift(), shift(2, 9)]}, ["body.shifts.1.ends_at"]),
        ({"shifts": [shift(2, 2)]}, ["body.shifts.0.ends_at"]),
        ({"ends_at": at(32 * 24)}, ["body.ends_at"]),
        ({"starts_at": at(-200), "shifts": [shift(-150, -140)]}, ["body.shifts"]),
        ({"starts_at": "2030-05-04T08:00:00"}, ["body.starts_at"]),
        ({"taken": 3}, ["body.taken"]),
    ],
)
def test_times_that_cannot_be_are_named(club: Club, more: dict[str, Any], wrong: list[str]) -> None:
    assert faults(club.ask("POST", "~/events", club.coordinator, json=event() | more)) == wrong
    assert club.value("SELECT count(*) FROM signups_event WHERE organization_id = %s", club.id) == 0


def test_without_a_shift_an_event_stays_a_draft(club: Club) -> None:
    assert club.ask("POST", "~/events", club.coordinator, json=event(shifts=[])).status_code == 409
    draft = plan(club, state="draft", shifts=[])
    assert change(club, draft["id"], state="published").status_code == 409
    made = club.ask("POST", f"~/events/{draft['id']}/shifts", club.coordinator, json=shift())
    assert made.status_code == 201
    assert change(club, draft["id"], state="published").json()["state"] == "published"


def test_planning_twice_with_one_key_plans_once(club: Club) -> None:
    once = {"Idempotency-Key": secrets.token_hex(8)}
    first, second = (club.ask("POST", "~/events", club.coordinator, json=event(), headers=once) for _ in range(2))
    assert first.content == second.content
    assert club.value("SELECT count(*) FROM signups_event WHERE organization_id = %s", club.id) == 1


def test_a_change_touches_what_it_names_alone(club: Club) -> None:
    made = plan(club, description="Before.", location="Quay")
    changed = change(club, made["id"], title="After", location=None).json()
    assert changed == made | {"title": "After"}
    assert change(club, made["id"]).json() == changed
    assert change(club, made["id"], description="", location=" ").json() == changed | {
        "description": "",
        "location": "",
    }


def test_an_event_that_moves_takes_its_shifts_and_one_that_shrinks_does_not(club: Club) -> None:
    made = plan(club, shifts=[shift(1, 3)])
    moved = with_moments(change(club, made["id"], starts_at=at(24), ends_at=at(32)).json())
    assert [moved["shifts"][0][name] for name in ("starts_at", "ends_at")] == [
        with_moments(shift(25, 27))[name] for name in ("starts_at", "ends_at")
    ]
    assert faults(change(club, made["id"], starts_at=at(26))) == ["body.starts_at"]
    assert faults(change(club, made["id"], ends_at=at(26))) == ["body.ends_at"]
    assert faults(change(club, made["id"], ends_at=at(20))) == ["body.ends_at"]
    assert change(club, made["id"], starts_at=at(25), ends_at=at(27)).status_code == 200


def test_a_cancelled_event_stays_so_and_all_who_are_in_it_are_told(club: Club) -> None:
    made = plan(club, shifts=[shift(capacity=1), shift(2, 4, capacity=1)])
    early, late = (one["id"] for one in made["shifts"])
    people = [club.person(name) for name in ("Mo", "Kim", "Ola")]
    kept = [club.sign_up(early, people[0]), club.sign_up(early, people[1]), club.sign_up(late, people[0])]
    gone = club.sign_up(late, people[2])
    club.sql("SELECT signups_cancel(%s)", gone)
    assert change(club, made["id"], state="cancelled").json()["state"] == "cancelled"
    assert sorted(message["sign_up_id"] for message in club.outbox("event_cancelled")) == sorted(kept)
    assert club.states(early) == {people[0].email: "confirmed", people[1].email: "waiting"}
    assert club.get(f"/events/{made['id']}")["state"] == "cancelled"
    for body in ({"state": "published"}, {"state": "cancelled"}, {"title": "Again"}, {}):
        assert change(club, made["id"], **body).status_code == 409
    assert club.ask("DELETE", f"~/events/{made['id']}", club.owner).status_code == 409
    assert len(club.outbox("event_cancelled")) == 3


def test_two_who_cancel_at_once_tell_people_once(club: Club) -> None:
    made = plan(club)
    club.sign_up(made["shifts"][0]["id"], club.person("Mo"))
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: change(club, made["id"], state="cancelled").status_code, range(4)))
    assert sorted(answers) == [200, 409, 409, 409]
    assert len(club.outbox("event_cancelled")) == 1


def test_who_is_in_a_shift_that_is_over_is_not_told(club: Club) -> None:
    event_id = club.event(in_h=-12)
    over, open_ = club.shift(event_id, in_h=-12), club.shift(event_id, in_h=-4)
    club.sql("UPDATE signups_event SET ends_at = now() + interval '8 h' WHERE id = %s", event_id)
    club.sql("UPDATE signups_shift SET ends_at = now() + interval '1 h' WHERE id IN (%s, %s)", over, open_)
    before, now = club.sign_up(over, club.person("Mo")), club.sign_up(open_, club.person("Kim"))
    club.sql("UPDATE signups_shift SET ends_at = now() - interval '1 h' WHERE id = %s", over)
    assert change(club, event_id, state="cancelled").status_code == 200
    assert [message["sign_up_id"] for message in club.outbox("event_cancelled")] == [now] != [before]


def test_a_published_event_becomes_a_draft_while_nobody_signed_up(club: Club) -> None:
    made = plan(club)
    assert change(club, made["id"], state="draft").status_code == 200
    assert change(club, made["id"], state="cancelled").status_code == 409
    change(club, made["id"], state="published")
    club.sign_up(made["shifts"][0]["id"], club.person("Mo"))
    assert change(club, made["id"], state="draft").status_code == 409
    assert state(club, made["id"]) == "published"


def test_a_draft_is_deleted_with_all_that_hangs_on_it(club: Club) -> None:
    made = plan(club)
    sign_up = club.sign_up(made["shifts"][0]["id"], club.person("Mo"))
    club.sql("SELECT signups_cancel(%s)", sign_up)
    announced = club.add(
        "announcement", organization_id=club.id, event_id=made["id"], audience="everyone", subject="S", body="B"
    )
    assert club.ask("DELETE", f"~/events/{made['id']}", club.coordinator).status_code == 409
    change(club, made["id"], state="draft")
    assert club.ask("DELETE", f"~/events/{made['id']}", club.coordinator).status_code == 204
    assert club.ask("DELETE", f"~/events/{made['id']}", club.coordinator).status_code == 404
    assert club.value("SELECT event_id FROM signups_announcement WHERE id = %s", announced) is None


@pytest.mark.req("B-17")
def test_nobody_else_plans_or_changes(club: Club) -> None:
    made = plan(club)
    with new_club(club.services, club.web) as other:
        strangers = {None: 401, club.volunteer: 403, other.owner: 403}
        for who, status in strangers.items():
            for method, path, body in (
                ("POST", "~/events", event()),
                ("GET", f"~/events/{made['id']}", None),
                ("PATCH", f"~/events/{made['id']}", {"title": "Mine"}),
                ("DELETE", f"~/events/{made['id']}", None),
                ("GET", "~/overview", None),
            ):
                assert club.ask(method, path, who, json=body).status_code == status, (method, path)
        for method, body in (("GET", None), ("PATCH", {"title": "Mine"}), ("DELETE", None)):
            assert other.ask(method, f"~/events/{made['id']}", other.owner, json=body).status_code == 404
    assert club.get(f"/events/{made['id']}")["title"] == made["title"]
