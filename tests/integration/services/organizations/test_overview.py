from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.services.clubs import Club, new_club
from tests.integration.services.planning import plan, shift
from tests.integration.services.services_processes import Services, Web


@pytest.fixture
def club(services: Services, api: Web) -> Iterator[Club]:
    with new_club(services, api) as made:
        yield made


def pages(club: Club, **query: Any) -> list[str]:
    seen, cursor = [], None
    for _ in range(9):
        page = club.get("~/overview", club.coordinator, **query, **({"cursor": cursor} if cursor else {}))
        seen += [one["title"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            return seen
    raise AssertionError("the pages do not end")


def test_the_overview_says_who_is_needed_where(club: Club) -> None:
    made = plan(club, shifts=[shift(capacity=1), shift(2, 4, title="Noon", capacity=3)])
    early = made["shifts"][0]["id"]
    for name in ("Mo", "Kim", "Ola"):
        club.sign_up(early, club.person(name))
    (seen,) = club.get("~/overview", club.coordinator)["items"]
    assert (seen["capacity"], seen["taken"], seen["free"], seen["waiting"]) == (4, 1, 3, 2)
    assert [(one["title"], one["free"], one["waiting"]) for one in seen["shifts"]] == [
        ("Morning", 0, 2),
        ("Noon", 3, 0),
    ]
    assert "description" not in seen


def test_the_overview_holds_every_state_and_the_past_on_request(club: Club) -> None:
    for number, state in enumerate(("draft", "published", "published")):
        plan(club, start_h=number, end_h=number + 3, title=f"Next {number}", state=state)
    last = plan(club, start_h=9, end_h=12, title="Next 3")
    club.ask("PATCH", f"~/events/{last['id']}", club.coordinator, json={"state": "cancelled"})
    for number in range(3):
        club.event(title=f"Past {number}", in_h=-100 + number * 20)
    for limit in (1, 2, 50):
        assert pages(club, limit=limit) == ["Next 0", "Next 1", "Next 2", "Next 3"]
        assert pages(club, limit=limit, past=True) == ["Past 2", "Past 1", "Past 0"]
    assert club.get("~/overview", club.coordinator, limit=1)["items"][0]["shifts"]


def test_events_at_the_same_time_are_each_there_once(club: Club) -> None:
    for number in range(5):
        plan(club, title=f"Event {number}")
    assert pages(club, limit=2) == [f"Event {number}" for number in range(5)]
