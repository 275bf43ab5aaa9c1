"""What may a coordinator announce and export? The mails and the file are the worker's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.services.clubs import Club, new_club
from tests.integration.services.services_processes import Services, Web


@pytest.fixture
def club(services: Services, api: Web) -> Iterator[Club]:
    with new_club(services, api) as made:
        yield made


def test_an_announcement_is_kept_and_left_to_the_worker(club: Club) -> None:
    body = {"subject": "Parking", "body": "Behind the hall.\n", "event_id": club.event(), "audience": "waiting"}
    made = club.ask("POST", "~/announcements", club.coordinator, json=body)
    assert made.status_code == 202
    expected = {**body, "event_title": "Beach clean-up", "author": "coordinator", "recipients": None}
    assert made.json().items() >= expected.items()
    assert club.outbox("announcement") == [{"announcement_id": made.json()["id"]}]
    assert club.get("~/announcements", club.owner)["items"] == [made.json()]


def test_announcements_come_page_by_page_the_newest_first(club: Club) -> None:
    ids = [
        club.ask("POST", "~/announcements", club.owner, json={"subject": str(number), "body": "x"}).json()["id"]
        for number in range(3)
    ]
    pages = club.pages("~/announcements", club.coordinator, limit=2)
    assert [[one["id"] for one in page] for page in pages] == [[ids[2], ids[1]], [ids[0]]]


def test_the_same_announcement_is_not_sent_twice_for_one_key(club: Club) -> None:
    headers = {"Idempotency-Key": "announce-" + club.slug}
    body = {"subject": "Parking", "body": "Behind the hall."}
    answers = [club.ask("POST", "~/announcements", club.owner, json=body, headers=headers) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert len(club.outbox("announcement")) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"subject": "Parking"}, 422),
        ({"subject": "Parking", "body": " \n"}, 422),
        ({"subject": "a\r\nBcc: all@example.org", "body": "x"}, 422),
        ({"subject": "x", "body": "x" * 5001}, 422),
        ({"subject": "x", "body": "x", "audience": "confirmed"}, 422),
        ({"subject": "x", "body": "x", "audience": "boss"}, 422),
        ({"subject": "x", "body": "x", "recipients": 5}, 422),
        ({"subject": "x", "body": "x", "event_id": 2**62}, 404),
    ],
)
def test_an_announcement_must_make_sense(club: Club, body: dict[str, object], status: int) -> None:
    answer = club.ask("POST", "~/announcements", club.coordinator, json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert club.outbox("announcement") == []


@pytest.mark.req("B-17")
def test_nothing_is_announced_about_the_event_of_another_organization(club: Club, services: Services, api: Web) -> None:
    with new_club(services, api) as other:
        body = {"subject": "x", "body": "x", "event_id": other.event(), "audience": "confirmed"}
        assert club.ask("POST", "~/announcements", club.owner, json=body).status_code == 404


def test_an_export_is_asked_for_and_under_way_until_it_is_ready(club: Club) -> None:
    made, again = (club.ask("POST", "~/exports", club.coordinator) for _ in range(2))
    assert made.status_code == 202
    assert made.json().items() >= {"ready_at": None, "rows": None, "error": None}.items()
    assert again.json() == made.json(), "while one is made, it is that one"
    assert club.outbox("export") == [{"export_id": made.json()["id"]}]
    path = f"~/exports/{made.json()['id']}"
    assert club.get(path, club.owner) == made.json()
    assert club.ask("GET", f"{path}/file", club.owner).status_code == 409
    club.sql(
        "UPDATE signups_export SET ready_at = now(), rows = 3, content = %s WHERE id = %s", b"a,b", made.json()["id"]
    )
    file = club.ask("GET", f"{path}/file", club.owner)
    assert (file.status_code, file.content) == (200, b"a,b")
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    assert file.headers["content-disposition"].startswith(f'attachment; filename="people-{club.slug}-')
    assert file.headers["cache-control"] == "no-store"
    assert club.ask("POST", "~/exports", club.coordinator).json()["id"] != made.json()["id"]


def test_an_export_that_failed_says_why(club: Club) -> None:
    failed = club.add("export", organization_id=club.id, error="There is no room.")
    assert club.get(f"~/exports/{failed}", club.owner)["error"] == "There is no room."
    answer = club.ask("GET", f"~/exports/{failed}/file", club.owner)
    assert (answer.status_code, answer.json()["detail"]) == (409, "There is no room.")


def test_exports_come_page_by_page_the_newest_first(club: Club) -> None:
    ids = [club.add("export", organization_id=club.id) for _ in range(3)]
    pages = club.pages("~/exports", club.coordinator, limit=2)
    assert [[one["id"] for one in page] for page in pages] == [[ids[2], ids[1]], [ids[0]]]


@pytest.mark.req("B-17")
def test_the_export_of_another_organization_is_not_there(club: Club, services: Services, api: Web) -> None:
    with new_club(services, api) as other:
        theirs = other.add("export", organization_id=other.id, content=b"secret")
        for path in (f"~/exports/{theirs}", f"~/exports/{theirs}/file"):
            assert club.ask("GET", path, club.owner).status_code == 404
